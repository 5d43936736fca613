"""The contract that never breaks, through Django's test client: every call, its status codes, keys and headers."""

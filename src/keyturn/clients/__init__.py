"""Services that may introspect, revoke and follow revocations, and their credentials (RFC 6749 section 2)."""

"""Run by tests/engine/test_with_blacklist.py, in a project that has ``token_blacklist`` installed."""

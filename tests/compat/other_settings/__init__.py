"""Run by tests/compat/test_other_settings.py, each folder under settings of its own."""

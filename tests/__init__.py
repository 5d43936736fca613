"""Keyturn's tests."""

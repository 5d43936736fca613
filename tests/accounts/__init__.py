"""Accounts: what a user does with one."""

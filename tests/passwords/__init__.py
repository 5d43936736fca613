"""Passwords, user names and e-mail addresses: what is taken, and in which form."""

"""Keyturn: sessions, rotating refresh tokens and JWT access tokens for Django, under simplejwt's contract."""

__version__ = "0.1.0"

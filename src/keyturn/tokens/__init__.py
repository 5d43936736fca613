"""Tokens as services: issue, refresh, verify, authenticate, end. Nothing here knows a request."""

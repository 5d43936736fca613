"""Compact JWTs: how they are written and read, without Django."""

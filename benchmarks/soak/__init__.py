"""Honest work for a long while, without and with a flood of malformed requests beside it."""

"""The session engine, at the level of its services: time, client and binding are arguments."""

"""Real services for the tests: a PostgreSQL and a Valkey of one's own, started from wheels, on loopback."""

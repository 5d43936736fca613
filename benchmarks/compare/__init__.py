"""Keyturn beside the programs that people would otherwise use, on one PostgreSQL, in one run."""

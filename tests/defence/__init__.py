"""Counting attempts, in the database and in a cache."""

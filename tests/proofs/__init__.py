"""Proofs of what Keyturn promises: under concurrency, against a reference model, and over simulated months."""

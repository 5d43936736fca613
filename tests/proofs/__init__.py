"""Proofs of what Keyturn promises: under concurrency, against a reference model, and over simulated months."""

import pytest

# A story that went wrong must show what differed.
pytest.register_assert_rewrite("tests.proofs.world", "tests.proofs.crowd")

"""Everything malformed, as data: what the tests of this folder send one by one, and `benchmarks.soak` as a flood."""

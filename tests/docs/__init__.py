"""The documentation is held to the code: what it names exists, what it says to type works."""

"""Keyturn under faults: real processes are killed, paused and cut off under load, and a checker reads the history.

    python -m benchmarks.faults --help

``checker`` says what counts as a violation; everything else makes the history that it reads.
"""

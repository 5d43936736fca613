"""Waiting for a watcher to do something, for a bounded time."""

import time
from typing import Any

PATIENCE = 20.0
"""Seconds."""


def wait_for(condition, what="it"):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.01)


def thread_of(made) -> Any:
    return made._thread


def polled(made, times=2):
    """Wait for so many polls that began after this call, at least one less."""
    before = made.polls
    wait_for(lambda: made.polls >= before + times, "a poll")

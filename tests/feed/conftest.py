"""A watcher that runs, and its clock."""

import pytest

from keyturn.feed.watcher import Watcher
from tests.feed.waiting import PATIENCE


@pytest.fixture
def follower():
    """A watcher of the test's own, running and fresh."""
    made = Watcher(interval=0.02)
    made.start()
    assert made.wait_until_fresh(PATIENCE)
    yield made
    assert made.stop(PATIENCE)


@pytest.fixture
def clock(monkeypatch):
    """Time as the watcher sees it, in the test's hand."""

    class Clock:
        now = 1_000.0

    monkeypatch.setattr("keyturn.feed.watcher._clock", lambda: Clock.now)
    return Clock

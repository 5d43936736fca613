"""What the advisories are tried on: a user who is signed in, and another."""

import pytest

from tests.bad_input.doors import World
from tests.bad_input.inhabited import make_world


@pytest.fixture
def world(db, settings) -> World:
    """Two users and their sessions; sliding tokens are on."""
    settings.KEYTURN = {"SLIDING_TOKENS": True}
    return make_world()


@pytest.fixture
def committed_world(transactional_db, settings) -> World:
    """The same, committed, for threads and other connections to see."""
    settings.KEYTURN = {"SLIDING_TOKENS": True}
    return make_world()

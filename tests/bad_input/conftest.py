"""A small world in which everything that is not malformed would be accepted."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.bad_input.doors import World
from tests.bad_input.inhabited import make_world
from tests.bad_input.live import Live, serve
from tests.server.running import PRODUCTION


@pytest.fixture
def world(db, settings) -> World:
    """Two users and their sessions; sliding tokens are on."""
    settings.KEYTURN = {"SLIDING_TOKENS": True}
    return make_world()


@pytest.fixture(scope="package", params=["development", "production"])
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, db_vendor: str) -> Iterator[Live]:
    """A running server in development and one in production, on the database of this run."""
    directory = tmp_path_factory.mktemp("live")
    env = {"KEYTURN_DEBUG": "1"} if request.param == "development" else dict(PRODUCTION)
    with ExitStack() as stack:
        if db_vendor == "postgres":
            server = request.getfixturevalue("postgres_server")
            database = stack.enter_context(server.new_database())
        else:
            database = f"sqlite:///{directory / 'live.sqlite3'}"
        yield stack.enter_context(serve(directory, database, env))

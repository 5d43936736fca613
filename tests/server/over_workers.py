"""One server of several workers, all of them at work: for what must be decided once, whichever worker is asked."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.server.running import ask, keyturn, workers_of
from tests.server.test_serving import DEVELOPMENT, serving
from tests.services.migrated import migrate
from tests.services.process import ServerProcess

__all__ = ["ON_EITHER", "database", "made", "working"]

_WORKERS: Final = 3

ON_EITHER: Final = (
    pytest.param("sqlite", marks=pytest.mark.sqlite),
    pytest.param("postgres", marks=pytest.mark.postgres),
)
"""Params of a fixture whose server is once on SQLite and once on PostgreSQL."""


def database(request: pytest.FixtureRequest) -> dict[str, str]:
    """The variables by which a server finds the database that :data:`ON_EITHER` names."""
    return {"DATABASE_URL": request.getfixturevalue("postgres_database")} if request.param == "postgres" else {}


def made(directory: Path, env: Mapping[str, str], code: str = "") -> str:
    """Migrate, run some code in the server's shell, and return what it printed."""
    env = {**DEVELOPMENT, **env}
    migrate(directory, env)
    if not code:
        return ""
    done = keyturn("shell", "-v", "0", "-c", code, directory=directory, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def working(directory: Path, env: Mapping[str, str]) -> Iterator[ServerProcess]:
    """The server, once each of its workers has begun."""
    with serving(directory, "--workers", str(_WORKERS), env={**DEVELOPMENT, **env}) as server:
        for _ in range(600):
            if len(workers_of(server.pid)) == _WORKERS:
                break
            ask(server.port, "GET", "/livez")
        else:
            raise AssertionError(server.output())
        yield server

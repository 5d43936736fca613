"""Running servers that several tests share, and an environment that none of the machine's variables reach."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.server.running import KEYTURN, PRODUCTION
from tests.server.toy import Served
from tests.services import ports
from tests.services.migrated import Superuser, migrate
from tests.services.process import ServerProcess, clean_environment


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests choose their servers' databases themselves: once, in the SQLite run, is enough for all but a few."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.get_closest_marker("postgres") is None:
            item.add_marker(pytest.mark.sqlite)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``environment(KEYTURN_DEBUG="1")``: this process's variables of ours are these and no others."""

    def replace(**variables: str) -> None:
        for name in os.environ:
            if name.upper().startswith("KEYTURN") or name in {"DATABASE_URL", "PORT"}:
                monkeypatch.delenv(name)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    replace()
    return replace


def running(
    directory: Path, env: dict[str, str], *options: str, superusers: Sequence[Superuser] = ()
) -> Iterator[ServerProcess]:
    """Yield a server with this environment, on a database of its own that has these users."""
    migrate(directory, env, *superusers)
    server = ServerProcess(
        [*KEYTURN, "serve", "--port", "{port}", *options],
        port=ports.free_port(),
        directory=directory,
        environment=clean_environment(env),
    )
    try:
        server.wait_until_it_answers("/health/live/", seconds=30)
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def development(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A development server on SQLite."""
    yield from running(tmp_path_factory.mktemp("development"), {"KEYTURN_DEBUG": "1"})


@pytest.fixture(scope="session")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A production server on SQLite, for ``https://auth.example.com``, with one origin that may call it."""
    yield from running(
        tmp_path_factory.mktemp("production"), {**PRODUCTION, "KEYTURN_CORS_ORIGINS": "https://app.example.com"}
    )


@pytest.fixture(params=["development", "production"])
def either(request: pytest.FixtureRequest, development: ServerProcess, production: ServerProcess) -> ServerProcess:
    """The development server and the production server, one after the other."""
    return {"development": development, "production": production}[request.param]


@pytest.fixture
def served() -> Iterator[Served]:
    """A toy application whose lanes have room for one, and for one more that waits."""
    made = Served()
    yield made
    made.stop()

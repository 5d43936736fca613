"""Fixtures for everybody. The services behind them are started by tests/services/plugin.py."""

import os
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal, Protocol

import pytest
import pytest_django

from keyturn.defence.steady import postponed
from tests.services import environment, ports
from tests.services.postgres import PostgresServer
from tests.services.process import ServerProcess, clean_environment
from tests.services.statements import CountedStatements
from tests.services.statements import count_statements as count_statements_of

_processes = pytest.StashKey[list[ServerProcess]]()


@pytest.fixture(scope="session")
def db_vendor() -> Literal["postgres", "sqlite"]:
    """Which database this run is on."""
    return environment.vendor()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[None]:
    """pytest-django's test database, whose tables are emptied in a cheaper way."""
    from tests.services.emptying import emptied_cheaply

    with django_db_blocker.unblock(), emptied_cheaply():
        yield


@pytest.fixture(scope="session")
def postgres_server() -> PostgresServer:
    """The run's own PostgreSQL. A test that asks for it runs in the PostgreSQL run only."""
    return PostgresServer(os.environ[environment.POSTGRES])


@pytest.fixture
def postgres_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a new, empty PostgreSQL database, dropped after the test."""
    with postgres_server.new_database() as url:
        yield url


@pytest.fixture
def valkey_url() -> Iterator[str]:
    """The URL of the run's own Valkey, each worker with a database number of its own; emptied after the test."""
    import valkey

    # gw0 has number 1, gw1 number 2, ...; a run without workers has 0. Valkey has 16 of them.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw")
    url = os.environ[environment.VALKEY].removesuffix("/0") + f"/{(int(worker) + 1) % 16}"
    yield url
    with valkey.Valkey.from_url(url) as client:
        client.flushdb()


@pytest.fixture(autouse=True)
def answers_at_once() -> Iterator[None]:
    """No answer is held back here for its moment to tell nothing (:mod:`keyturn.defence.steady`)."""
    before = postponed.set([])
    yield
    postponed.reset(before)


@pytest.fixture
def free_port() -> int:
    """A loopback port nobody listens on."""
    return ports.free_port()


@pytest.fixture
def count_statements(
    request: pytest.FixtureRequest,
) -> Iterator[Callable[..., AbstractContextManager[CountedStatements]]]:
    """``with count_statements(exactly=1) as seen:`` counts SQL statements; see tests/services/statements.py.

    The key ring is in memory, as it is in a process that has run for a moment.
    """
    from keyturn.keys import ring
    from tests.services.ring import warm_ring

    def counting(**bounds: Any) -> AbstractContextManager[CountedStatements]:
        warm_ring()
        return count_statements_of(**bounds)

    if request.node.get_closest_marker("django_db") or "db" in request.fixturenames:
        request.getfixturevalue("_django_db_helper")
        warm_ring()
    yield counting
    ring.forget()


class StartServer(Protocol):
    """Starts a server program; see :func:`live_server_process`."""

    def __call__(
        self,
        *command: str,
        env: Mapping[str, str | None] | None = None,
        ready: str = "/",
        seconds: float = 30,
        directory: Path | None = None,
    ) -> ServerProcess:
        """Start it and return it once it answers."""


@pytest.fixture
def live_server_process(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StartServer]:
    """Start server programs: ``server = live_server_process(env={...})``; stopped after the test.

    The default command is ``keyturn serve`` on a free loopback port; in one's own command ``{port}`` is replaced and
    ``PORT`` set. ``env`` is added to an environment free of ``KEYTURN_…``, ``DJANGO_…`` and ``DATABASE_URL``. ``ready``
    is the path that must answer. What the programs printed is shown when the test fails.
    """
    processes = request.node.stash.setdefault(_processes, [])

    def start(
        *command: str,
        env: Mapping[str, str | None] | None = None,
        ready: str = "/",
        seconds: float = 30,
        directory: Path | None = None,
    ) -> ServerProcess:
        serve = (sys.executable, "-m", "keyturn_server.cli", "serve", "--host", ports.LOOPBACK, "--port", "{port}")
        process = ServerProcess(
            command or serve,
            port=ports.free_port(),
            directory=directory or tmp_path,
            environment=clean_environment(env),
        )
        processes.append(process)
        process.wait_until_it_answers(ready, seconds=seconds)
        return process

    yield start
    for process in processes:
        process.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the output of a failed test's server programs beside the failure."""
    report = yield
    if report.failed:
        for process in item.stash.get(_processes, []):
            report.sections.append((f"server on port {process.port}", process.output()))
    return report

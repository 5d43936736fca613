"""The generated projects and their servers. Building one takes seconds, so the whole folder shares them."""

from collections.abc import Callable, Iterator

import pytest

from tests.services import environment
from tests.services.process import ServerProcess
from tests.tutorials import own_code, tutorial_one, tutorial_two
from tests.tutorials.backend import PASSWORD, Backend, move_in
from tests.tutorials.client import Client
from tests.tutorials.database import Database, PostgresDatabase, SqliteDatabase
from tests.tutorials.project import Project
from tests.tutorials.readme import add_keyturn
from tests.tutorials.server import granian, runserver

_LOGGED_IN_BEFORE = 17


@pytest.fixture(scope="session")
def new_project(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Project]:
    """Makes an empty project of a name, its database on SQLite or, with KEYTURN_TEST_DB=postgres, PostgreSQL."""
    folder = tmp_path_factory.mktemp("tutorials")

    def make(name: str, app: str) -> Project:
        root = folder / name
        database: Database = SqliteDatabase(root / "db.sqlite3")
        if environment.vendor() == "postgres":
            database = PostgresDatabase.create(request.getfixturevalue("postgres_server").url)
        return Project(root, database, app)

    return make


@pytest.fixture(scope="session")
def tutorial_two_project(new_project: Callable[[str, str], Project]) -> Project:
    """The second tutorial's project, built and peopled, served by nobody: copy it."""
    project = new_project("tutorial_two", tutorial_two.APP)
    tutorial_two.build(project)
    move_in(project)
    return project


def _backend(project: Project, server: ServerProcess, first: Backend | None = None) -> Backend:
    backend = Backend(project, server, Client(server.url))
    if first is not None:
        backend.before, backend.spent = first.before, first.spent
        backend._met = first._met
    return backend


@pytest.fixture(scope="session")
def stock(tutorial_two_project: Project) -> Iterator[Backend]:
    """The second tutorial's backend as the tutorial leaves it."""
    project = tutorial_two_project.copy("stock", tutorial_two_project.root.parent)
    with runserver(project) as server:
        yield _backend(project, server)


@pytest.fixture(scope="session")
def keyturn(tutorial_two_project: Project) -> Iterator[Backend]:
    """The second tutorial's backend, in use before Keyturn was added by the README's instructions."""
    project = tutorial_two_project.copy("keyturn", tutorial_two_project.root.parent)
    with runserver(project) as server:
        stock = _backend(project, server)
        for _ in range(_LOGGED_IN_BEFORE):
            username = stock.newcomer()
            stock.before.append((username, stock.client.log_in(username, PASSWORD)))
        rotated, logged_out = stock.log_in(), stock.log_in()
        stock.client.refresh(rotated.refresh)
        stock.client.log_out(logged_out.refresh, logged_out.access)
        stock.spent += [rotated.refresh, logged_out.refresh]
    add_keyturn(project)
    with runserver(project) as server:
        backend = _backend(project, server, first=stock)
        yield backend
    _assert_clean_log(server, backend.client)


@pytest.fixture(scope="session")
def two_workers(keyturn: Backend) -> Iterator[Client]:
    """A client of the same project served by two granian worker processes."""
    with granian(keyturn.project, workers=2) as server:
        client = Client(server.url)
        yield client
    _assert_clean_log(server, client)


@pytest.fixture(scope="session")
def sheet(new_project: Callable[[str, str], Project]) -> Iterator[tuple[Backend, Backend]]:
    """The first tutorial's project, without and with Keyturn, served at the same time."""
    plain = new_project("tutorial_one", tutorial_one.APP)
    tutorial_one.build(plain)
    move_in(plain)
    project = plain.copy("tutorial_one_keyturn", plain.root.parent)
    add_keyturn(project)
    with runserver(plain) as before, runserver(project) as after:
        backend = _backend(project, after)
        yield _backend(plain, before), backend
    _assert_clean_log(after, backend.client)


@pytest.fixture(scope="session", params=["autocommit", "atomic requests"])
def own_views(
    request: pytest.FixtureRequest, tutorial_two_project: Project, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Backend]:
    """Keyturn in a project that has grown views of its own on simplejwt's classes, served by two processes."""
    name = str(request.param).replace(" ", "_")
    # A folder of its own: where tests are shuffled, one of the two may be set up more than once.
    project = tutorial_two_project.copy(name, tmp_path_factory.mktemp("own_views"))
    own_code.grow(project, atomic_requests=request.param == "atomic requests")
    add_keyturn(project)
    with granian(project, workers=2) as server:
        backend = _backend(project, server)
        yield backend
    _assert_clean_log(server, backend.client)


@pytest.fixture(params=["stock", "keyturn"])
def backend(request: pytest.FixtureRequest, stock: Backend, keyturn: Backend) -> Backend:
    """The second tutorial's backend, without and with Keyturn."""
    return {"stock": stock, "keyturn": keyturn}[request.param]


def _assert_clean_log(server: ServerProcess, client: Client) -> None:
    printed = server.output()
    _, traceback, rest = printed.partition("Traceback")
    assert not traceback, f"the server failed:{rest[:6000]}"
    assert not any(token in printed for token in client.issued), "a token in the server's log"

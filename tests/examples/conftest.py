"""A real Keyturn with a user and a service client, and the examples beside it."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.docs.pages import ROOT
from tests.server.running import KEYTURN, ask, keyturn
from tests.services import needs, ports
from tests.services.migrated import migrate
from tests.services.process import ServerProcess, clean_environment
from tests.verifier.fake import CLIENT, FakeKeyturn

EXAMPLES: Final = ROOT / "examples"
AUDIENCE: Final = "orders"
NAMES: Final = ("fastapi", "flask", "django_service", "express")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests choose their server's database themselves: once, in the SQLite run, is enough for all but a few."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.server)
            if item.get_closest_marker("postgres") is None:
                item.add_marker(pytest.mark.sqlite)


@dataclass(frozen=True)
class Keyturn:
    """A running Keyturn, one user's password, and the credentials of a service."""

    server: ServerProcess
    directory: Path
    password: str
    client_id: str
    client_secret: str

    @property
    def issuer(self) -> str:
        """What its tokens have as ``iss``."""
        return f"http://localhost:{self.server.port}"

    def login(self) -> dict[str, str]:
        """An access token and a refresh token of the demo user."""
        answer = ask(self.server.port, "POST", "/token/", json_body={"username": "demo", "password": self.password})
        assert answer.status == 200, answer.body
        found: dict[str, str] = answer.json
        return found

    def logout(self, tokens: dict[str, str]) -> None:
        """End that session."""
        answer = ask(
            self.server.port,
            "POST",
            "/logout/",
            json_body={"refresh_token": tokens["refresh"]},
            authorization=f"Bearer {tokens['access']}",
        )
        assert answer.status == 205, answer.body


def running(directory: Path, **more: str) -> Iterator[Keyturn]:
    """Keyturn as ``make run`` starts it, and a client made by the command of the README."""
    env = {"KEYTURN_DEBUG": "1", "KEYTURN_TOKEN_AUDIENCE": AUDIENCE, **more}
    migrate(directory, env)
    server = ServerProcess(
        [*KEYTURN, "demo", "--port", "{port}"],
        port=ports.free_port(),
        directory=directory,
        environment=clean_environment(env),
    )
    try:
        server.wait_until_it_answers("/health/live/", seconds=60)
        made = keyturn(
            *("clients", "create", "orders", "--scope", "revocations", "--scope", "introspect"),
            directory=directory,
            env=env,
        )
        assert made.returncode == 0, made.stderr
        credentials = dict(re.findall(r"^(client_id|client_secret)=(\S+)$", made.stdout, re.MULTILINE))
        password = json.loads((directory / "var" / "demo-users.json").read_text())["demo"]
        yield Keyturn(server, directory, password, credentials["client_id"], credentials["client_secret"])
    finally:
        server.stop()


@pytest.fixture
def keyturn_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyturn]:
    """A Keyturn of the test's own, which it may stop."""
    yield from running(tmp_path_factory.mktemp("keyturn"))


@pytest.fixture
def keyturn_on_postgres(postgres_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyturn]:
    """The same on PostgreSQL."""
    yield from running(tmp_path_factory.mktemp("keyturn"), DATABASE_URL=postgres_database)


@pytest.fixture(scope="module")
def shared_keyturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyturn]:
    """A Keyturn that goes on."""
    yield from running(tmp_path_factory.mktemp("keyturn"))


@dataclass
class Beside:
    """As much of a Keyturn as starting an example asks for."""

    issuer: str
    client_id: str = CLIENT[0]
    client_secret: str = CLIENT[1]


@pytest.fixture
def fake() -> Iterator[FakeKeyturn]:
    """A Keyturn whose tokens say what a test wants."""
    found = FakeKeyturn()
    found.metadata = {"keyturn_revocations_endpoint": f"{found.issuer}/revocations/"}
    yield found
    found.close()


class Examples:
    """Starts the examples by their documented command."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.started: list[ServerProcess] = []

    def start(self, name: str, beside: Keyturn | Beside, **more: str) -> ServerProcess:
        """Start one and wait until it answers; the packages of this very interpreter are used."""
        if name == "express":
            _need_node()
        service = ServerProcess(
            [str(EXAMPLES / name / "run")],
            port=ports.free_port(),
            directory=self._directory,
            environment=clean_environment(
                {
                    "AUTH_ISSUER": beside.issuer,
                    "AUTH_AUDIENCE": AUDIENCE,
                    "AUTH_CLIENT_ID": beside.client_id,
                    "AUTH_CLIENT_SECRET": beside.client_secret,
                    "PYTHON": sys.executable,
                    **more,
                }
            ),
        )
        self.started.append(service)
        service.wait_until_it_answers("/", seconds=60)
        return service


@pytest.fixture
def examples(tmp_path: Path) -> Iterator[Examples]:
    """``examples.start("flask", keyturn)``: stopped after the test."""
    found = Examples(tmp_path)
    yield found
    for service in found.started:
        print(service.output())
        service.stop()


def _need_node() -> None:
    """Skip, or fail with CI=true, without Node or without the example's packages."""
    directory = EXAMPLES / "express"
    why = ""
    if shutil.which("node") is None:
        why = "the example is JavaScript and there is no node here"
    elif not (directory / "node_modules" / ".package-lock.json").exists():
        command = ("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
        installed = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=100, check=False)
        why = f"npm could not install the example's packages: {installed.stderr}" if installed.returncode else ""
    if why:
        needs.absent(why)

"""A development server of two processes with one user, and a production server beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from keyturn_server.dev.shared_clock import SharedClock
from tests.server.conftest import running
from tests.server.running import PRODUCTION, Answer, ask
from tests.services.migrated import Superuser
from tests.services.process import ServerProcess

NAME, PASSWORD = "ada", "correct horse battery staple"
DEVELOPMENT = {"KEYTURN_DEBUG": "1"}
_USER = Superuser(NAME, f"{NAME}@example.com", PASSWORD)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The lab's servers choose their databases themselves: once, in the SQLite run, is enough."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.get_closest_marker("postgres") is None:
            item.add_marker(pytest.mark.sqlite)


@dataclass(frozen=True)
class Lab:
    """A development server, and what one does with it."""

    server: ServerProcess
    directory: Path

    def ask(self, method: str, path: str, json_body: Any = None, **more: Any) -> Answer:
        """One request."""
        return ask(self.server.port, method, path, json_body=json_body, **more)

    def sign_in(self) -> dict[str, str]:
        """A session without binding: its two tokens."""
        tokens: dict[str, str] = self.ask("POST", "/token/", {"username": NAME, "password": PASSWORD}).json
        return tokens

    def refresh(self, token: str, **headers: str) -> Answer:
        """One refresh."""
        return self.ask("POST", "/token/refresh/", {"refresh": token}, **headers)

    def events(self) -> list[dict[str, Any]]:
        """What the lab would draw."""
        events: list[dict[str, Any]] = self.ask("GET", "/dev/lab/events/").json["events"]
        return events


@pytest.fixture(scope="session")
def _lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    directory = tmp_path_factory.mktemp("lab")
    for server in running(directory, DEVELOPMENT, "--workers", "2", superusers=[_USER]):
        yield Lab(server, directory)


@pytest.fixture
def lab(_lab: Lab) -> Lab:
    """The server, in real time, without faults and with an empty picture."""
    for path in ("/dev/clock/", "/dev/lab/faults/", "/dev/lab/events/"):
        assert _lab.ask("DELETE", path).status < 300
    return _lab


@pytest.fixture(scope="session")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A production server whose data directory a development server used before, its clock a year ahead."""
    directory = tmp_path_factory.mktemp("production")
    SharedClock(directory / "var" / "lab" / "clock").advance(timedelta(days=365))
    yield from running(directory, PRODUCTION, superusers=[_USER])

"""A server of two worker processes on the run's kind of database, and somebody who administrates it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import StartServer
from tests.proofs.administrator import PASSWORD, Administrator
from tests.proofs.crowd import Ask, Crowd
from tests.services import environment, needs
from tests.services.migrated import migrate
from tests.services.ports import LOOPBACK
from tests.services.process import clean_environment

CROWD = 32
_SECRET = "made-for-these-proofs-and-of-no-value-to-anybody-9Kq2Vx7Lw4Zt8Rb3"


@dataclass(frozen=True)
class House:
    """A running server, its callers and its administrator."""

    crowd: Crowd
    administrator: Administrator

    def sign_in(self, name: str) -> str:
        """Sign in and return the refresh token."""
        answer = self.crowd.ask(Ask("/token/", {"username": name, "password": PASSWORD}))
        assert answer.status == 200, answer
        return str(answer.json["refresh"])


OpenHouse = Callable[..., House]


@pytest.fixture
def open_house(live_server_process: StartServer, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenHouse]:
    """``open_house(KEYTURN_REFRESH_GRACE="0")``: a server with two workers and one user, anna."""
    variables = {
        "KEYTURN_SECRET_KEY": _SECRET,
        "KEYTURN_DATA_DIR": str(tmp_path / "data"),
        "KEYTURN_LOG_LEVEL": "warning",
    }
    if environment.vendor() == "postgres":
        if environment.why_missing(environment.POSTGRES) is not None:
            needs.absent("PostgreSQL could not be started")
        variables["DATABASE_URL"] = request.getfixturevalue("postgres_database")
    with ExitStack() as stack:

        def opened(**more: str) -> House:
            env = {**variables, **more}
            migrate(tmp_path, env)
            administrator = stack.enter_context(Administrator(clean_environment(env), directory=tmp_path))
            administrator("user", "anna")
            serve = (sys.executable, "-m", "keyturn_server.cli", "serve", "--workers", "2")
            server = live_server_process(
                *serve, "--host", LOOPBACK, "--port", "{port}", env=env, ready="/health/ready/"
            )
            return House(stack.enter_context(Crowd(server.port, CROWD)), administrator)

        yield opened

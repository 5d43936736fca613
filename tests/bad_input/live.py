"""A real server with a user in it, spoken to in bytes that no HTTP library would send."""

import contextlib
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.server.running import KEYTURN
from tests.services import ports
from tests.services.migrated import Superuser, migrate
from tests.services.process import ServerProcess, clean_environment

__all__ = ["Live", "serve", "start", "status_of"]

_PASSWORD = "a password for loopback only"


def status_of(answer: bytes) -> int:
    """The status of an HTTP answer; 0 where the server hung up without one."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


@dataclass
class Live:
    """A server and what its user holds.

    Args:
        server: the process.
        database: the URL of its database.
        access: an access token.
        refresh: a refresh token of the same session.
    """

    server: ServerProcess
    database: str
    access: str = ""
    refresh: str = ""

    def raw(self, request: bytes, *, finish: bool = True) -> bytes:
        """Send bytes and return everything that comes back until the server hangs up.

        Args:
            request: the bytes.
            finish: tell the server that nothing more will come; it then need not answer a request that it has read.
        """
        received = b""
        with socket.create_connection((ports.LOOPBACK, self.server.port), timeout=20) as peer:
            # A server that refuses early closes while bytes are still on their way.
            with contextlib.suppress(OSError):
                peer.sendall(request)
                if finish:
                    peer.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                while chunk := peer.recv(65_536):
                    received += chunk
        return received

    def http(
        self, method: str, path: str, *lines: str, body: bytes = b"", length: bool = True, finish: bool = False
    ) -> bytes:
        """One request with a right host, the header lines given, and a right length unless told otherwise."""
        head = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *lines]
        if length and body:
            head.append(f"Content-Length: {len(body)}")
        return self.raw("\r\n".join([*head, "", ""]).encode("latin-1") + body, finish=finish)

    def refusal(self, answer: bytes) -> dict[str, Any]:
        """The body of a refusal: a 4xx in JSON with ``detail`` and ``code``."""
        assert 400 <= status_of(answer) < 500, answer[:1000]
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"content-type: application/json" in head.lower(), answer[:1000]
        refused: dict[str, Any] = json.loads(body)
        assert refused["detail"]
        assert refused["code"]
        return refused

    def log_in(self) -> None:
        """Open a session, and remember its tokens."""
        body = json.dumps({"username": "ada", "password": _PASSWORD}).encode()
        answer = self.http("POST", "/token/", "Content-Type: application/json", body=body)
        assert status_of(answer) == 200, answer
        pair = json.loads(answer.partition(b"\r\n\r\n")[2])
        self.access, self.refresh = pair["access"], pair["refresh"]

    def sessions(self) -> list[Any]:
        """Every row of the session table."""
        statement = "SELECT * FROM keyturn_session ORDER BY id"
        if self.database.startswith("sqlite"):
            import sqlite3

            connection: Any = sqlite3.connect(self.database.removeprefix("sqlite:///"))
        else:
            import psycopg

            connection = psycopg.connect(self.database)
        with contextlib.closing(connection):
            return list(connection.execute(statement).fetchall())

    @contextmanager
    def unharmed(self) -> Iterator[None]:
        """Fail if the block changes a session, makes the server print a traceback, or leaves it unable to answer."""
        before = self.sessions()
        yield
        assert self.sessions() == before
        assert "Traceback" not in self.server.output()
        bearer = f"Authorization: Bearer {self.access}"
        assert status_of(self.http("GET", "/sessions/", bearer)) == 200


def start(directory: Path, env: dict[str, str]) -> ServerProcess:
    """Start a server on a free port and return it once it answers; to be stopped."""
    server = ServerProcess(
        [*KEYTURN, "serve", "--port", "{port}"],
        port=ports.free_port(),
        directory=directory,
        environment=clean_environment(env),
    )
    try:
        server.wait_until_it_answers("/health/live/", seconds=30)
    except BaseException:
        server.stop()
        raise
    return server


@contextmanager
def serve(directory: Path, database: str, env: dict[str, str]) -> Iterator[Live]:
    """Start a server with one user, who is signed in.

    Args:
        directory: where it keeps its files.
        database: the URL of an empty database.
        env: further variables.
    """
    # More logins are tried from one address than anybody could.
    limits = "login_pair=off,login_address=off,login_account=off"
    env = {"DATABASE_URL": database, "KEYTURN_SLIDING_TOKENS": "1", "KEYTURN_LIMITS": limits, **env}
    migrate(directory, env, Superuser("ada", "", _PASSWORD))
    server = start(directory, env)
    try:
        live = Live(server, database)
        live.log_in()
        yield live
    finally:
        server.stop()

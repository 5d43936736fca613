"""Two servers behind nginx are replaced one after the other under load, and no client is told of it."""

import http.client
import json
import re
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.deploy.answering import ADA, CREDENTIALS
from tests.deploy.proxied import PUBLIC, Nginx, running
from tests.server.running import KEYTURN, PRODUCTION
from tests.services.migrated import migrate
from tests.services.ports import LOOPBACK, free_port
from tests.services.process import ServerProcess, clean_environment

pytestmark = [pytest.mark.needs("nginx"), pytest.mark.server]

CLIENTS = 4


@dataclass
class Client(threading.Thread):
    """Refreshes, reads and verifies until it is told to stop, on connections that it keeps."""

    nginx: Nginx
    tokens: dict[str, str]
    stopped: threading.Event
    refused: list[tuple[str, int, str]] = field(default_factory=list)
    answered: int = 0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        connection = self.nginx.connection()
        try:
            while not self.stopped.is_set():
                found = self._ask(connection, "POST", "/token/refresh/", {"refresh": self.tokens["refresh"]})
                self.tokens = {**self.tokens, **(found or {})}
                self._ask(connection, "GET", "/home/")
                self._ask(connection, "POST", "/token/verify/", {"token": self.tokens["access"]})
        finally:
            connection.close()

    def _ask(self, connection: http.client.HTTPConnection, method: str, path: str, body: Any = None) -> Any:
        headers = {"Host": PUBLIC, "Content-Type": "application/json"}
        if method == "GET":
            headers["Authorization"] = f"Bearer {self.tokens['access']}"
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read()
        self.answered += 1
        if response.status == 200:
            return json.loads(text)
        self.refused.append((path, response.status, text[:200].decode()))
        return None


@pytest.fixture
def start(tmp_path):
    """Start a server on a port, on the one database."""
    started: list[ServerProcess] = []

    def begin(port: int) -> ServerProcess:
        server = ServerProcess(
            [*KEYTURN, "serve", "--port", "{port}", "--threads", "4"],
            port=port,
            directory=tmp_path,
            environment=clean_environment({**PRODUCTION, "KEYTURN_TRUSTED_PROXIES": "127.0.0.1"}),
        )
        started.append(server)
        server.wait_until_it_answers("/livez", seconds=40)
        return server

    migrate(tmp_path, PRODUCTION, ADA)
    yield begin
    for server in started:
        server.stop()


def wait_until_asked(nginx: Nginx, port: int) -> None:
    """Wait until nginx hands requests to a server again: the next one may go then, and not before."""
    known = len(nginx.log())
    deadline = time.monotonic() + 20
    while not re.search(rf" 200 .* {LOOPBACK}:{port} \w+$", nginx.log()[known:], re.MULTILINE):
        assert time.monotonic() < deadline, nginx.log()[-2000:]
        time.sleep(0.05)


@pytest.mark.slow
def test_servers_are_replaced_one_after_the_other_and_every_request_is_answered(start, tmp_path):
    servers = [start(free_port()), start(free_port())]
    (tmp_path / "nginx").mkdir()
    stopped = threading.Event()
    with running(tmp_path / "nginx", [server.port for server in servers]) as nginx:
        clients = []
        for _ in range(CLIENTS):
            login = nginx.ask("POST", "/token/", json_body=CREDENTIALS)
            clients.append(Client(nginx, login.json, stopped))
        for client in clients:
            client.start()
        try:
            for server in servers:
                before = sum(client.answered for client in clients)
                assert server.stop(asked=signal.SIGTERM, seconds=30) == 0
                start(server.port)
                wait_until_asked(nginx, server.port)
                assert sum(client.answered for client in clients) > before + 10
        finally:
            stopped.set()
            for client in clients:
                client.join(30)
        assert [refused for client in clients for refused in client.refused] == []

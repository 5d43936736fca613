"""The server on PostgreSQL: its URL, its pool, its strictness about text, its absence and its return."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.server.conftest import running
from tests.server.running import PRODUCTION, ask
from tests.services import ports
from tests.services.migrated import Superuser
from tests.services.ports import LOOPBACK
from tests.services.process import ServerProcess

PASSWORD = "correct horse battery staple"


@pytest.fixture
def server(postgres_database, tmp_path) -> Iterator[ServerProcess]:
    env = {**PRODUCTION, "DATABASE_URL": postgres_database, "KEYTURN_DB_POOL_SIZE": "2"}
    yield from running(tmp_path, env, superusers=[Superuser("ada", "ada@example.com", PASSWORD)])


@pytest.mark.server
@pytest.mark.postgres
def test_a_session_lives_and_ends(server):
    tokens = ask(server.port, "POST", "/token/", json_body={"username": "ada", "password": PASSWORD}).json
    tokens = ask(server.port, "POST", "/token/refresh/", json_body={"refresh": tokens["refresh"]}).json
    bearer: Any = {"authorization": f"Bearer {tokens['access']}"}
    assert "message" in ask(server.port, "GET", "/home/", **bearer).json
    body = {"refresh_token": tokens["refresh"]}
    assert ask(server.port, "POST", "/logout/", json_body=body, **bearer).status == 205
    assert ask(server.port, "GET", "/home/", **bearer).status == 401


@pytest.mark.server
@pytest.mark.postgres
def test_more_requests_at_once_than_connections_are_all_answered(server):
    access = ask(server.port, "POST", "/token/", json_body={"username": "ada", "password": PASSWORD}).json["access"]
    seen = []

    def one() -> None:
        seen.append(ask(server.port, "GET", "/sessions/", authorization=f"Bearer {access}").status)

    threads = [threading.Thread(target=one) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [200] * 24


@pytest.mark.server
@pytest.mark.postgres
def test_a_nul_byte_in_a_cookie_or_a_form_never_reaches_the_database(server):
    nul = 'sessionid="' + "\\000" * 16 + '"'
    assert ask(server.port, "GET", "/admin/", cookie=nul).status == 302
    answer = ask(server.port, "POST", "/token/", json_body={"username": "ada\0", "password": "x\0"})
    assert 400 <= answer.status < 500


@contextlib.contextmanager
def _forwarding(port: int, target: tuple[str, int]) -> Iterator[None]:
    """A listener on ``port`` that hands connections on to ``target``: a database that is there, or is gone."""
    listener = socket.create_server((LOOPBACK, port))
    ends: list[socket.socket] = []

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(target)
                ends.extend((near, far))
                threading.Thread(target=pump, args=(near, far), daemon=True).start()
                threading.Thread(target=pump, args=(far, near), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield
    finally:
        # shutdown wakes the threads, which close alone would not.
        for each in (listener, *ends):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@pytest.mark.server
@pytest.mark.postgres
def test_it_recovers_by_itself_when_its_database_is_back(postgres_database, tmp_path):
    real = urlsplit(postgres_database)
    assert real.hostname is not None
    assert real.port is not None
    port = ports.free_port()
    url = real._replace(netloc=real.netloc.replace(f"{real.hostname}:{real.port}", f"{LOOPBACK}:{port}")).geturl()
    env = {**PRODUCTION, "DATABASE_URL": url}

    def ready() -> int:
        return ask(process.port, "GET", "/health/ready/").status

    with contextlib.ExitStack() as stack:
        with _forwarding(port, (real.hostname, real.port)):
            process = stack.enter_context(contextlib.contextmanager(running)(tmp_path, env))
            assert ready() == 200

        def becomes(status: int) -> None:
            deadline = time.monotonic() + 15
            while ready() != status:
                assert time.monotonic() < deadline
                time.sleep(0.2)

        # What a probe found is good for a second.
        becomes(503)
        assert ready() == 503
        with _forwarding(port, (real.hostname, real.port)):
            becomes(200)

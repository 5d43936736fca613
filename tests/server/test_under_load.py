"""``keyturn serve`` with more to do than it can, stopped and renewed meanwhile: nobody is lost, nobody starves."""

import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server.running import SECRET, ask, keyturn, workers_of
from tests.server.test_serving import DEVELOPMENT, serving
from tests.services.migrated import migrate
from tests.services.ports import LOOPBACK

pytestmark = pytest.mark.server

PASSWORD = "of no value to anybody"
MAKE = f"""
from django.contrib.auth.models import User
User.objects.create_user("ada", password="{PASSWORD}")
"""
# More than a worker has threads and places for.
STORM = 150


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a migrated database and a user."""
    made = tmp_path_factory.mktemp("under-load")
    migrate(made, DEVELOPMENT)
    process = keyturn("shell", "-v", "0", "-c", MAKE, directory=made, env=DEVELOPMENT)
    assert process.returncode == 0, process.stderr
    return made


def _login_request() -> bytes:
    body = json.dumps({"username": "ada", "password": PASSWORD}).encode()
    head = (
        f"POST /token/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    )
    return head.encode() + b"Connection: close\r\n\r\n" + body


def _answer_of(client: socket.socket) -> tuple[int, str]:
    received = b""
    while chunk := client.recv(65_536):
        received += chunk
    head = received.partition(b"\r\n\r\n")[0].decode().lower()
    return int(head.split(" ", 2)[1]), head


def test_a_storm_of_logins_is_refused_past_its_queue_and_keeps_nobody_else_waiting(directory):
    with serving(directory) as server:
        tokens = ask(server.port, "POST", "/token/", json_body={"username": "ada", "password": PASSWORD}).json
        storm = [socket.create_connection((LOOPBACK, server.port), timeout=120) for _ in range(STORM)]
        try:
            for client in storm:
                client.sendall(_login_request())
            for _ in range(5):
                assert ask(server.port, "GET", "/home/", authorization=f"Bearer {tokens['access']}").status == 200
                refreshed = ask(server.port, "POST", "/token/refresh/", json_body={"refresh": tokens["refresh"]})
                assert refreshed.status == 200
                tokens = refreshed.json
                assert ask(server.port, "POST", "/token/verify/", json_body={"token": tokens["access"]}).status == 200
                assert ask(server.port, "GET", "/livez").status == 200
            answers = [_answer_of(client) for client in storm]
        finally:
            for client in storm:
                client.close()
        statuses = [status for status, _ in answers]
        assert set(statuses) <= {200, 429, 503}
        assert statuses.count(200) > 0
        refused = [head for status, head in answers if status == 503]
        assert refused
        assert all("retry-after: 5" in head and "content-type: application/json" in head for head in refused)


class _Clients:
    """Clients that ask on and on over connections they keep, until told to stop."""

    def __init__(self, port: int, count: int) -> None:
        self.port = port
        self.answered = 0
        self.lost: list[str] = []
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._go_on, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _go_on(self) -> None:
        while not self._stop.is_set():
            connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=30)
            try:
                connection.connect()
            except ConnectionRefusedError:
                return
            if not self._use(connection):
                return
            connection.close()

    def _use(self, connection: http.client.HTTPConnection) -> bool:
        """Ask until the server ends the connection or the test does; whether nothing was lost."""
        asked = 0
        while not self._stop.is_set():
            try:
                connection.request("GET", "/home/")
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                if asked or self._is_open():
                    self.lost.append(f"{error!r} after {asked} on this connection")
                return False
            asked += 1
            with self._lock:
                self.answered += 1
            if answer.status != 401:
                self.lost.append(f"status {answer.status}")
            if answer.will_close:
                return True
        return True

    def _is_open(self) -> bool:
        """Whether somebody listens: a connection that met the end of the last worker was refused, a moment late."""
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, self.port)) == 0


@contextmanager
def _clients(port: int, count: int = 4) -> Iterator[_Clients]:
    made = _Clients(port, count)
    try:
        yield made
    finally:
        made.stop()


def _eventually(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_server_that_is_told_to_stop_loses_no_request(directory):
    with serving(directory, "--workers", "2") as server, _clients(server.port) as clients:
        _eventually(lambda: clients.answered > 50)
        assert server.stop(seconds=30) == 0
        clients.stop()
        assert clients.lost == []


def test_new_workers_take_the_place_of_old_ones_and_no_request_is_lost(directory):
    with serving(directory, "--workers", "2") as server, _clients(server.port) as clients:
        _eventually(lambda: clients.answered > 50)
        before = workers_of(server.pid)
        os.kill(server.pid, signal.SIGUSR2)
        _eventually(lambda: len(workers_of(server.pid)) == 2 and not workers_of(server.pid) & before)
        answered = clients.answered
        _eventually(lambda: clients.answered > answered + 50)
        clients.stop()
        assert clients.lost == []
        assert server.stop() == 0


@pytest.mark.parametrize("which", [min, max], ids=["the first to be renewed", "one that waits for its turn"])
def test_an_old_worker_that_dies_in_a_renewal_is_replaced_like_any_other(directory, which):
    with serving(directory, "--workers", "2") as server:
        before = workers_of(server.pid)
        os.kill(server.pid, signal.SIGUSR2)
        _eventually(lambda: len(workers_of(server.pid)) == 3)
        os.kill(which(before), signal.SIGKILL)
        _eventually(lambda: len(workers_of(server.pid)) == 2 and not workers_of(server.pid) & before)
        after = workers_of(server.pid)
        # What the server makes of it, it would make at once: for two seconds nothing may change.
        until = time.monotonic() + 2
        while time.monotonic() < until:
            assert workers_of(server.pid) == after
            time.sleep(0.05)
        assert ask(server.port, "GET", "/livez").status == 200
        assert "crash loop" not in server.output()
        assert server.stop() == 0


# The first worker that loads this fails, slowly; the others start.
FAILING_ONCE = """
import pathlib, sys, time
if "spawn_main" in " ".join(sys.orig_argv):
    try:
        pathlib.Path({file!r}).touch(exist_ok=False)
    except FileExistsError:
        pass
    else:
        time.sleep(2)
        raise SystemExit(3)
"""


def test_a_worker_that_dies_while_the_new_version_does_not_start_is_replaced(directory, tmp_path):
    site, failing = tmp_path / "site", tmp_path / "failing"
    site.mkdir()
    with serving(directory, env={**DEVELOPMENT, "PYTHONPATH": str(site)}) as server:
        (before,) = workers_of(server.pid)
        (site / "sitecustomize.py").write_text(FAILING_ONCE.format(file=str(failing)))
        os.kill(server.pid, signal.SIGUSR2)
        _eventually(failing.exists)
        os.kill(before, signal.SIGKILL)
        _eventually(lambda: "a new worker did not come up" in server.output())
        _eventually(lambda: len(workers_of(server.pid)) == 1)
        server.wait_until_it_answers("/health/live/", seconds=30)
        assert before not in workers_of(server.pid)
        assert "crash loop" not in server.output()
        assert server.stop() == 0


def test_a_new_version_that_does_not_start_leaves_the_old_one_serving(directory, tmp_path):
    broken = tmp_path / "site"
    broken.mkdir()
    with serving(directory, env={**DEVELOPMENT, "PYTHONPATH": str(broken)}) as server:
        before = workers_of(server.pid)
        # What Python loads first of all in each process.
        (broken / "sitecustomize.py").write_text("raise SystemExit(3)\n")
        os.kill(server.pid, signal.SIGUSR2)
        _eventually(lambda: "a new worker did not come up" in server.output())
        assert workers_of(server.pid) == before
        assert ask(server.port, "GET", "/livez").status == 200
        (broken / "sitecustomize.py").unlink()
        os.kill(server.pid, signal.SIGUSR2)
        _eventually(lambda: len(workers_of(server.pid)) == 1 and not workers_of(server.pid) & before)
        assert ask(server.port, "GET", "/livez").status == 200
        assert SECRET not in server.output()

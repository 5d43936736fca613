"""``keyturn serve`` as a process: starting, workers, signals, stopping."""

import contextlib
import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.running import KEYTURN, PRODUCTION, SECRET, WITH_MAIL, ask, keyturn, raw, workers_of
from tests.services import ports
from tests.services.certificates import make_certificate
from tests.services.migrated import migrate
from tests.services.ports import LOOPBACK
from tests.services.process import ServerProcess, clean_environment

# One secret for all: the keys in the database the tests share are sealed under it.
DEVELOPMENT = {"KEYTURN_DEBUG": "1", "KEYTURN_SECRET_KEY": SECRET}


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a migrated database."""
    directory = tmp_path_factory.mktemp("serving")
    migrate(directory, DEVELOPMENT)
    return directory


@contextlib.contextmanager
def serving(directory: Path, *options: str, env: dict[str, str] | None = None) -> Iterator[ServerProcess]:
    server = ServerProcess(
        [*KEYTURN, "serve", "--port", "{port}", *options],
        port=ports.free_port(),
        directory=directory,
        environment=clean_environment(env or DEVELOPMENT),
    )
    try:
        server.wait_until_it_answers("/health/live/", seconds=30)
        yield server
    finally:
        server.stop()


def _eventually(condition, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex((LOOPBACK, port)) != 0


@pytest.mark.server
def test_it_says_where_it_serves_once_it_does(migrated):
    with serving(migrated) as server:
        _eventually(lambda: f"serves http://127.0.0.1:{server.port} (1 worker of " in server.output())
        assert "KEYTURN_EMAIL_URL" not in server.output()


@pytest.mark.server
def test_a_production_without_a_mail_server_starts_and_says_what_cannot_be_done(migrated):
    with serving(migrated, env=PRODUCTION) as server:
        assert "keyturn: KEYTURN_EMAIL_URL is not set, so no mail is sent" in server.output()


@pytest.mark.server
@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_it_cleanly_with_a_connection_still_open(migrated, asked):
    with serving(migrated, "--workers", "2") as server:
        idle = http.client.HTTPConnection(LOOPBACK, server.port, timeout=10)
        idle.request("GET", "/")
        idle.getresponse().read()
        assert server.stop(asked=asked) == 0
        idle.close()
        assert "Traceback" not in server.output()
        assert _is_free(server.port)


@pytest.mark.server
@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_stops_it_cleanly_too(migrated, asked):
    # What Ctrl-C in a terminal and a service manager do: every process of the group hears it at once.
    for pause in (0.0, 0.3):
        with serving(migrated, "--workers", "2") as server:
            time.sleep(pause)
            os.killpg(server.pid, asked)
            assert server.stop() == 0


# A worker that is told to stop while another library's handler is in place.
TOLD = """
import os, signal, threading
from keyturn_server.signals import obey_parent

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
signal.signal(signal.SIGTERM, lambda *_: print("the other library's", flush=True))
told = threading.Event()
obey_parent(lambda: (print("ours", flush=True), told.set()))
os.kill(os.getpid(), signal.SIGTERM)
told.wait(20)
"""


def test_a_handler_that_another_library_installed_does_not_keep_a_worker_from_stopping():
    # Coverage and some tracers have one, to write what they know before the process ends.
    told = subprocess.run([sys.executable, "-c", TOLD], capture_output=True, text=True, timeout=30, check=False)
    assert (told.returncode, told.stdout) == (0, "ours\n"), told.stderr


@pytest.mark.server
def test_a_request_under_way_is_answered_before_it_stops(migrated):
    with serving(migrated) as server, socket.create_connection((LOOPBACK, server.port), timeout=20) as client:
        body = b'{"username": "nobody", "password": "x"}'
        head = (
            b"POST /token/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        )
        client.sendall(head % len(body) + body[:5])
        time.sleep(0.3)
        os.kill(server.pid, signal.SIGTERM)
        time.sleep(0.3)
        client.sendall(body[5:])
        assert client.recv(100).startswith(b"HTTP/1.1 401 ")
        client.close()
        assert server.stop() == 0


@pytest.mark.server
def test_a_worker_that_dies_is_replaced(migrated):
    with serving(migrated) as server:
        (worker,) = workers_of(server.pid)
        os.kill(worker, signal.SIGKILL)
        _eventually(lambda: bool(workers_of(server.pid) - {worker}))
        server.wait_until_it_answers("/health/live/", seconds=15)
        assert "Unexpected exit from worker-1" in server.output()
        assert server.stop() == 0


@pytest.mark.server
def test_workers_do_not_outlive_a_server_that_was_killed(migrated):
    with serving(migrated, "--workers", "2") as server:
        assert len(workers_of(server.pid)) == 2
        os.kill(server.pid, signal.SIGKILL)
        _eventually(lambda: _is_free(server.port))


# A worker that comes to watch its parent only when that has been killed.
LATE = """
import multiprocessing, os, signal, time
from keyturn_server.signals import obey_parent

def work():
    server = multiprocessing.parent_process().pid
    print("started", flush=True)
    while os.getppid() == server:
        time.sleep(0.01)
    obey_parent(lambda: None)
    time.sleep(10)
    print("lived on", flush=True)

if __name__ == "__main__":
    worker = multiprocessing.get_context("spawn").Process(target=work)
    worker.start()
    time.sleep({pause})
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(("pause", "said"), [(0, {"", "started\n"}), (3, {"started\n"})], ids=["at once", "late"])
def test_a_worker_whose_server_is_killed_while_it_starts_ends(tmp_path, pause, said):
    (tmp_path / "late.py").write_text(LATE.format(pause=pause))
    # The worker holds the pipe, so this ends with it.
    server = subprocess.run(
        [sys.executable, str(tmp_path / "late.py")], stdout=subprocess.PIPE, text=True, timeout=60, check=False
    )
    assert server.returncode == -signal.SIGKILL
    assert server.stdout in said


@pytest.mark.server
def test_a_second_server_on_the_same_port_is_refused(migrated):
    with serving(migrated) as server:
        second = keyturn("serve", f"--port={server.port}", directory=migrated, env=DEVELOPMENT)
        assert second.returncode == 1
        assert "is taken by another program" in second.stderr


@pytest.mark.server
def test_the_access_log_has_the_path_and_nothing_that_could_be_a_token(migrated):
    with serving(migrated, "--access-log", env={**DEVELOPMENT, "KEYTURN_LOG_LEVEL": "debug"}) as server:
        ask(server.port, "GET", f"/home/?token={SECRET}", authorization=f"Bearer {SECRET}", cookie=f"a={SECRET}")
        ask(server.port, "POST", "/token/", json_body={"username": "nobody", "password": SECRET})
        ask(server.port, "POST", "/token/refresh/", json_body={"refresh": SECRET})
        ask(server.port, "GET", "/b%22%20200%201.0%20ms%20%5c/")
        ask(server.port, "GET", "/a%0a2026-01-01%20forged/")
        _eventually(lambda: "forged" in server.output())
        lines = server.output().splitlines()
        assert any('"GET /home/" 401' in line for line in lines)
        assert any('"POST /token/" 401' in line for line in lines)
        # Nor does a quote end the path.
        assert any('"GET /b%22 200 1.0 ms %5C/" 404 ' in line for line in lines)
        assert not any(line.startswith("2026-01-01 forged") for line in lines)
        assert SECRET not in server.output()


@pytest.mark.server
def test_the_host_of_an_absolute_target_counts_and_is_looked_at(migrated):
    # RFC 9112 section 3.2.2: whatever the header says.
    with serving(migrated, env=PRODUCTION) as server:
        refused = raw(
            server.port, b"GET http://evil.example/home/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        assert refused.startswith(b"HTTP/1.1 400 ")
        assert b"bad_host" in refused
        allowed = raw(
            server.port, b"GET http://localhost/home/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        )
        assert allowed.startswith(b"HTTP/1.1 401 ")


@pytest.mark.server
def test_production_serves_on_loopback_over_plain_http(migrated):
    with serving(migrated, env=PRODUCTION) as server:
        assert ask(server.port, "GET", "/").status == 200


@pytest.mark.server
def test_it_serves_https_itself_where_it_is_given_a_certificate(migrated):
    make_certificate("localhost", certificate=migrated / "certificate.pem", key=migrated / "key.pem")
    port = ports.free_port()
    options = ("--port", str(port), "--tls-certificate", "certificate.pem", "--tls-key", "key.pem")
    process = subprocess.Popen(
        [*KEYTURN, "serve", *options],
        cwd=migrated,
        env=clean_environment(WITH_MAIL),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        assert f"serves https://127.0.0.1:{port}" in process.stderr.readline()
        trusting = ssl.create_default_context(cafile=str(migrated / "certificate.pem"))
        trusting.set_alpn_protocols(["h2", "http/1.1"])
        client = http.client.HTTPSConnection("localhost", port, context=trusting, timeout=20)
        client.connect()
        assert client.sock.selected_alpn_protocol() == "http/1.1"
        client.request("GET", "/")
        answer = client.getresponse()
        assert answer.status == 200
        assert f"https://localhost:{port}/token/".encode() in answer.read()
        client.close()
    finally:
        process.terminate()
        assert process.wait(20) == 0
        process.stderr.close()


@pytest.mark.server
def test_without_its_database_it_starts_and_is_not_ready_and_says_when_to_come_back(tmp_path):
    env = {**PRODUCTION, "DATABASE_URL": f"postgresql://ada:{SECRET}@127.0.0.1:1/auth?connect_timeout=1"}
    with serving(tmp_path, env=env) as server:
        assert "starting without it" in server.output()
        assert ask(server.port, "GET", "/health/live/").status == 200
        ready = ask(server.port, "GET", "/health/ready/")
        assert (ready.status, ready.json["code"]) == (503, "unavailable")
        assert int(ready.headers["retry-after"]) > 0
        login = ask(server.port, "POST", "/token/", json_body={"username": "ada", "password": "x"})
        assert (login.status, login.json["code"]) == (503, "unavailable")
        assert int(login.headers["retry-after"]) > 0
        admin = ask(server.port, "GET", "/admin/", cookie="sessionid=" + "a" * 32)
        assert (admin.status, admin.json["code"]) == (503, "unavailable")
        assert SECRET not in server.output()

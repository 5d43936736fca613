"""What an operator watches: one answer for all workers, for those who may ask."""

import base64
import os
import re
import signal
import time

import pytest

from tests.server.conftest import running
from tests.server.running import ask, keyturn, workers_of


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    directory = tmp_path_factory.mktemp("metrics")
    yield from ((one, directory) for one in running(directory, {"KEYTURN_DEBUG": "1"}, "--workers", "2"))


@pytest.fixture(scope="module")
def credentials(server):
    _, directory = server
    made = keyturn(
        *("clients", "create", "prometheus", "--scope", "metrics"), directory=directory, env={"KEYTURN_DEBUG": "1"}
    )
    assert made.returncode == 0, made.stderr
    client = dict(line.split("=", 1) for line in made.stdout.splitlines())
    return "Basic " + base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()


def values(server, credentials):
    answer = ask(server.port, "GET", "/metrics", authorization=credentials)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        name: float(value)
        for name, value in re.findall(r"^(\w+)(?:\{[^}]*\})? (\S+)$", answer.body.decode(), re.MULTILINE)
    }


@pytest.mark.server
def test_lag_size_and_polls_are_told(server, credentials):
    process, _ = server
    found = values(process, credentials)
    assert 0 <= found["keyturn_feed_lag_seconds"] < 30
    assert found["keyturn_feed_revocations"] == 0
    assert found["keyturn_feed_poll_failures_total"] == 0
    assert abs(found["keyturn_feed_last_poll_timestamp_seconds"] - time.time()) < 30
    assert values(process, credentials)["keyturn_feed_polls_total"] >= found["keyturn_feed_polls_total"] > 0


@pytest.mark.server
def test_nobody_else_is_told(server, credentials):
    process, _ = server
    assert ask(process.port, "GET", "/metrics").status == 401
    assert ask(process.port, "GET", "/metrics", authorization="Bearer x").status == 401
    assert ask(process.port, "POST", "/metrics", authorization=credentials).status == 405


@pytest.mark.server
def test_a_worker_that_was_killed_does_not_count_as_furthest_behind(server, credentials):
    process, _ = server
    killed = min(workers_of(process.pid))
    os.kill(killed, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while len(workers_of(process.pid)) < 2 or killed in workers_of(process.pid):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.wait_until_it_answers("/health/live/", seconds=15)
    killed_at = time.time()
    while values(process, credentials)["keyturn_feed_last_poll_timestamp_seconds"] < killed_at:
        assert time.monotonic() < deadline
        time.sleep(0.1)

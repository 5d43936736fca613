"""What an operator watches: one answer for all workers, for those who may ask."""

import base64
import os
import re
import signal
import time

import pytest
from django.test import RequestFactory

from keyturn_server.operations import MetricsView
from tests.server.conftest import running
from tests.server.running import ask, keyturn, raw, workers_of
from tests.services.migrated import Superuser

TOKEN = "kt-metrics-0123456789abcdefghijklmnop"
ENVIRONMENT = {"KEYTURN_DEBUG": "1", "KEYTURN_METRICS_TOKEN": TOKEN}
PASSWORD = "Xq7-Ribbon-Vulcan-41"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    directory = tmp_path_factory.mktemp("metrics")
    root = Superuser("root", "root@example.com", PASSWORD)
    yield from ((one, directory) for one in running(directory, ENVIRONMENT, "--workers", "2", superusers=[root]))


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
    assert 0 <= found["keyturn_feed_revocations"] < 1_000
    assert found["keyturn_feed_poll_failures_total"] == 0
    assert abs(found["keyturn_feed_last_poll_timestamp_seconds"] - time.time()) < 30
    assert values(process, credentials)["keyturn_feed_polls_total"] >= found["keyturn_feed_polls_total"] > 0


@pytest.mark.server
def test_nobody_else_is_told(server, credentials):
    process, _ = server
    assert ask(process.port, "GET", "/metrics").status == 401
    assert ask(process.port, "GET", "/metrics", authorization="Bearer x").status == 401
    assert ask(process.port, "POST", "/metrics", authorization=credentials).status == 405
    assert ask(process.port, "POST", "/metrics", authorization=f"Bearer {TOKEN}").status == 405
    for wrong in (f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer", "Bearer ", TOKEN, "Bearer é"):
        assert ask(process.port, "GET", "/metrics", authorization=wrong).status == 401, wrong


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


def samples(port):
    """Every sample, by its name and labels as they are written."""
    answer = ask(port, "GET", "/metrics", authorization=f"Bearer {TOKEN}")
    assert answer.status == 200
    found = re.findall(r"^([a-z_]+(?:\{[^}]*\})?) (\S+)$", answer.body.decode(), re.MULTILINE)
    return {name: float(value) for name, value in found}


def eventually(port, name, expected):
    deadline = time.monotonic() + 20
    while (found := samples(port).get(name)) != expected:
        assert time.monotonic() < deadline, (name, found, expected)
        time.sleep(0.1)


def reaches(port, name, least):
    """Numbers are shared once a second, and of what was asked before some may be told only now."""
    deadline = time.monotonic() + 20
    while (found := samples(port).get(name, 0)) < least:
        assert time.monotonic() < deadline, (name, found, least)
        time.sleep(0.1)


def count(endpoint, status):
    return f'keyturn_http_request_duration_seconds_count{{endpoint="{endpoint}",status="{status}"}}'


@pytest.mark.server
def test_requests_of_all_workers_are_counted_each_once_by_endpoint_and_class_of_status(server):
    port = server[0].port
    before = samples(port)
    for _ in range(40):
        ask(port, "GET", "/home/")
        ask(port, "GET", "/home/?x=1", authorization="Bearer x")
        ask(port, "POST", "/token/verify/", json_body={"token": "x"})
    eventually(port, count("home", "4xx"), before.get(count("home", "4xx"), 0) + 80)
    eventually(port, count("token_verify", "4xx"), before.get(count("token_verify", "4xx"), 0) + 40)
    after = samples(port)
    bucket = count("home", "4xx").replace("_count{", "_bucket{").replace(',status="', ',le="+Inf",status="')
    assert after[bucket] == after[count("home", "4xx")]
    assert after[count("home", "4xx").replace("_count", "_sum")] > 0


@pytest.mark.server
def test_what_is_counted_outlives_the_workers_that_are_replaced(server):
    process, _ = server
    # No other test here asks for it: what one asked in the last second would be told when its worker ends.
    activity = count("me_activity", "4xx")
    before = workers_of(process.pid)
    eventually(process.port, "keyturn_workers", 2)
    assert activity not in samples(process.port)
    for _ in range(20):
        ask(process.port, "GET", "/me/activity/")
    os.kill(process.pid, signal.SIGUSR2)
    deadline = time.monotonic() + 60
    while len(workers_of(process.pid)) != 2 or workers_of(process.pid) & before:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    eventually(process.port, "keyturn_workers", 2)
    eventually(process.port, activity, 20)


@pytest.mark.server
def test_a_body_that_breaks_off_is_refused_and_no_overload(server):
    port = server[0].port
    before = samples(port).get(count("refused", "4xx"), 0)
    broken = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n"
    head = b"POST /token/refresh/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    assert raw(port, head + broken).startswith(b"HTTP/1.1 400 ")
    reaches(port, count("refused", "4xx"), before + 1)
    assert count("overload", "4xx") not in samples(port)


@pytest.mark.server
def test_no_client_can_make_names(server):
    port = server[0].port
    ask(port, "GET", "/first/")
    before = set(samples(port))
    refused = samples(port).get(count("unknown", "4xx"), 0)
    for number in range(30):
        ask(port, "GET", f"/nothing-{number}/")
        ask(port, "GET", f"/admin/auth/user/{number}/change/")
        ask(port, f"X{number}", "/home/", host=f"h{number}.example.com")
        ask(port, "DELETE", f"/sessions/0191e7a2-7c5b-7b7e-8a1e-0000000000{number:02}/")
        ask(port, "GET", f"/static/{number}.css")
    reaches(port, count("unknown", "4xx"), refused + 30)
    made = set(samples(port)) - before
    endpoints = {endpoint for name in made for endpoint in re.findall(r'endpoint="([^"]*)"', name)}
    # What a test before asked for may be told only now, but no name that it chose: each of those here has a number.
    assert not [endpoint for endpoint in endpoints if re.search(r"\d", endpoint)]
    assert len(endpoints) < 20
    assert not any("nothing" in name or "example" in name for name in made)


@pytest.mark.server
def test_sessions_that_begin_and_end_and_what_tokens_meet_are_counted(server):
    port = server[0].port
    before = samples(port)

    def more(name, times):
        eventually(port, name, before.get(name, 0.0) + times)

    def log_in():
        return ask(port, "POST", "/token/", json_body={"username": "root", "password": PASSWORD}).json

    one, two = log_in(), log_in()
    ask(port, "POST", "/token/", json_body={"username": "root", "password": "wrong-wrong-wrong"})
    tokens = [one["refresh"]]
    for _ in range(4):
        tokens.append(ask(port, "POST", "/token/refresh/", json_body={"refresh": tokens[-1]}).json["refresh"])
    assert ask(port, "POST", "/token/refresh/", json_body={"refresh": tokens[0]}).json["reason"] == "refresh_reused"
    ask(port, "POST", "/logout/", json_body={"refresh_token": two["refresh"]}, authorization=f"Bearer {two['access']}")
    more("keyturn_sessions_opened_total", 2)
    more('keyturn_sessions_ended_total{reason="refresh_reused"}', 1)
    more('keyturn_sessions_ended_total{reason="logout"}', 1)
    for event, times in {"login": 2, "login_failed": 1, "refresh": 4, "refresh_reused": 1}.items():
        more(f'keyturn_events_total{{event="{event}"}}', times)
    assert samples(port)["keyturn_hashes_total"] >= before["keyturn_hashes_total"] + 3
    assert samples(port)["keyturn_hash_seconds_total"] > before["keyturn_hash_seconds_total"]


@pytest.mark.server
def test_the_processes_are_told(server):
    process, _ = server
    process.wait_until_it_answers("/livez", seconds=15)
    # Numbers are shared once a second.
    eventually(process.port, "keyturn_workers", 2)
    eventually(process.port, 'keyturn_queue_waiting{lane="api"}', 0)
    eventually(process.port, 'keyturn_queue_refused_total{lane="hashing"}', 0)
    found = samples(process.port)
    assert found["keyturn_resident_memory_bytes"] > 20_000_000
    assert found["keyturn_cpu_seconds_total"] > 0
    assert 0 <= found["keyturn_signing_key_age_seconds"] < 600
    assert found['keyturn_deliveries_oldest_seconds{lane="mail"}'] == 0
    build = next(name for name in found if name.startswith("keyturn_build_info"))
    assert 'database="sqlite"' in build


def test_the_token_needs_no_database(settings):
    settings.KEYTURN_SERVER_METRICS_TOKEN = TOKEN
    view = MetricsView.as_view()
    # Without the fixture "db" any statement fails.
    assert view(RequestFactory().get("/metrics", headers={"authorization": f"bearer {TOKEN}"})).status_code == 200
    settings.KEYTURN_SERVER_METRICS_TOKEN = ""
    refused = view(RequestFactory().get("/metrics", headers={"authorization": "Bearer "}))
    assert refused.status_code == 401

"""Advisories that only a real server shows."""

import json

import pytest

from tests.bad_input.live import Live, serve, start, status_of

pytestmark = pytest.mark.server

_JSON = "Content-Type: application/json"


@pytest.fixture
def database(request, db_vendor, tmp_path):
    """The URL of an empty database of this run's kind."""
    if db_vendor == "postgres":
        return request.getfixturevalue("postgres_database")
    return f"sqlite:///{tmp_path / 'live.sqlite3'}"


def _refresh(live, token):
    answer = live.http("POST", "/token/refresh/", _JSON, body=json.dumps({"refresh": token}).encode())
    return status_of(answer), json.loads(answer.partition(b"\r\n\r\n")[2])


def test_cve_2026_9802_a_restart_does_not_bring_rotated_tokens_back(tmp_path, database):
    """Keycloak compared a token with the time of its own start, so that after a restart rotated refresh tokens worked
    again. What was rotated is in the database here, and in nobody's memory."""
    env = {"KEYTURN_DEBUG": "1", "DATABASE_URL": database}
    with serve(tmp_path, database, env) as live:
        first, token = live.refresh, live.refresh
        for _ in range(3):
            status, pair = _refresh(live, token)
            assert status == 200
            token = pair["refresh"]
    restarted = Live(start(tmp_path, env), database)
    try:
        status, refused = _refresh(restarted, first)
        assert (status, refused["reason"]) == (401, "refresh_reused")
        assert _refresh(restarted, token)[1]["reason"] == "refresh_reused"
    finally:
        restarted.server.stop()


def _address_seen(live, *lines):
    body = json.dumps({"token": live.refresh}).encode()
    answer = live.http("POST", "/token/refresh/", _JSON, *lines, body=body.replace(b"token", b"refresh"))
    assert status_of(answer) == 200
    live.refresh = json.loads(answer.partition(b"\r\n\r\n")[2])["refresh"]
    sessions = live.http("GET", "/sessions/", f"Authorization: Bearer {live.access}")
    (session,) = json.loads(sessions.partition(b"\r\n\r\n")[2])
    return session["ip"]


def test_cve_2015_0219_a_header_with_underscores_is_not_the_proxys(tmp_path, database):
    """Django's own server below 1.4.18, 1.6.10 and 1.7.3: WSGI knows headers by names in which ``-`` and ``_`` are the
    same, so that a client's ``X_Forwarded_For`` passed a proxy that guards ``X-Forwarded-For``, and replaced it."""
    env = {"KEYTURN_DEBUG": "1", "KEYTURN_TRUSTED_PROXIES": "127.0.0.1"}
    by_the_proxy = "X-Forwarded-For: 203.0.113.7"
    with serve(tmp_path, database, env) as live:
        assert _address_seen(live, by_the_proxy) == "203.0.113.7"
        for name in ("X_Forwarded_For", "X-Forwarded_For", "x_forwarded-for"):
            by_the_client = f"{name}: 198.51.100.66"
            assert _address_seen(live, by_the_client, by_the_proxy) == "203.0.113.7"
            assert _address_seen(live, by_the_proxy, by_the_client) == "203.0.113.7"

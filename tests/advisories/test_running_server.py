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

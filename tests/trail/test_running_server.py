"""The server itself, in several processes: what happens is recorded, counted, delivered, and refused to be changed."""

import contextlib
import hashlib
import hmac
import json
import sqlite3
import time
from base64 import b64encode
from typing import Any

import psycopg
import pytest

from tests.server.conftest import running
from tests.server.running import PRODUCTION, ask, keyturn
from tests.services.migrated import Superuser, migrate
from tests.trail.test_webhook import Receiver

pytestmark = pytest.mark.server

PASSWORD = "correct horse battery staple"
KEY = b"0123456789abcdef0123456789abcdef"
SECONDS = 30.0


@pytest.fixture
def receiver():
    """Somebody who takes webhooks."""
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def database(request, db_vendor, tmp_path):
    """The URL of an empty database of the kind that this run is about."""
    if db_vendor == "postgres":
        return request.getfixturevalue("postgres_database")
    return f"sqlite:///{tmp_path / 'trail.sqlite3'}"


@pytest.fixture
def environment(receiver, database):
    """Of a production server with a webhook."""
    return {
        **PRODUCTION,
        "DATABASE_URL": database,
        "KEYTURN_TRAIL_WEBHOOK_URL": receiver.url,
        "KEYTURN_TRAIL_WEBHOOK_SECRET": "whsec_" + b64encode(KEY).decode(),
    }


def execute(database, query):
    """Run a statement past the server, as somebody with the database's password would."""
    if database.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(database.removeprefix("sqlite:///"), timeout=SECONDS)) as file:
            return file.execute(query).fetchall()
    with psycopg.connect(database, autocommit=True) as connection:
        return connection.execute(query).fetchall()


def log_in(port):
    answer = ask(port, "POST", "/token/", json_body={"username": "ada", "password": PASSWORD})
    assert answer.status == 200, answer.body
    return answer.json


def wait_for(condition, what):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.05)


def test_two_workers_record_count_and_deliver_what_happens(environment, database, receiver, tmp_path):
    ada = Superuser("ada", "ada@example.com", PASSWORD)
    with contextlib.contextmanager(running)(tmp_path, environment, "--workers", "2", superusers=[ada]) as server:
        tokens = [log_in(server.port) for _ in range(6)][-1]
        ask(server.port, "POST", "/token/", json_body={"username": "ada", "password": "wrong"})
        for _ in range(10):
            tokens = ask(server.port, "POST", "/token/refresh/", json_body={"refresh": tokens["refresh"]}).json
        bearer: Any = {"authorization": f"Bearer {tokens['access']}"}
        shown = ask(server.port, "GET", "/me/activity/", **bearer).json["results"]
        assert [one["event"] for one in shown] == ["login_failed", *["login"] * 6]
        wait_for(lambda: len(receiver.got) >= 7, "the delivery of seven events")

    # The workers have ended in order: whatever they had counted is written.
    counted = dict(execute(database, "SELECT name, SUM(count) FROM keyturn_tally GROUP BY name"))
    assert counted == {"login": 6, "login_failed": 1, "refresh": 10}
    for _, headers, body in receiver.got:
        lower = {name.lower(): value for name, value in headers.items()}
        signed = f"{lower['webhook-id']}.{lower['webhook-timestamp']}.".encode() + body
        signature = b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        assert lower["webhook-signature"] == f"v1,{signature}"
    assert {json.loads(body)["type"] for _, _, body in receiver.got} == {"login", "login_failed"}
    with pytest.raises((sqlite3.IntegrityError, psycopg.Error), match="the trail is append-only"):
        execute(database, "UPDATE keyturn_audit_event SET user_id = 'somebody else'")
    if not database.startswith("sqlite"):
        for statement in ("DELETE FROM keyturn_audit_event", "TRUNCATE keyturn_audit_event"):
            with pytest.raises(psycopg.Error, match="the trail is append-only"):
                execute(database, statement)

    assert PASSWORD not in server.output()
    assert tokens["refresh"] not in server.output()


def test_prune_trail_is_a_command_of_the_server(environment, tmp_path):
    migrate(tmp_path, environment)
    pruned = keyturn("prune_trail", directory=tmp_path, env=environment)

    assert (pruned.returncode, pruned.stdout) == (0, "Removed 0 events and 0 hourly counts.\n"), pruned.stderr

"""What probes are told, and what it costs the database."""

import sqlite3
import threading
import time
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection, connections

from keyturn.feed.watcher import watcher
from keyturn_server.observing import readiness
from tests.server.conftest import running
from tests.server.running import ask, word

NAMES = ("/readyz", "/health/ready/")


@pytest.mark.server
@pytest.mark.parametrize("path", NAMES)
def test_a_ready_server_says_so_check_by_check(either, path):
    told = ask(either.port, "GET", path)
    assert told.status == 200
    assert told.headers["cache-control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert 0 <= told.json.pop("feed_lag_seconds") < 10
    assert {name: told.json[name] for name in readiness.CHECKS} == dict.fromkeys(readiness.CHECKS, "ok")
    assert told.json["status"] == "ok"


@pytest.mark.server
@pytest.mark.parametrize("path", [*NAMES, "/livez", "/health/live/"])
def test_probes_ask_by_any_host_name_and_only_read(either, path):
    assert ask(either.port, "GET", path, host="10.0.0.7:8000").status == 200
    assert ask(either.port, "HEAD", path).body == b""
    assert ask(either.port, "POST", path).status == 405


@pytest.fixture
def probe(db, monkeypatch):
    """A probe that has found nothing yet, of a process that follows the feed."""
    monkeypatch.setattr(watcher(), "lag", lambda: 0.1)
    monkeypatch.setattr(watcher(), "ensure_started", lambda: None)
    return readiness._Probe(apart=False)


def test_many_who_ask_cost_one_look(probe, django_assert_num_queries):
    assert probe.ask().is_ready
    with django_assert_num_queries(0):
        assert all(probe.ask().is_ready for _ in range(1000))


def test_later_looks_ask_the_database_one_thing(probe, django_assert_num_queries):
    probe.ask()
    probe._at = float("-inf")
    with django_assert_num_queries(1):
        assert probe.ask().is_ready


@pytest.mark.django_db(transaction=True)
def test_a_look_in_a_thread_of_its_own_leaves_no_connection_behind(monkeypatch):
    used = []

    def look():
        connection.ensure_connection()
        used.append(connections["default"])
        return True

    monkeypatch.setattr(readiness, "_CHECKS", {"database": look})
    monkeypatch.setattr(readiness, "_PATIENCE", 20.0)
    probe = readiness._Probe()
    probe.ask()
    (own,) = used
    deadline = time.monotonic() + 20
    while own.connection is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_process_that_gets_no_more_threads_is_not_ready_and_asks_again(monkeypatch):
    def start(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(watcher(), "lag", lambda: 0.1)
    monkeypatch.setattr(readiness, "_CHECKS", {"database": lambda: True})
    probe = readiness._Probe()
    with monkeypatch.context() as without:
        without.setattr(threading.Thread, "start", start)
        assert probe.ask().failed == ("serving",)
    probe._at = float("-inf")
    assert probe.ask().is_ready


@pytest.fixture
def slow(monkeypatch):
    """A database that takes its time, until ``go_on`` is set: ``looking`` says that it was asked."""
    looking, go_on = threading.Event(), threading.Event()

    def ask():
        looking.set()
        assert go_on.wait(20)
        return True

    checks = {**dict.fromkeys(readiness._CHECKS, lambda: True), "database": ask}
    monkeypatch.setattr(readiness, "_CHECKS", checks)
    yield SimpleNamespace(looking=looking, go_on=go_on)
    go_on.set()


def test_whoever_asks_while_somebody_looks_is_told_what_was_found_before(slow, monkeypatch):
    monkeypatch.setattr(readiness, "_PATIENCE", 20.0)
    probe = readiness._Probe()
    slow.go_on.set()
    assert probe.ask().is_ready
    slow.go_on.clear()
    slow.looking.clear()
    probe._at = float("-inf")
    first = threading.Thread(target=probe.ask)
    first.start()
    assert slow.looking.wait(20)
    assert probe.ask().is_ready
    slow.go_on.set()
    first.join(20)


def test_a_database_that_takes_too_long_keeps_nobody_who_asks_and_is_found_again(slow, monkeypatch):
    monkeypatch.setattr(readiness, "_PATIENCE", 0.05)
    probe = readiness._Probe()
    found = probe.ask()
    assert (found.failed, found.unknown) == (("database",), ("migrations", "keys"))
    assert not probe.ask().is_ready
    monkeypatch.setattr(readiness, "_PATIENCE", 20.0)
    slow.go_on.set()
    assert probe.ask().is_ready


def test_a_database_that_does_not_answer_leaves_what_needs_it_unknown(probe, monkeypatch, caplog):
    def gone():
        raise OperationalError("gone\naway")

    monkeypatch.setattr(readiness, "_CHECKS", {**readiness._CHECKS, "database": gone})
    found = probe.ask()
    assert (found.failed, found.unknown, found.is_ready) == (("database",), ("migrations", "keys"), False)
    assert [found.word(name) for name in readiness.CHECKS] == ["failed", "unknown", "unknown", "ok", "ok"]
    told = len(caplog.records)
    probe._at = float("-inf")
    probe.ask()
    assert len(caplog.records) == told, "each probe would write a line"


@pytest.mark.postgres
def test_a_database_that_takes_no_writes_is_not_ready(probe):
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        cursor.execute("SET TRANSACTION READ ONLY")
    try:
        assert probe.ask().failed == ("database",)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE")
    assert probe._last.unknown == ("migrations", "keys")


def test_a_missing_migration_is_not_ready_and_is_looked_for_until_it_is_there(probe):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'keyturn' AND name LIKE '0006%%'")
    assert probe.ask().failed == ("migrations",)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('keyturn', '0006_factors', CURRENT_TIMESTAMP)"
        )
    probe._at = float("-inf")
    assert probe.ask().is_ready


def test_a_process_that_is_stuck_behind_the_feed_is_not_ready(probe, monkeypatch):
    monkeypatch.setattr(watcher(), "lag", lambda: readiness.MOST_LAG + 1)
    assert probe.ask().failed == ("feed",)


def test_keys_that_this_secret_does_not_open_are_not_ready(probe, monkeypatch):
    monkeypatch.setattr(readiness, "sealed_elsewhere", lambda databases: OperationalError("sealed elsewhere"))
    assert probe.ask().failed == ("keys",)


def test_a_process_that_was_told_to_stop_is_not_ready_whatever_else_holds(probe):
    assert probe.ask().is_ready
    assert probe.holds()
    probe.end()
    assert probe.ask().failed == ("serving",)
    assert not probe.holds()


def test_a_check_that_breaks_does_not_hold(probe, monkeypatch, caplog):
    def broken():
        raise ValueError("of all things")

    monkeypatch.setattr(readiness, "_CHECKS", {**readiness._CHECKS, "keys": broken})
    assert probe.ask().failed == ("keys",)
    assert "not ready: keys cannot be checked: of all things" in caplog.text


@pytest.mark.server
def test_a_server_without_its_tables_answers_503_and_says_which_check_failed(tmp_path):
    for server in running(tmp_path, {"KEYTURN_DEBUG": "1"}):
        database = sqlite3.connect(tmp_path / "var" / "keyturn.sqlite3")
        database.execute("DELETE FROM django_migrations WHERE app = 'keyturn' AND name LIKE '0006%'")
        database.commit()
        database.close()
        refused = ask(server.port, "GET", "/readyz")
        assert refused.status == 503
        assert word(refused) == "unavailable"
        assert refused.headers["retry-after"].isdigit()
        assert (refused.json["status"], refused.json["migrations"], refused.json["database"]) == (
            "failed",
            "failed",
            "ok",
        )
        assert ask(server.port, "GET", "/livez").status == 200
        _eventually_says(server, "not ready: migrations")


def _eventually_says(server, text):
    deadline = time.monotonic() + 20
    while text not in server.output():
        assert time.monotonic() < deadline
        time.sleep(0.05)

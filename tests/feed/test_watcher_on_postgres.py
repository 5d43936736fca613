"""What only a server can do to the watcher's connection."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from keyturn.clock import utc_now
from keyturn.feed import publishing
from keyturn.feed.connecting import own_connection
from keyturn.feed.watcher import Watcher
from tests.feed.waiting import PATIENCE, polled, wait_for
from tests.feed.writing import publish

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def backends():
    """The watchers' connections to this test's database; other databases of the server have theirs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'keyturn-feed' AND datname = current_database()"
        )
        return [pid for (pid,) in cursor.fetchall()]


def test_a_killed_connection_is_replaced_and_nothing_is_missed(follower):
    for _ in range(3):
        wait_for(lambda: len(backends()) == 1, "the end of an earlier test's connection")
        (pid,) = backends()
        polls = follower.polls
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        sid = publish(1, at=utc_now())[0]
        wait_for(lambda sid=sid: follower.is_revoked(sid))
        wait_for(lambda polls=polls: follower.polls > polls + 1)
        assert follower.is_fresh()
        wait_for(lambda pid=pid: pid not in backends() and len(backends()) == 1)
    assert follower.failures >= 1


def test_a_server_that_is_not_there_is_no_reason_to_end(monkeypatch):
    real = own_connection

    def nowhere(alias):
        own = real(alias)
        own.settings_dict.update(HOST="127.0.0.1", PORT="1")
        return own

    monkeypatch.setattr("keyturn.feed.watcher.own_connection", nowhere)
    made: Any = Watcher(interval=0.02)
    made.start()
    wait_for(lambda: made.failures >= 3)
    assert not made.is_fresh()
    assert made.lag() == float("inf")
    made._connection.settings_dict.update(HOST=connection.settings_dict["HOST"], PORT=connection.settings_dict["PORT"])
    assert made.wait_until_fresh(PATIENCE)
    assert made.stop(PATIENCE)


def test_a_locked_table_makes_it_stale_not_wrong(follower, monkeypatch):
    monkeypatch.setattr("keyturn.feed.watcher.STALENESS_BOUND", 0.2)
    sid = uuid4()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE keyturn_revocation IN ACCESS EXCLUSIVE MODE")
        wait_for(lambda: not follower.is_fresh())
        assert not follower.clears(uuid4())
        publishing.publish(alias="default", at=utc_now(), session_ids=[sid], reason="logout")
    wait_for(follower.is_fresh)
    wait_for(lambda: follower.is_revoked(sid))


def test_nothing_of_it_stays_on_the_server_when_it_ends(follower):
    wait_for(lambda: len(backends()) == 1, "the end of an earlier test's connection")
    assert follower.stop(PATIENCE)
    wait_for(lambda: backends() == [])


def test_between_polls_it_is_idle_outside_of_any_transaction_and_has_prepared_nothing(follower):
    states = []

    def look(given):
        with given.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements")
            states.append((cursor.fetchone()[0], given.connection.info.transaction_status.name))

    follower.each_poll(look)
    polled(follower, 8)
    assert set(states) == {(0, "IDLE")}

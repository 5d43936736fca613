"""Counts by the hour: in memory first, written a few times a minute, and never lost in between."""

import os
import threading
import warnings
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.models import Sum

from keyturn.clock import aware, utc_now
from keyturn.clock import stored as in_form
from keyturn.feed.watcher import Watcher
from keyturn.trail import tally
from keyturn.trail.events import Event
from keyturn.trail.models import Tally
from keyturn.trail.reading import series
from keyturn.trail.recording import record
from keyturn.trail.tally import Tallied, count, flush, flush_if_due
from tests.contract.caller import turn_back
from tests.feed.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def counts(monkeypatch):
    """A process that has counted nothing yet."""
    fresh = tally._Counts()
    fresh._ends_in_order = True
    monkeypatch.setattr(tally, "_counts", fresh)
    return fresh


def stored():
    """All hours together: the clock may strike during a test."""
    return dict(Tally.objects.values_list("name").annotate(Sum("count")).order_by())


def test_counting_asks_nothing_of_the_database(count_statements):
    with count_statements(exactly=0):
        count(Tallied.REFRESH)
        count(Tallied.LOGIN, times=3)
    assert stored() == {}


def test_writing_adds_to_what_other_processes_wrote_by_one_statement(count_statements):
    for _ in range(2):
        count(Tallied.REFRESH, times=5)
        count(Tallied.LOGIN)
        with count_statements(exactly=1) as seen:
            assert flush(alias="default") == 2
        assert seen.transaction_commands == []

    assert stored() == {"refresh": 10, "login": 2}
    assert flush(alias="default") == 0


def test_each_hour_has_a_row_of_its_own(monkeypatch):
    for moment in ("2026-05-17T10:00:00", "2026-05-17T10:59:59", "2026-05-17T11:00:00"):
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
        monkeypatch.setattr("keyturn.trail.tally.time.time", lambda at=at: at)
        count(Tallied.LOGIN)
    flush(alias="default")

    rows = [(aware(hour), number) for hour, number in Tally.objects.order_by("hour").values_list("hour", "count")]
    assert rows == [(datetime(2026, 5, 17, 10, tzinfo=UTC), 2), (datetime(2026, 5, 17, 11, tzinfo=UTC), 1)]


def test_what_could_not_be_written_is_kept(monkeypatch):
    count(Tallied.LOGIN)
    with monkeypatch.context() as broken:
        broken.setattr(tally, "_upsert_sql", lambda _rows: "INSERT INTO nothing_of_that_name VALUES (%s, %s, %s)")
        with pytest.raises(DatabaseError):
            flush(alias="default")
    count(Tallied.LOGIN)
    flush(alias="default")

    assert stored() == {"login": 2}


def test_no_count_is_lost_among_threads(counts):
    begin = threading.Barrier(4)

    def work():
        begin.wait()
        for _ in range(200):
            count(Tallied.REFRESH)
            count(Tallied.LOGIN)
        flush(alias="default")
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    flush(alias="default")

    assert stored() == {"login": 800, "refresh": 800}


def test_processes_write_the_same_rows_at_once_and_each_counts(counts):
    begin = threading.Barrier(4)

    def process():
        own = tally._Counts()
        begin.wait()
        for _ in range(20):
            for name in Tallied:
                own.add(name.value, 1)
            own.write("default")
        connections.close_all()

    threads = [threading.Thread(target=process) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert stored() == {name.value: 80 for name in Tallied}


def test_the_follower_of_the_feed_writes_them():
    count(Tallied.REFRESH_REUSED)
    watcher = Watcher(interval=0.02)
    watcher.each_poll(flush_if_due)
    watcher.start()
    try:
        wait_for(lambda: stored() == {"refresh_reused": 1})
    finally:
        assert watcher.stop(PATIENCE)


def test_between_two_writings_some_time_passes(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("keyturn.trail.tally.time.monotonic", lambda: now[0])
    for moment in (100.0, 101.0, 114.9, 115.0):
        now[0] = moment
        count(Tallied.LOGIN)
        flush_if_due(connection)
        if moment < 115.0:
            assert stored() == {"login": 1}
    assert stored() == {"login": 4}


@pytest.fixture
def rollback_journal(tmp_path):
    """Connections to a file of SQLite's as a project has it that says nothing: a rollback journal, deferred."""
    path = tmp_path / "stock.sqlite3"
    settings = {**connection.settings_dict, "NAME": str(path), "OPTIONS": {"timeout": 5}}
    opened = []

    def connect():
        opened.append(DatabaseWrapper(settings, alias="default"))
        return opened[-1]

    first = connect()
    with first.schema_editor() as editor:
        editor.create_model(Tally)
    yield connect
    for each in opened:
        each.close()


@pytest.mark.sqlite
def test_a_transaction_of_the_project_that_has_read_can_write_while_counts_are_due(
    rollback_journal, counts, monkeypatch
):
    request, follower = rollback_journal(), rollback_journal()
    monkeypatch.setattr(tally, "connections", {"default": follower})
    now = [100.0]
    monkeypatch.setattr("keyturn.trail.tally.time.monotonic", lambda: now[0])
    count(Tallied.LOGIN)
    with request.cursor() as cursor:
        cursor.execute("BEGIN")
        assert cursor.execute("SELECT COUNT(*) FROM keyturn_tally").fetchone() == (0,)
        flush_if_due(follower)
        cursor.execute("INSERT INTO keyturn_tally (hour, name, count) VALUES ('2026-01-01', 'other', 1)")
        now[0] += 1
        flush_if_due(follower)
        cursor.execute("COMMIT")
        now[0] += 1
        flush_if_due(follower)

        assert dict(cursor.execute("SELECT name, count FROM keyturn_tally")) == {"other": 1, "login": 1}
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (5_000,)


@pytest.mark.sqlite
def test_counts_give_way_to_transactions_for_some_seconds_only(rollback_journal, counts, monkeypatch):
    report, follower = rollback_journal(), rollback_journal()
    monkeypatch.setattr(tally, "connections", {"default": follower})
    now = [100.0]
    monkeypatch.setattr("keyturn.trail.tally.time.monotonic", lambda: now[0])
    monkeypatch.setattr(tally, "while_nobody_reads", lambda work, **_: False)
    count(Tallied.LOGIN)
    for _ in range(5):
        flush_if_due(follower)
        assert dict(report.cursor().execute("SELECT name, count FROM keyturn_tally")) == {}
        now[0] += 1
    flush_if_due(follower)

    assert dict(report.cursor().execute("SELECT name, count FROM keyturn_tally")) == {"login": 1}


@pytest.mark.needs("fork")
def test_a_child_process_does_not_write_what_its_parent_counted(monkeypatch):
    monkeypatch.undo()
    counts = tally._counts
    before = sum(counts._held.values())
    count(Tallied.LOGIN, times=7)
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:  # the child: say what it holds, and end without anything of pytest's
        os.write(write, str(sum(tally._counts._held.values())).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 10) == b"0"
    os.close(read)
    os.close(write)
    assert sum(counts._held.values()) == before + 7


def test_logins_failures_refreshes_and_reuse_are_counted(ada, caller):
    caller.try_log_in(password="wrong")
    first = caller.log_in().refresh
    caller.refresh(caller.refresh(caller.refresh(first).refresh).refresh)
    turn_back(first, minutes=5)
    assert caller.try_refresh(first).status_code == 401
    flush(alias="default")

    assert stored() == {"login": 1, "login_failed": 1, "refresh": 3, "refresh_reused": 1}


def test_a_login_that_is_rolled_back_is_not_counted():
    with transaction.atomic():
        record(Event.LOGIN, user_id=1)
        transaction.set_rollback(True)
    flush(alias="default")

    assert stored() == {}


# Reading


def put(at, name, number):
    Tally.objects.create(hour=in_form(at.replace(minute=0, second=0, microsecond=0)), name=name.value, count=number)


NOW = datetime(2026, 5, 17, 10, 25, tzinfo=UTC)


def test_a_day_by_hours_ends_with_the_hour_under_way(count_statements):
    put(NOW, Tallied.LOGIN, 3)
    put(NOW - 23 * HOUR, Tallied.LOGIN, 2)
    put(NOW - 24 * HOUR, Tallied.LOGIN, 100)
    put(NOW, Tallied.REFRESH, 9)
    with count_statements(exactly=1):
        found = series(now=NOW, span=DAY, step=HOUR)

    assert (len(found.starts), found.starts[-1]) == (24, NOW.replace(minute=0))
    assert found.counts[Tallied.LOGIN] == (2, *(0,) * 22, 3)
    assert (found.total(Tallied.LOGIN), found.total(Tallied.REFRESH), found.total(Tallied.LOGIN_BLOCKED)) == (5, 9, 0)


def test_a_month_by_days_begins_at_midnight():
    put(NOW, Tallied.LOGIN, 1)
    put(NOW - 10 * HOUR, Tallied.LOGIN, 2)
    put(NOW - 11 * HOUR, Tallied.LOGIN, 4)
    put(NOW - 29 * DAY, Tallied.LOGIN, 8)
    put(NOW - 30 * DAY, Tallied.LOGIN, 16)

    found = series(now=NOW, span=30 * DAY, step=DAY, names=[Tallied.LOGIN])

    assert len(found.starts) == 30
    assert found.starts[-1] == datetime(2026, 5, 17, tzinfo=UTC)
    assert found.counts == {Tallied.LOGIN: (8, *(0,) * 27, 4, 3)}


def test_nothing_counted_is_a_row_of_zeros():
    found = series(now=utc_now(), span=7 * DAY, step=6 * HOUR)

    assert {len(numbers) for numbers in found.counts.values()} == {28}
    assert not any(map(sum, found.counts.values()))

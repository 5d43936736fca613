"""Positions, pages, and databases that are no longer the one a position belongs to."""

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection

from keyturn.feed import publishing
from keyturn.feed.cursor import SQLITE, Cursor, CursorTooOldError, Snapshot
from keyturn.feed.pruning import prune, prune_batch
from keyturn.feed.reading import read
from tests.feed.writing import KEEP, NOW, Reader, later, publish

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_reading_begins_with_what_is_younger_than_the_time_to_keep():
    publish(2, at=NOW - KEEP - timedelta(milliseconds=1))
    young = publish(3, at=NOW - KEEP + timedelta(milliseconds=1))
    reader = Reader()
    assert sorted(reader.poll()) == sorted(young)
    assert reader.poll() == []


def test_nothing_at_all_is_a_position_too():
    reader = Reader()
    assert reader.poll() == []
    assert reader.poll() == []
    new = publish(1)
    assert reader.poll() == new


def test_an_entry_tells_what_when_and_why():
    sid = uuid4()
    at = NOW + timedelta(microseconds=123_456)
    publishing.publish(alias="default", at=at, session_ids=[sid], kids=["key-1"], reason="leaked")
    session, key = sorted(read(None, alias="default", now=NOW, keep=KEEP).entries, key=lambda entry: entry.kid)
    assert (session.session_id, session.kid, session.reason, session.at) == (sid, "", "leaked", at)
    assert (key.session_id, key.kid, key.reason, key.at) == (None, "key-1", "leaked", at)
    assert session.at.tzinfo is not None


def test_publishing_nothing_writes_nothing(count_statements):
    with count_statements(exactly=0):
        publishing.publish(alias="default", at=NOW, reason="logout")


@pytest.mark.parametrize("cursor", ["none", "some"])
def test_a_poll_is_one_statement_and_no_transaction(count_statements, cursor):
    reader = Reader()
    publish(3)
    if cursor == "some":
        reader.poll()
    with count_statements(exactly=1) as seen:
        reader.poll()
    assert seen.transaction_commands == []


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6, 7, 100])
def test_pages_are_everything_once_whatever_their_size(limit):
    reader = Reader(limit=limit)
    publish(2, at=later(hours=-1))
    first = publish(6)
    assert sorted(reader.poll()) == sorted(first)
    second = publish(7)
    assert sorted(reader.poll()) == sorted(second)
    assert reader.poll() == []


def test_more_is_said_only_when_there_is_more():
    publish(4)
    assert not Reader(limit=4).page().more
    assert Reader(limit=3).page().more


def test_many_at_once_are_written_in_few_statements(count_statements):
    with count_statements(exactly=3):
        many = publish(2_500)
    assert sorted(Reader().poll()) == sorted(many)


def test_a_position_is_good_for_a_day():
    reader = Reader()
    reader.poll()
    new = publish(1)
    cursor = reader.cursor
    assert reader.poll(later(hours=23, minutes=59)) == new
    reader.cursor = cursor
    with pytest.raises(CursorTooOldError):
        reader.poll(later(hours=24, seconds=1))


def test_a_position_that_is_used_does_not_grow_old():
    reader = Reader()
    for hour in range(0, 100, 20):
        assert reader.poll(later(hours=hour)) == []


def test_where_tokens_live_for_weeks_so_do_positions():
    weeks = timedelta(weeks=3)
    page = read(None, alias="default", now=NOW, keep=weeks)
    assert read(page.cursor, alias="default", now=later(weeks=2), keep=weeks).entries == ()


def test_pruning_removes_the_old_and_keeps_the_newest(db):
    publish(5, at=later(hours=-26))
    publish(2, at=later(hours=-24))
    reader = Reader()
    reader.poll()
    assert prune_batch(now=NOW, retention=timedelta(hours=25), batch_size=3) == 3
    assert prune(now=NOW, retention=timedelta(hours=25), batch_size=1) == 2
    assert prune(now=NOW, retention=timedelta(0)) == 1
    assert prune(now=NOW, retention=timedelta(0)) == 0
    new = publish(1)
    assert reader.poll() == new


def test_the_daily_command_prunes_revocations_too():
    import io

    from django.core.management import call_command

    publish(3, at=later(days=-9_000))
    said = io.StringIO()
    call_command("prune_sessions", stdout=said)
    assert "Removed 2 revocations" in said.getvalue()


@pytest.mark.postgres
def test_a_position_of_another_database_is_too_old():
    reader = Reader()
    reader.poll()
    position = reader.position()
    system, timeline, database, since = position.identity.split("-")
    assert (len(timeline), timeline) == (8, "00000001")
    for other in (
        (f"{int(system, 16) + 1:x}", timeline, database, since),
        (system, "00000002", database, since),
        (system, timeline, f"{int(database, 16) + 1:x}", since),
        (system, timeline, database, f"{int(since, 16) + 1:x}"),
    ):
        reader.cursor = Cursor("-".join(other), position.at, base=position.base)
        with pytest.raises(CursorTooOldError):
            reader.poll()
    reader.cursor = Cursor(SQLITE, position.at)
    with pytest.raises(CursorTooOldError):
        reader.poll()


@pytest.mark.postgres
@pytest.mark.parametrize("horizon", [0, 1, 200_000_000_000])
def test_a_first_reading_may_reach_back_to_any_time(horizon):
    reader = Reader()
    new = publish(1)
    reader.poll()
    here = reader.position()
    reader.seen = []
    reader.cursor = Cursor(here.identity, here.at, upcoming=here.base, horizon=float(horizon))
    assert reader.poll() == (new if horizon < NOW.timestamp() else [])


@pytest.mark.postgres
def test_the_text_of_a_position_is_short_while_transactions_are_few():
    reader = Reader()
    reader.poll()
    assert len(reader.position().encode()) < 200


@pytest.mark.postgres
def test_postgresql_reads_every_snapshot_that_a_position_may_hold():
    reader = Reader()
    reader.poll()
    here = reader.position()
    for snapshot in (Snapshot(1, 1), Snapshot(1, 2**63 - 1), Snapshot(7, 12, (7, 9, 11)), Snapshot(7, 12, (8,))):
        reader.cursor = Cursor(here.identity, here.at, base=Snapshot(1, 1), upcoming=snapshot)
        reader.poll()
        reader.cursor = Cursor(here.identity, here.at, base=snapshot)
        reader.poll()


@pytest.mark.sqlite
class TestARestoredFile:
    """A SQLite file is put back from a copy: the ids after the copy's last one are given out a second time."""

    @pytest.fixture
    def restore(self, tmp_path):
        """Copy the file now; call the result to put the copy back."""
        publish(3)
        copy = tmp_path / "copy.sqlite3"
        target = Path(connection.settings_dict["NAME"])
        # sqlite3's own copy, which minds the write-ahead log.
        source, backup = sqlite3.connect(target), sqlite3.connect(copy)
        source.backup(backup)
        source.close()
        backup.close()

        def put_back():
            connection.close()
            source, target_db = sqlite3.connect(copy), sqlite3.connect(target)
            source.backup(target_db)
            source.close()
            target_db.close()

        yield put_back
        connection.close()
        shutil.rmtree(tmp_path, ignore_errors=True)

    @pytest.mark.parametrize("lost", [1, 5])
    @pytest.mark.parametrize("written_since", [0, 1, 4, 5, 6, 50])
    def test_nothing_is_missed_however_much_was_written_since(self, restore, lost, written_since):
        reader = Reader()
        publish(lost)
        reader.poll()
        restore()
        since = [publish(1)[0] for _ in range(written_since)]
        with pytest.raises(CursorTooOldError):
            reader.poll()
        beginner = Reader()
        beginner.poll()
        assert set(since) <= set(beginner.seen)
        assert len(beginner.seen) == 3 + written_since

    def test_a_position_from_before_the_copy_stands(self, restore):
        reader = Reader()
        reader.poll()
        publish(2)
        restore()
        new = publish(2)
        assert reader.poll() == new

    def test_in_the_middle_of_pages_too(self, restore):
        reader = Reader(limit=4)
        publish(5)
        assert reader.page().more
        restore()
        publish(9)
        with pytest.raises(CursorTooOldError):
            reader.page()


@pytest.mark.sqlite
def test_a_position_whose_row_was_removed_by_hand_begins_anew_and_does_so_once():
    publish(2)
    reader = Reader()
    reader.poll()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM keyturn_revocation")
    with pytest.raises(CursorTooOldError):
        reader.poll()
    reader.cursor = None
    reader.poll()
    new = publish(1)
    assert reader.poll() == new


@pytest.mark.sqlite
def test_a_position_of_postgresql_is_too_old():
    with pytest.raises(CursorTooOldError):
        read(Cursor("1-1-1-1", NOW.timestamp(), base=Snapshot(1, 1)), alias="default", now=NOW, keep=KEEP)

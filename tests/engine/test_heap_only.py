"""No refresh changes an indexed column: PostgreSQL updates in place, and neither table nor index grows with use."""

import time
from typing import NamedTuple

import pytest
from django.db import connection

from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Converged, Forgiven, Rotated
from tests.engine.acting import later, opened, present

CHANGED_BY_A_REFRESH = {"generation", "rotated_at", "idle_expires_at", "forgiven", "ip", "user_agent"}


class Updates(NamedTuple):
    """What PostgreSQL has counted of the table of sessions."""

    all: int
    heap_only: int
    for_want_of_room: int
    inserted: int
    deleted: int

    def __sub__(self, earlier):
        return Updates(*(after - before for after, before in zip(self, earlier, strict=True)))


def ask(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()


def updates():
    ask("SELECT pg_stat_force_next_flush()")
    return Updates(
        *ask(
            "SELECT n_tup_upd, n_tup_hot_upd, n_tup_newpage_upd, n_tup_ins, n_tup_del FROM pg_stat_user_tables"
            " WHERE relname = 'keyturn_session'"
        )
    )


def assert_heap_only(refresh):
    """Assert that ``refresh`` never touches an index for its columns, and that its pages have room for all it does.

    A transaction open anywhere in the cluster, another test's for one, keeps dead versions in the pages while it lasts,
    and then a row must move. So room is asked for in the best of several rounds.
    """
    moved: list[int] = []
    while len(moved) < 10 and 0 not in moved:
        time.sleep(0.5 if moved else 0)
        made = refresh()
        assert made.heap_only + made.for_want_of_room == made.all
        moved.append(made.for_want_of_room)
    assert 0 in moved


@pytest.mark.django_db
def test_no_index_covers_a_column_that_a_refresh_changes():
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, Session._meta.db_table)
    indexed = {column for one in constraints.values() if one["index"] or one["unique"] for column in one["columns"]}
    assert "user_id" in indexed
    assert not indexed & CHANGED_BY_A_REFRESH


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_hundred_refreshes_of_several_sessions_are_heap_only_updates(user):
    def refresh_often():
        sessions = [opened(user) for _ in range(6)]
        indexes = ask("SELECT pg_indexes_size('keyturn_session')")
        before = updates()
        forgiven = 0
        for number in range(34):
            for session in sessions:
                assert isinstance(present(session, number, now=later(60 * number)), Rotated)
                assert isinstance(present(session, number, now=later(60 * number + 1)), Converged)
                if number % 6 == 5:
                    assert isinstance(present(session, number, now=later(60 * number + 30)), Forgiven)
                    forgiven += 1
        made = updates() - before
        assert made.all == 34 * 6 + forgiven
        assert (made.inserted, made.deleted) == (0, 0)
        assert made.heap_only < made.all or ask("SELECT pg_indexes_size('keyturn_session')") == indexes
        return made

    assert_heap_only(refresh_often)


@pytest.mark.postgres
@pytest.mark.django_db
def test_pages_keep_room_for_the_next_version_of_a_row():
    (options,) = ask("SELECT reloptions FROM pg_class WHERE relname = 'keyturn_session'")
    assert options == ["fillfactor=80"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_full_table_refreshes_in_place_as_well(user):
    """Every page as full as inserting leaves it, and every session refreshed three times."""

    def refresh_all():
        sessions = [opened(user) for _ in range(120)]
        before = updates()
        for number in range(3):
            for session in sessions:
                assert isinstance(present(session, number, now=later(60 * number)), Rotated)
        made = updates() - before
        assert made.all == 360
        return made

    assert_heap_only(refresh_all)

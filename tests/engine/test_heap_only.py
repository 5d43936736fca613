"""No refresh changes an indexed column: PostgreSQL updates in place, and neither table nor index grows with use."""

import pytest
from django.db import connection

from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Converged, Forgiven, Rotated
from tests.engine.acting import later, opened, present

CHANGED_BY_A_REFRESH = {"generation", "rotated_at", "idle_expires_at", "forgiven", "ip", "user_agent"}

# A snapshot that something else of the database holds at the moment can keep an old version in a page for a while.
MOSTLY = 0.95


def ask(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()


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
    sessions = [opened(user) for _ in range(6)]
    # What the table looks like after a while of ordinary use.
    statistics = (
        "SELECT n_tup_upd, n_tup_hot_upd, n_tup_ins, n_tup_del FROM pg_stat_user_tables"
        " WHERE relname = 'keyturn_session'"
    )
    flush = "SELECT pg_stat_force_next_flush()"
    indexes = "SELECT pg_indexes_size('keyturn_session')"
    ask(flush)
    before, size = ask(statistics), ask(indexes)
    forgiven = 0
    for number in range(34):
        for session in sessions:
            assert isinstance(present(session, number, now=later(60 * number)), Rotated)
            assert isinstance(present(session, number, now=later(60 * number + 1)), Converged)
            if number % 6 == 5:
                assert isinstance(present(session, number, now=later(60 * number + 30)), Forgiven)
                forgiven += 1
    ask(flush)
    updated, heap_only, inserted, deleted = (
        after - earlier for after, earlier in zip(ask(statistics), before, strict=True)
    )
    assert updated == 34 * 6 + forgiven
    assert heap_only >= MOSTLY * updated
    assert (inserted, deleted) == (0, 0)
    assert Session.objects.count() == 6
    assert ask(indexes) == size


@pytest.mark.postgres
@pytest.mark.django_db
def test_pages_keep_room_for_the_next_version_of_a_row():
    (options,) = ask("SELECT reloptions FROM pg_class WHERE relname = 'keyturn_session'")
    assert options == ["fillfactor=80"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_full_table_refreshes_in_place_as_well(user, django_user_model):
    """Every page as full as inserting leaves it, and every session refreshed three times."""
    sessions = [opened(user) for _ in range(120)]
    statistics = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'keyturn_session'"
    ask("SELECT pg_stat_force_next_flush()")
    before = ask(statistics)
    for number in range(3):
        for session in sessions:
            assert isinstance(present(session, number, now=later(60 * number)), Rotated)
    ask("SELECT pg_stat_force_next_flush()")
    updated, heap_only = (after - earlier for after, earlier in zip(ask(statistics), before, strict=True))
    assert updated == 360
    assert heap_only >= MOSTLY * updated

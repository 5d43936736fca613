"""No refresh changes an indexed column: PostgreSQL updates in place, and neither table nor index grows with use."""

from typing import NamedTuple

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Converged, Forgiven, Rotated
from tests.engine.acting import later, opened, present
from tests.services.own_cluster import own_cluster

CHANGED_BY_A_REFRESH = {"generation", "rotated_at", "idle_expires_at", "forgiven", "ip", "user_agent"}


class Updates(NamedTuple):
    """What PostgreSQL has counted of the table of sessions."""

    all: int
    heap_only: int
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
            "SELECT n_tup_upd, n_tup_hot_upd, n_tup_ins, n_tup_del FROM pg_stat_user_tables"
            " WHERE relname = 'keyturn_session'"
        )
    )


@pytest.fixture
def cluster(django_db_blocker):
    """A PostgreSQL that nobody else uses, migrated."""
    with own_cluster(django_db_blocker) as own:
        yield own


@pytest.fixture
def user(cluster):
    return get_user_model().objects.create_user("ada")


@pytest.mark.django_db
def test_no_index_covers_a_column_that_a_refresh_changes():
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, Session._meta.db_table)
    indexed = {column for one in constraints.values() if one["index"] or one["unique"] for column in one["columns"]}
    assert "user_id" in indexed
    assert not indexed & CHANGED_BY_A_REFRESH


@pytest.mark.postgres
def test_two_hundred_refreshes_of_several_sessions_are_heap_only_updates(user):
    sessions = [opened(user) for _ in range(6)]
    indexes = "SELECT pg_indexes_size('keyturn_session')"
    before, size = updates(), ask(indexes)
    forgiven = 0
    for number in range(34):
        for session in sessions:
            assert isinstance(present(session, number, now=later(60 * number)), Rotated)
            assert isinstance(present(session, number, now=later(60 * number + 1)), Converged)
            if number % 6 == 5:
                assert isinstance(present(session, number, now=later(60 * number + 30)), Forgiven)
                forgiven += 1
    assert updates() - before == Updates(34 * 6 + forgiven, 34 * 6 + forgiven, 0, 0)
    assert ask(indexes) == size


@pytest.mark.postgres
@pytest.mark.django_db
def test_pages_keep_room_for_the_next_version_of_a_row():
    # The table, or its partitions.
    table = "'keyturn_session'::regclass"
    (options,) = ask(
        f"SELECT array_agg(DISTINCT reloptions::text) FROM pg_class WHERE relkind = 'r'"
        f" AND (oid = {table} OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = {table}))"
    )
    assert options == ["{fillfactor=80}"]


@pytest.mark.postgres
def test_a_full_table_refreshes_in_place_as_well(user):
    """Every page as full as inserting leaves it, and every session refreshed three times."""
    sessions = [opened(user) for _ in range(120)]
    before = updates()
    for number in range(3):
        for session in sessions:
            assert isinstance(present(session, number, now=later(60 * number)), Rotated)
    assert updates() - before == Updates(360, 360, 0, 0)

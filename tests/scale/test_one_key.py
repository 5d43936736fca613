"""Each statement of the hot path touches one partition: the one of its session's key."""

import re
from contextlib import contextmanager
from datetime import timedelta

import pytest

from keyturn.sessions.outcome import Converged, Forgiven, Rotated
from keyturn.sessions.revocation import revoke_sessions, revoke_user_sessions
from tests.engine.acting import NOW, examined, later, opened, placed, present
from tests.scale.partitioning import partition

pytestmark = pytest.mark.postgres

ROWS = 2_000


@pytest.fixture
def table(database, ada):
    """A partitioned table with enough rows that no plan reads all of them for want of others."""
    partition(database)
    for _ in range(ROWS // 100):
        opened(ada)
    with database.cursor() as cursor:
        columns = [str(field.column) for field in _model()._meta.concrete_fields]
        copied = ", ".join("gen_random_uuid()" if name == "id" else name for name in columns)
        cursor.execute(
            f"INSERT INTO keyturn_session ({', '.join(columns)}) SELECT {copied} FROM keyturn_session,"
            " generate_series(1, 99)"
        )
        cursor.execute("ANALYZE keyturn_session")
    return database


def _model():
    from keyturn.sessions.models import Session

    return Session


@contextmanager
def plans_of(database):
    """The plan of each statement that is run meanwhile and is about sessions."""
    found: list[str] = []

    def explain(execute, sql, parameters, many, context):
        if "keyturn_session" in sql and not many:
            # The statement's own cursor, before it is needed.
            execute(f"EXPLAIN (COSTS OFF) {sql}", parameters, many, context)
            found.append("\n".join(line for (line,) in context["cursor"].fetchall()))
        return execute(sql, parameters, many, context)

    with database.execute_wrapper(explain):
        yield found


def touched(plan):
    """The partitions that a plan reads or writes."""
    return set(re.findall(r"keyturn_session_p\d+(?!\w)", plan))


def each_by_its_key(plans):
    assert plans
    for plan in plans:
        assert len(touched(plan)) == 1, plan
        # By the primary key, not by looking at all rows of the partition.
        assert re.search(r"Index Scan using keyturn_session_p\d+_pkey", plan), plan


def test_a_refresh(table, ada):
    session = opened(ada)
    with plans_of(table) as plans:
        assert isinstance(present(session, 0), Rotated)
    each_by_its_key(plans)
    assert len(plans) == 1


@pytest.mark.parametrize("plan", ["force_generic_plan", "force_custom_plan"])
def test_a_refresh_as_it_is_prepared(table, ada, plan):
    session = opened(ada)
    for generation in range(3):
        assert isinstance(present(session, generation), Rotated)
    with table.cursor() as cursor:
        cursor.execute("SELECT name, parameter_types::text[] FROM pg_prepared_statements WHERE name LIKE 'keyturn%'")
        ((name, types),) = cursor.fetchall()
        # Whatever the values, but for the key.
        values = {"uuid": session.pk, "inet": "192.0.2.7", "timestamp with time zone": NOW}
        cursor.execute(f"SET plan_cache_mode = {plan}")
        cursor.execute(
            f"EXPLAIN (COSTS OFF) EXECUTE {name} ({', '.join(['%s'] * len(types))})",
            [values.get(each, "1") for each in types],
        )
        shown = "\n".join(line for (line,) in cursor.fetchall())
    assert ("Subplans Removed: 3" in shown) == (plan == "force_generic_plan"), shown
    assert len(set(re.findall(r"Index Scan using keyturn_session_p\d+_pkey", shown))) == 1, shown


def test_a_refresh_that_converges_and_one_that_is_forgiven(table, ada):
    session = placed(opened(ada), generation=9)
    with plans_of(table) as plans:
        assert isinstance(present(session, 8), Converged)
        assert isinstance(present(session, 8, now=later(60)), Forgiven)
    each_by_its_key(plans)


def test_looking_a_session_up(table, ada):
    session = opened(ada)
    with plans_of(table) as plans:
        examined(session, 0)
    each_by_its_key(plans)


def test_ending_one_session(table, ada):
    session = opened(ada)
    with plans_of(table) as plans:
        assert revoke_sessions((session.pk,), reason="logout", now=NOW)
    each_by_its_key(plans)


def test_a_login_reads_no_partition_and_writes_one(table, ada):
    with plans_of(table) as plans:
        session = opened(ada)
    (plan,) = plans
    assert touched(plan) == set()
    with table.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT tableoid) FROM keyturn_session WHERE id = %s", [session.pk])
        assert cursor.fetchone() == (1,)


def test_what_is_about_a_user_asks_every_partition_by_its_index(table, django_user_model):
    """Logging out everywhere and the list of devices: rare, and what partitions cost."""
    bob = django_user_model.objects.create_user("bob")
    opened(bob)
    with plans_of(table) as plans:
        revoke_user_sessions(bob.pk, reason="logout_all", now=NOW)
    (plan,) = plans
    assert len(touched(plan)) > 1
    assert "Seq Scan on keyturn_session" not in plan


def test_a_statement_prepared_once_for_all_keys_finds_its_partition_as_it_runs(table, ada):
    """A prepared statement of a generic plan leaves the others out when it is given its key."""
    session = opened(ada, now=NOW - timedelta(seconds=1))
    with table.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_generic_plan")
        cursor.execute(
            "PREPARE turn (uuid, bigint) AS UPDATE keyturn_session AS s SET generation = $2 + 1 FROM auth_user AS u"
            " WHERE s.id = $1 AND s.generation = $2 AND u.id = s.user_id"
        )
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE turn ('{session.pk}', 0)")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Subplans Removed: 3" in plan
    assert len(set(re.findall(r" on (keyturn_session_p\d+)", plan))) == 1


def test_refreshes_by_a_prepared_statement_look_into_the_partition_of_their_session_alone(table, ada):
    """What the server runs on a connection that it keeps, counted by PostgreSQL itself."""
    session = opened(ada)

    def looked_into():
        with table.cursor() as cursor:
            cursor.execute("SELECT pg_stat_force_next_flush()")
            cursor.execute(
                "SELECT relname, idx_scan, seq_scan FROM pg_stat_user_tables WHERE relname ~ 'session_p[0-9]+$'"
            )
            return {name: (by_index, by_all) for name, by_index, by_all in cursor.fetchall()}

    with table.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_generic_plan")
        cursor.execute("SELECT tableoid::regclass::text FROM keyturn_session WHERE id = %s", [session.pk])
        (own,) = cursor.fetchone()
    before = looked_into()
    for generation in range(4):
        assert isinstance(present(session, generation), Rotated)
    after = looked_into()
    with table.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'keyturn%'")
        assert cursor.fetchone() == (1,), "the refreshes were to be by a prepared statement"
    assert {name for name in after if after[name] != before[name]} == {own}
    assert after[own][1] == before[own][1], "it was looked through from end to end"

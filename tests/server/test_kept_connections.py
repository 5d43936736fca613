"""A way to PostgreSQL whose connections the process keeps: as threads of the server use it, request by request."""

import copy
import os
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection

from keyturn_server.postgresql.keeping import Standing


@pytest.fixture
def ways(db, request):
    """Makes ways to the test's database, as threads of the server have them."""
    from keyturn_server.postgresql import base

    settings = copy.deepcopy(connection.settings_dict)
    settings["OPTIONS"]["pool"] = {"max_size": 2, "timeout": 0.2}
    made = []

    def make():
        made.append(base.DatabaseWrapper(settings, alias="kept"))
        return made[-1]

    yield make
    for each in made:
        each.close()
        each.close_pool()
    for key in [key for key in base._keepers if key[0] == "kept"]:
        del base._keepers[key]


def ask(way, sql, *parameters):
    with way.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]


@contextmanager
def request_on(way):
    """What Django does around a request."""
    way.close_if_unusable_or_obsolete()
    yield
    way.close_if_unusable_or_obsolete()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestOnPostgres:
    def test_requests_of_two_threads_use_one_connection(self, ways):
        pids = []
        for way in (ways(), ways(), ways()):
            with request_on(way):
                pids.append(ask(way, "SELECT pg_backend_pid()"))
        assert len(set(pids)) == 1

    def test_a_new_thread_finds_it_as_django_leaves_it(self, ways):
        first, second = ways(), ways()
        with request_on(first):
            ask(first, "SELECT 1")
            first.errors_occurred = True
        with request_on(second):
            assert ask(second, "SHOW timezone") == "UTC"
            assert (second.errors_occurred, second.get_autocommit(), second.in_atomic_block) == (False, True, False)

    def test_one_that_the_server_has_closed_is_noticed_before_anything_is_sent(self, ways):
        way = ways()
        with request_on(way):
            pid = ask(way, "SELECT pg_backend_pid()")
        assert ask(connection, "SELECT pg_terminate_backend(%s, 5000)", pid)
        with request_on(way):
            assert ask(way, "SELECT pg_backend_pid()") != pid

    def test_one_that_breaks_in_a_request_is_not_given_to_the_next(self, ways):
        way = ways()
        with request_on(way):
            pid = ask(way, "SELECT pg_backend_pid()")
            assert ask(connection, "SELECT pg_terminate_backend(%s, 5000)", pid)
            with pytest.raises(OperationalError):
                ask(way, "SELECT 1")
        with request_on(way):
            assert ask(way, "SELECT 1") == 1

    def test_a_transaction_left_open_ends_with_the_request(self, ways):
        way, other = ways(), ways()
        with request_on(way):
            way.set_autocommit(False)
            ask(way, "SELECT 1")
        with request_on(other):
            assert other.get_autocommit()
            assert ask(other, "SELECT pg_current_xact_id_if_assigned() IS NULL")

    def test_there_are_never_more_than_the_most(self, ways):
        first, second, third = ways(), ways(), ways()
        ask(first, "SELECT 1")
        ask(second, "SELECT 1")
        with pytest.raises(OperationalError, match="no connection to the database is free"):
            ask(third, "SELECT 1")
        first.close()
        assert ask(third, "SELECT 1") == 1

    def test_where_nobody_answers_the_reason_is_told_and_nothing_is_kept(self, ways):
        way = ways()
        way.settings_dict["PORT"] = "1"
        with pytest.raises(OperationalError, match=r"refused|failed"):
            ask(way, "SELECT 1")
        with pytest.raises(OperationalError, match="no connection to the database is free"):
            ask(way, "SELECT 1")
        assert way.connection is None

    @pytest.mark.needs("fork")
    def test_a_forked_process_has_none_of_its_parents(self, ways):
        from keyturn_server.postgresql import base

        way = ways()
        with request_on(way):
            pid = ask(way, "SELECT pg_backend_pid()")
        child = os.fork()
        if not child:
            os._exit(len(base._keepers))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        with request_on(way):
            assert ask(way, "SELECT pg_backend_pid()") == pid

    def test_a_connection_that_is_closed_as_it_is_told_of_keeps_no_place(self, ways):
        from django.db.backends.signals import connection_created

        from keyturn_server.postgresql import base

        def shut(*, connection, **_):
            connection.close()

        way = ways()
        connection_created.connect(shut)
        try:
            way.ensure_connection()
        finally:
            connection_created.disconnect(shut)
        keeper = base.keeper_of(way)
        assert keeper is not None
        assert keeper.standing() == Standing(in_use=0, idle=0, waiting=0, failed=0)
        assert ask(way, "SELECT 1") == 1

    def test_another_database_of_the_same_alias_has_connections_of_its_own(self, ways):
        way = ways()
        with request_on(way):
            name = ask(way, "SELECT current_database()")
        way.settings_dict["NAME"] = "postgres"
        with request_on(way):
            assert ask(way, "SELECT current_database()") == "postgres" != name
        way.close_pool()
        way.settings_dict["NAME"] = name

    def test_without_a_pool_it_is_djangos_own(self, db):
        from keyturn_server.postgresql import base

        way = base.DatabaseWrapper(copy.deepcopy(connection.settings_dict), alias="alone")
        with request_on(way):
            ask(way, "SELECT 1")
        assert way.connection is None
        assert base.keeper_of(way) is None

    def test_whoever_watches_connections_is_told_of_each_thread_that_gets_one(self, ways):
        from django.db.backends.signals import connection_created

        told = []

        def tell(*, connection, **_):
            told.append(connection)

        connection_created.connect(tell)
        try:
            first, second = ways(), ways()
            for way in (first, second):
                with request_on(way):
                    ask(way, "SELECT 1")
        finally:
            connection_created.disconnect(tell)
        assert told == [first, second]


def test_nothing_is_told_of_connections_where_there_are_none(monkeypatch):
    from keyturn_server.observing import worker_metrics

    monkeypatch.setattr("django.db.connection", SimpleNamespace(vendor="sqlite"))
    assert worker_metrics._keeper() is None

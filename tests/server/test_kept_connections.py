"""The connections that a process of the server keeps: who gets one, who waits, and what becomes of broken ones."""

import copy
import os
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection

from keyturn_server.postgresql import keeping
from keyturn_server.postgresql.keeping import Keeper, Kept, NoneFreeError, Standing

PATIENCE = 20.0


class Library:
    """What libpq says of a connection."""

    status = 0
    transaction_status = 0
    broken = False

    def consume_input(self):
        if self.broken:
            raise OSError


class Connection:
    """A connection that can be broken, and remembers whether it was closed."""

    def __init__(self):
        self.pgconn = Library()
        self.autocommit = True
        self.is_closed = False

    def close(self):
        self.is_closed = True


@pytest.fixture
def keeper():
    return Keeper(most=2, patience=PATIENCE)


def new(keeper):
    """A connection that was opened because the keeper had none."""
    assert keeper.take() is None
    keeper.opened()
    return Kept.new(Connection())


def until(true):
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_connection_that_was_left_is_given_to_the_next(keeper):
    kept = new(keeper)
    assert keeper.standing() == Standing(in_use=1, idle=0, waiting=0, failed=0)
    keeper.park(kept)
    assert keeper.standing() == Standing(in_use=0, idle=1, waiting=0, failed=0)
    assert keeper.take() is kept


def test_the_one_that_was_used_last_is_given_first(keeper):
    first, second = new(keeper), new(keeper)
    keeper.park(first)
    keeper.park(second)
    assert keeper.take() is second


@pytest.mark.parametrize(
    "harm",
    [
        lambda kept: setattr(kept.connection.pgconn, "status", 1),
        lambda kept: setattr(kept.connection.pgconn, "transaction_status", 2),
        lambda kept: setattr(kept.connection, "autocommit", False),
        lambda kept: object.__setattr__(kept, "until", 0.0),
    ],
    ids=["lost", "in a transaction", "not in autocommit", "old"],
)
def test_a_connection_that_is_left_unfit_is_closed_and_another_may_be_opened(keeper, harm):
    kept, other = new(keeper), new(keeper)
    harm(kept)
    keeper.park(kept)
    assert kept.connection.is_closed
    assert keeper.standing() == Standing(in_use=1, idle=0, waiting=0, failed=0)
    assert keeper.take() is None
    assert not other.connection.is_closed


def test_those_that_broke_while_nobody_used_them_are_given_to_nobody(keeper):
    kept, other = new(keeper), new(keeper)
    keeper.park(kept)
    keeper.park(other)
    kept.connection.pgconn.broken = other.connection.pgconn.broken = True
    assert keeper.take() is None
    assert kept.connection.is_closed
    assert other.connection.is_closed


def test_past_the_most_a_thread_waits_until_one_is_left(keeper):
    kept, _ = new(keeper), new(keeper)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(keeper.take)
        until(lambda: keeper.standing().waiting == 1)
        keeper.park(kept)
        assert waiting.result(PATIENCE) is kept


def test_one_that_is_left_just_as_a_thread_finds_none_wakes_it():
    keeper = Keeper(most=1, patience=3 * PATIENCE)
    kept = new(keeper)
    leaving = Thread(target=keeper.park, args=(kept,))

    class Stepped(deque[Any]):
        def __bool__(self):
            if leaving.ident is not None:
                return len(self) > 0
            leaving.start()
            until(lambda: len(self) > 0)
            # It has looked who waits, or waits itself for the one who looks here.
            leaving.join(0.2)
            return False

    keeper._idle = Stepped()
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(keeper.take).result(PATIENCE) is kept
    leaving.join(PATIENCE)


def test_a_thread_that_waits_opens_one_where_a_broken_one_was_closed(keeper):
    kept, _ = new(keeper), new(keeper)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(keeper.take)
        until(lambda: keeper.standing().waiting == 1)
        keeper.discard(kept)
        assert waiting.result(PATIENCE) is None


def test_whoever_waits_in_vain_is_told_and_counted():
    keeper = Keeper(most=1, patience=0.0)
    new(keeper)
    with pytest.raises(NoneFreeError):
        keeper.take()
    assert keeper.standing() == Standing(in_use=1, idle=0, waiting=0, failed=1)


def test_one_is_opened_at_a_time_and_the_others_hear_of_it(keeper):
    """A database behind a dead network holds up one thread for the time of a connection, and not all of them."""
    assert keeper.take() is None
    with ThreadPoolExecutor(1) as threads:
        second = threads.submit(keeper.take)
        until(lambda: keeper.standing().waiting == 1)
        keeper.opened()
        assert second.result(PATIENCE) is None


def test_a_database_that_refuses_is_left_alone_for_a_moment_and_then_asked_again(keeper, monkeypatch):
    assert keeper.take() is None
    with ThreadPoolExecutor(1) as threads:
        second = threads.submit(keeper.take)
        until(lambda: keeper.standing().waiting == 1)
        keeper.refused()
        with pytest.raises(NoneFreeError):
            second.result(PATIENCE)
    with pytest.raises(NoneFreeError):
        keeper.take()
    assert keeper.standing() == Standing(in_use=0, idle=0, waiting=0, failed=2)
    until(lambda: time.monotonic() > keeper._refused_until)
    assert keeper.take() is None


def test_where_a_full_server_refuses_one_more_those_there_are_serve_everybody(keeper):
    kept = new(keeper)
    assert keeper.take() is None
    keeper.refused()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(keeper.take)
        until(lambda: keeper.standing().waiting == 1)
        keeper.park(kept)
        assert waiting.result(PATIENCE) is kept


def test_those_that_nobody_has_needed_for_long_are_closed(keeper, monkeypatch):
    busy, idle = new(keeper), new(keeper)
    keeper.park(idle)
    monkeypatch.setattr(keeping, "_LONGEST_IDLE", 0.0)
    keeper.park(busy)
    assert (idle.connection.is_closed, busy.connection.is_closed) == (True, False)


def test_at_the_end_all_are_closed(keeper):
    kept = new(keeper)
    keeper.park(kept)
    keeper.close()
    assert kept.connection.is_closed
    assert keeper.standing() == Standing(in_use=0, idle=0, waiting=0, failed=0)


def test_many_threads_share_few_connections_and_none_has_anothers():
    keeper = Keeper(most=3, patience=PATIENCE)
    in_hand: list[Kept] = []

    def work(_):
        for _ in range(200):
            kept = keeper.take()
            if kept is None:
                keeper.opened()
                kept = Kept.new(Connection())
            assert not any(each is kept for each in in_hand)
            in_hand.append(kept)
            assert len(in_hand) <= 3
            in_hand.remove(kept)
            keeper.park(kept)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    standing = keeper.standing()
    assert (standing.in_use, standing.waiting, standing.failed) == (0, 0, 0)
    assert 1 <= standing.idle <= 3


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

"""Who gets a connection that a process keeps, who waits for one, and what becomes of broken ones. No database."""

import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import Any

import pytest

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

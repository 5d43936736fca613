"""Two transactions that overlap, in an order that the test decides."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction

__all__ = ["REPEATABLE_READ", "elsewhere", "just_before", "run_async", "while_uncommitted"]

T = TypeVar("T")

REPEATABLE_READ = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ"
_PATIENCE = 20.0


def elsewhere(deed: Callable[[], T]) -> T:
    """Do something on a thread, and so on a connection, of its own."""

    def alone() -> T:
        try:
            return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(alone).result(_PATIENCE)


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that uses the database, and leave no connection of its thread behind."""

    async def tidy() -> T:
        try:
            return await work
        finally:
            await sync_to_async(connections.close_all)()

    return asyncio.run(tidy())


def while_uncommitted(
    first: Callable[[], Any], second: Callable[[], T], *, setup: str = "SELECT 1", rolls_back: bool = False
) -> T:
    """Do ``first`` in a transaction, let ``second`` run into its lock, commit ``first``; return what ``second`` did.

    PostgreSQL only. Each is on a connection of its own.

    Args:
        first: changes rows.
        second: needs one of these rows, or a lock on it.
        setup: SQL for both connections.
        rolls_back: whether ``first`` is rolled back instead.
    """
    done_but_open, may_end = Event(), Event()

    def hold() -> None:
        try:
            prepare(setup)
            with transaction.atomic():
                first()
                done_but_open.set()
                assert may_end.wait(_PATIENCE)
                transaction.set_rollback(rolls_back)
        finally:
            done_but_open.set()
            connection.close()

    def follow() -> T:
        try:
            prepare(setup)
            return second()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        holding = pool.submit(hold)
        try:
            assert done_but_open.wait(_PATIENCE)
            following = pool.submit(follow)
            _wait_until_one_waits(following)
        finally:
            may_end.set()
        holding.result(_PATIENCE)
        return following.result(_PATIENCE)


def prepare(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _wait_until_one_waits(following: "Future[Any]") -> None:
    """Return once a backend of this database waits for another one's lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + _PATIENCE
    with connection.cursor() as cursor:
        while True:
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
            assert not following.done(), f"it did not wait: {following.exception() or following.result()!r}"
            assert time.monotonic() < deadline, "nobody waits for a lock"
            time.sleep(0.01)


@contextmanager
def just_before(fragment: str, *deeds: Callable[[], Any]) -> Iterator[list[str]]:
    """Do something just before a statement of this connection that contains a text: a deed a statement, in order.

    Yields:
        The statements before which something was done.
    """
    outstanding = list(deeds)
    met: list[str] = []
    busy = False

    def interpose(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal busy
        if fragment in sql and outstanding and not busy:
            busy = True
            try:
                outstanding.pop(0)()
            finally:
                busy = False
            met.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(interpose):
        yield met
    assert not outstanding, f"{len(outstanding)} deeds were never due: nothing contained {fragment!r}"

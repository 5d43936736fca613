"""Count what happens too often for a row each: in memory first, into the database a few times a minute.

A refresh must cost one statement, so nothing is written when it is counted. What a process has counted when it is
killed is lost, a quarter of a minute at most; a process that ends in order writes it down.
"""

import atexit
import os
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from threading import Lock
from typing import Any, Final

from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from keyturn.clock import stored
from keyturn.locking import while_nobody_reads
from keyturn.trail.models import Tally

__all__ = ["Tallied", "count", "count_once_committed", "flush", "flush_if_due", "total"]

_EVERY: Final = 15.0
"""Seconds between two writings of one process."""
_GIVING_WAY: Final = 5.0
"""Seconds for which a writing that is due gives way to others' transactions, where writing would break them."""
_HOUR: Final = 3_600


class Tallied(StrEnum):
    """What is counted by the hour. The words stand in the database."""

    LOGIN = "login"
    LOGIN_FAILED = "login_failed"
    LOGIN_BLOCKED = "login_blocked"
    REFRESH = "refresh"
    REFRESH_REUSED = "refresh_reused"


class _Counts:
    """What this process has counted and not yet written."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        self._lock = Lock()
        self._held: Counter[tuple[int, str]] = Counter()
        self._totals: Counter[str] = Counter()
        self._next = float("-inf")
        self._due_since: float | None = None
        self._ends_in_order = False

    def add(self, name: str, times: int) -> None:
        key = (int(time.time()) // _HOUR, name)
        with self._lock:
            self._held[key] += times
            self._totals[name] += times

    def total(self, name: str) -> int:
        return self._totals[name]

    def write(self, alias: str) -> int:
        with self._lock:
            held, self._held = self._held, Counter()
        if not held:
            return 0
        connection = connections[alias]
        parameters: list[Any] = []
        # In one order everywhere: two processes that write the same rows must not wait for each other.
        for (hour, name), times in sorted(held.items()):
            moment = stored(datetime.fromtimestamp(hour * _HOUR, tz=UTC))
            parameters += (_for_column("hour", moment, connection), name, times)
        try:
            with connection.cursor() as cursor:
                cursor.execute(_upsert_sql(len(held)), parameters)
        except BaseException:
            with self._lock:
                self._held.update(held)
            raise
        return len(held)

    def write_if_due(self, connection: BaseDatabaseWrapper) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        if not self._ends_in_order:
            self._ends_in_order = True
            atexit.register(_flush_at_exit, os.getpid())
        due_since, self._due_since = self._due_since or now, None
        self._next = now + _EVERY
        with self._lock:
            is_empty = not self._held
        if is_empty or while_nobody_reads(lambda: self.write(connection.alias), connection=connection):
            return
        if now - due_since < _GIVING_WAY:
            self._due_since, self._next = due_since, now
        else:
            self.write(connection.alias)


_counts: Final = _Counts()
os.register_at_fork(after_in_child=_counts.begin_anew)


def count(name: Tallied, *, times: int = 1) -> None:
    """Count something that has happened just now. No I/O; any thread may call it."""
    _counts.add(name.value, times)


def total(name: Tallied) -> int:
    """How often this process has counted something since it began, written down or not."""
    return _counts.total(name.value)


def count_once_committed(name: Tallied, *, alias: str) -> None:
    """Count something that has happened if the transaction under way commits."""
    transaction.on_commit(lambda: count(name), using=alias, robust=True)


def flush(*, alias: str) -> int:
    """Add what this process has counted to the rows of its hours, by one statement.

    Args:
        alias: the database; where writing fails, the counts are kept for the next time.

    Returns:
        How many rows were made or changed.
    """
    return _counts.write(alias)


def flush_if_due(connection: BaseDatabaseWrapper) -> None:
    """What the follower of the feed calls after each poll, with its own connection."""
    if connection.alias == _database():
        _counts.write_if_due(connection)


def _flush_at_exit(pid: int) -> None:
    if pid != os.getpid():
        return
    with suppress(Exception):
        flush(alias=_database())


def _database() -> str:
    return router.db_for_write(Tally)


def _for_column(name: str, value: Any, connection: BaseDatabaseWrapper) -> Any:
    field: Any = Tally._meta.get_field(name)
    return field.get_db_prep_value(value, connection)


@lru_cache(maxsize=16)
def _upsert_sql(rows: int) -> str:
    """Parameters: hour, name, count of each row in turn. PostgreSQL and SQLite know the same words for it."""
    table = f'"{Tally._meta.db_table}"'
    values = ", ".join(["(%s, %s, %s)"] * rows)
    return (
        f'INSERT INTO {table} ("hour", "name", "count") VALUES {values}'  # noqa: S608 - the model's name
        f' ON CONFLICT ("hour", "name") DO UPDATE SET "count" = {table}."count" + EXCLUDED."count"'
    )

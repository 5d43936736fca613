"""Wait for others where there is no row to wait at: for a name's holder, for whoever still sees the past or reads."""

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["hold", "until_past_is_gone", "while_nobody_reads"]

_PATIENCE: Final = 5.0
"""Seconds. A statement of ours takes milliseconds; a report or a dump that sees the past for hours opens no session."""
_PAUSE: Final = 0.005


def hold(kind: str, name: str, *, alias: str) -> None:
    """Wait for everybody who holds this name, then hold it until the transaction ends.

    On PostgreSQL, by an advisory lock of the transaction. SQLite has one writer at a time, so that a transaction that
    begins by writing holds everything; there, and outside of a transaction, nothing is done.

    Args:
        kind: what is named, so that two kinds of things of one name do not wait for each other.
        name: any text.
        alias: the database.
    """
    connection = connections[alias]
    if connection.vendor != "postgresql" or not connection.in_atomic_block:
        return
    digest = hashlib.sha256(f"keyturn {kind} {name}".encode("utf-8", "surrogatepass")).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(digest[:8], signed=True)])


def until_past_is_gone(alias: str) -> None:
    """Wait, at most five seconds, until nobody works with a snapshot of the database from before this call.

    A lock makes a statement wait, and shows it the newest version of the locked row; the other tables it goes on seeing
    as they were when it began (PostgreSQL's manual, 13.2.1). So whoever must find all that such statements wrote waits
    for their ends first. Statements of other database roles are seen only by a member of ``pg_read_all_stats``.

    Args:
        alias: the database. Inside of a transaction, which others may be waiting for, nothing is waited for; nor on
            SQLite, which has one writer at a time.
    """
    connection = connections[alias]
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        return
    deadline = time.monotonic() + _PATIENCE
    # A transaction's backend and its beginning name it; it holds a snapshot while it has a backend_xmin.
    looking = (
        "SELECT pid, xact_start FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend' AND backend_xmin IS NOT NULL"
    )
    with connection.cursor() as cursor:
        cursor.execute(looking)
        past = set(cursor.fetchall())
        while past and time.monotonic() < deadline:
            time.sleep(_PAUSE)
            cursor.execute(looking)
            past &= set(cursor.fetchall())


def while_nobody_reads(work: Callable[[], object], *, connection: BaseDatabaseWrapper) -> bool:
    """Write for a thread of ours that has all the time in the world, and be in nobody's way.

    A transaction on SQLite that has read and would now write is refused at once, "database is locked", where another
    connection has begun to write and waits for it to end: both would wait for ever. That is how Django's transactions
    are on SQLite by default, so such a writer breaks the requests of a project. It is not in their way if it writes
    only where it gets the whole file without waiting (sqlite.org/lockingv3.html, EXCLUSIVE). In WAL mode, where whoever
    has read sees a past that nobody may write to, no writer can be so kind. Other databases have no such trouble.

    Args:
        work: writes through this connection.
        connection: outside of a transaction.

    Returns:
        Whether the work was done; False: somebody is in a transaction, nothing was done.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        work()
        return True
    with connection.cursor() as cursor:
        patience = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            cursor.execute("BEGIN EXCLUSIVE")
        except OperationalError:
            return False
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {patience}")
        try:
            work()
            cursor.execute("COMMIT")
        except BaseException:
            with suppress(OperationalError):
                cursor.execute("ROLLBACK")
            raise
    return True

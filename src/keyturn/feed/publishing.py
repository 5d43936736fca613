"""Write into the feed, in the transaction of what is told."""

import logging
import time
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connections, transaction

from keyturn.clock import utc_now
from keyturn.feed.statements import ROWS_A_STATEMENT, insert_sql, stored
from keyturn.feed.watcher import watcher

__all__ = ["follow_up", "publish"]

logger = logging.getLogger("keyturn.feed")

_LATE: Final = 30.0
"""Seconds between publishing and commit from which on a revocation is published again, see :func:`follow_up`."""


def publish(
    *, alias: str, at: datetime, session_ids: Collection[UUID] = (), kids: Collection[str] = (), reason: str
) -> None:
    """Tell every process, once the caller's transaction commits, that sessions or keys have ended.

    This process looks at their rows from now on, committed or not.

    Args:
        alias: the database of the caller's transaction.
        at: when; aware.
        session_ids: the sessions.
        kids: the signing keys.
        reason: a word of the caller's room.
    """
    told: list[tuple[UUID | None, str]] = [*((sid, "") for sid in session_ids), *((None, kid) for kid in kids)]
    _insert(told, alias=alias, at=at, reason=reason)
    follow_up(alias=alias, session_ids=session_ids, kids=kids, reason=reason)


def follow_up(*, alias: str, session_ids: Collection[UUID] = (), kids: Collection[str] = (), reason: str) -> None:
    """What goes with rows of the feed that the caller has just written: suspicion at once, and care for late commits.

    A process that starts reads what is younger than one access lifetime. A row whose transaction stayed open for long
    is old when it becomes visible, so it is written once more then. Processes that run already need no such thing.

    Args: as those of :func:`publish`.
    """
    if not session_ids and not kids:
        return
    watcher().suspect(session_ids=session_ids, kids=kids)
    if not connections[alias].in_atomic_block:
        return
    written = time.monotonic()

    def publish_again_if_late() -> None:
        if time.monotonic() - written > _LATE:
            told: list[tuple[UUID | None, str]] = [*((sid, "") for sid in session_ids), *((None, kid) for kid in kids)]
            _insert(told, alias=alias, at=utc_now(), reason=reason)

    transaction.on_commit(publish_again_if_late, using=alias, robust=True)


def _insert(told: Sequence[tuple[UUID | None, str]], *, alias: str, at: datetime, reason: str) -> None:
    connection = connections[alias]
    moment = stored(at, connection.vendor)
    with connection.cursor() as cursor:
        for start in range(0, len(told), ROWS_A_STATEMENT):
            some = told[start : start + ROWS_A_STATEMENT]
            parameters: list[datetime | str | UUID | None] = []
            for sid, kid in some:
                number = sid.hex if sid is not None and connection.vendor != "postgresql" else sid
                parameters += (moment, number, kid, reason)
            cursor.execute(insert_sql(connection.vendor, len(some)), parameters)

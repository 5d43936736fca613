"""Read the feed: what ended, once each, in whatever order transactions begin and commit.

On PostgreSQL a position is a snapshot: the next reading returns what that snapshot could not see and the new one can.
Numbers of rows or transactions alone cannot do this, since a transaction that took a low number may commit late
(docs/adr/0015). SQLite has one writer at a time, so there the ids of rows are in the order of commits.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from keyturn.feed import statements
from keyturn.feed.cursor import SQLITE, Cursor, CursorTooOldError, Snapshot
from keyturn.feed.keeping import CURSOR_LIFETIME

__all__ = ["Entry", "Page", "read"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One session or key that ended.

    Args:
        at: when, by the clock of whoever ended it; aware.
        session_id: the claim ``sid``; None where a key ended.
        kid: the key's name; empty where a session ended.
        reason: a word for people.
    """

    at: datetime
    session_id: UUID | None
    kid: str
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, and where to go on.

    Args:
        entries: in no order that means anything.
        cursor: for the next call.
        more: whether to call again at once. Only when this is False has everything been read.
    """

    entries: tuple[Entry, ...]
    cursor: Cursor
    more: bool


def read(
    cursor: Cursor | None,
    *,
    now: datetime,
    keep: timedelta,
    alias: str | None = None,
    connection: BaseDatabaseWrapper | None = None,
    limit: int = 10_000,
) -> Page:
    """Read what became visible since a position, by one statement.

    Args:
        cursor: where the last reading ended; None: begin, with what is younger than ``keep``.
        now: aware.
        keep: see :func:`keyturn.feed.keeping.keep`.
        alias: the database; None: that of the feed.
        connection: a connection of one's own instead of the alias.
        limit: entries a page, at least 1.

    Raises:
        CursorTooOldError: begin without a cursor.
        django.db.Error: the database is away, or it is a standby.
    """
    if cursor is not None and now.timestamp() - cursor.at > max(keep, CURSOR_LIFETIME).total_seconds():
        raise CursorTooOldError
    connection = connection or connections[alias or statements.database()]
    if connection.vendor == "postgresql":
        return _read_postgresql(cursor, connection, now=now, keep=keep, limit=limit)
    return _read_sqlite(cursor, connection, now=now, keep=keep, limit=limit)


def _read_postgresql(
    cursor: Cursor | None, connection: BaseDatabaseWrapper, *, now: datetime, keep: timedelta, limit: int
) -> Page:
    if cursor is not None and cursor.identity == SQLITE:
        raise CursorTooOldError
    parameters: dict[str, Any] = {"last": 0, "upcoming": None, "limit": limit + 1}
    if cursor is not None:
        parameters |= {"last": cursor.last, "upcoming": str(cursor.upcoming) if cursor.upcoming else None}
    if cursor is not None and cursor.base is not None:
        sql = statements.read_next_sql()
        still_open = ",".join(map(str, cursor.base.open))
        parameters |= {"xmax": str(cursor.base.xmax), "open": f"{{{still_open}}}"}
    else:
        horizon = (now - keep).timestamp() if cursor is None or cursor.horizon is None else cursor.horizon
        sql = statements.read_first_sql()
        parameters |= {"horizon": datetime.fromtimestamp(horizon, tz=UTC)}
    with connection.cursor() as db:
        db.execute(sql, parameters)
        rows = db.fetchall()
    snapshot, identity = Snapshot.parse(rows[0][0]), rows[0][1]
    if cursor is not None and cursor.identity != identity:
        raise CursorTooOldError
    found = [row[2:] for row in rows if row[2] is not None]
    more = len(found) > limit
    entries = tuple(
        Entry(datetime.fromtimestamp(at, tz=UTC), session_id, kid, reason)
        for _, at, session_id, kid, reason in found[:limit]
    )
    upcoming = (cursor.upcoming if cursor else None) or snapshot
    # A reading of several pages began at its first one.
    at = cursor.at if cursor is not None and (more or cursor.upcoming is not None) else now.timestamp()
    if not more:
        return Page(entries, Cursor(identity, at, base=upcoming), more=False)
    base = cursor.base if cursor else None
    first = (now - keep).timestamp() if cursor is None else cursor.horizon
    position = Cursor(
        identity, at, base=base, upcoming=upcoming, last=found[limit - 1][0], horizon=None if base else first
    )
    return Page(entries, position, more=True)


def _read_sqlite(
    cursor: Cursor | None, connection: BaseDatabaseWrapper, *, now: datetime, keep: timedelta, limit: int
) -> Page:
    if cursor is not None and cursor.identity != SQLITE:
        raise CursorTooOldError
    horizon = (now - keep).timestamp() if cursor is None else cursor.horizon
    with connection.cursor() as db:
        if cursor is None:
            since = statements.stored(now - keep, connection.vendor)
            db.execute(statements.read_first_sqlite_sql(), {"horizon": since, "limit": limit + 1})
        else:
            db.execute(statements.read_next_sqlite_sql(), {"last": cursor.last, "limit": limit + 2})
        rows = db.fetchall()
    if cursor is not None and cursor.last:
        if not rows or rows[0][0] != cursor.last or _mark(rows[0]) != cursor.mark:
            raise CursorTooOldError
        last_read = rows[:1]
        rows = rows[1:]
    else:
        last_read = []
    more = len(rows) > limit
    rows = rows[:limit]
    entries = tuple(entry for entry in map(_entry, rows) if horizon is None or entry.at.timestamp() >= horizon)
    newest = (rows or last_read or [None])[-1]
    position = Cursor(
        SQLITE,
        at=cursor.at if cursor is not None and more else now.timestamp(),
        last=newest[0] if newest else 0,
        horizon=horizon if more else None,
        mark=_mark(newest) if newest else "",
    )
    return Page(entries, position, more=more)


def _entry(row: tuple[Any, ...]) -> Entry:
    _, at, session_id, kid, reason = row
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return Entry(moment.replace(tzinfo=UTC), UUID(session_id) if session_id else None, kid, reason)


def _mark(row: tuple[Any, ...]) -> str:
    return hashlib.sha256("~".join(map(str, row)).encode()).hexdigest()[:16]

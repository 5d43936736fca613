"""Short sentences for the feed's tests: writers on connections of their own, readers that note what they saw."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection

from keyturn.feed import publishing, statements
from keyturn.feed.cursor import Cursor
from keyturn.feed.reading import Page, read

__all__ = ["KEEP", "NOW", "Reader", "Writer", "later", "publish", "writers"]

NOW: Final = datetime(2031, 5, 17, 12, 0, 0, tzinfo=UTC)
KEEP: Final = timedelta(minutes=7)


def later(seconds: float = 0, **spans: float) -> datetime:
    """So long after :data:`NOW`."""
    return NOW + timedelta(seconds=seconds, **spans)


def publish(number: int = 1, *, at: datetime = NOW, reason: str = "logout") -> list[UUID]:
    """Publish so many new session ids on this thread's connection."""
    ids = [uuid4() for _ in range(number)]
    publishing.publish(alias="default", at=at, session_ids=ids, reason=reason)
    return ids


class Reader:
    """Goes on from cursor to cursor, each through its text, and notes each id it saw as often as it saw it."""

    def __init__(self, *, limit: int = 10_000) -> None:
        self.limit = limit
        self.cursor: Cursor | None = None
        self.seen: list[UUID] = []

    def position(self) -> Cursor:
        """The cursor that a reading has left."""
        assert self.cursor is not None
        return self.cursor

    def page(self, now: datetime = NOW) -> Page:
        """Read one page."""
        page = read(self.cursor, alias="default", now=now, keep=KEEP, limit=self.limit)
        assert len(page.entries) <= self.limit
        self.cursor = Cursor.decode(page.cursor.encode())
        self.seen += [entry.session_id for entry in page.entries if entry.session_id is not None]
        return page

    def poll(self, now: datetime = NOW) -> list[UUID]:
        """Read all there is, and give what was new."""
        before = len(self.seen)
        while self.page(now).more:
            pass
        return self.seen[before:]


class Writer:
    """One PostgreSQL connection that writes revocations in a transaction which the test ends."""

    def __init__(self, psycopg_connection: Any) -> None:
        self.connection = psycopg_connection

    def begin(self) -> None:
        """Begin, and take a transaction number."""
        self.connection.execute("SELECT pg_current_xact_id()")

    def write(self, at: datetime = NOW) -> UUID:
        """Write one row."""
        sid = uuid4()
        self.connection.execute(statements.insert_sql("postgresql", 1), (at, sid, "", "logout"))
        return sid

    def commit(self) -> None:
        """Make it visible."""
        self.connection.commit()

    def rollback(self) -> None:
        """Make it never have been."""
        self.connection.rollback()


@contextmanager
def writers(number: int) -> Iterator[list[Writer]]:
    """So many writers on real connections to the test's PostgreSQL."""
    import psycopg

    parameters: Any = connection.get_connection_params()
    made = [psycopg.connect(**parameters) for _ in range(number)]
    try:
        yield [Writer(each) for each in made]
    finally:
        for each in made:
            each.close()

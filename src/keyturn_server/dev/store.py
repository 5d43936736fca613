"""What the processes of a development server share beside their database: the last events, and the faults ordered.

A small SQLite file of its own. Nothing in it is a token, a cookie or a password, and it may be deleted at any time.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from keyturn_server.dev.place import directory

__all__ = ["connected", "events_after", "forget_events", "keep"]

_MOST: Final = 1_000
"""Events kept; older ones make room."""

_SCHEMA: Final = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS event (n INTEGER PRIMARY KEY AUTOINCREMENT, told TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fault (kind TEXT PRIMARY KEY, times INTEGER NOT NULL, seconds REAL NOT NULL);
"""

_prepared: Final[set[Path]] = set()


@contextmanager
def connected() -> Iterator[sqlite3.Connection]:
    """A connection of its own for a few statements, in autocommit."""
    path = directory() / "lab.sqlite3"
    if path not in _prepared or not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    connection = sqlite3.connect(path, timeout=5, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        if path not in _prepared:
            connection.executescript(_SCHEMA)
            _prepared.add(path)
        yield connection
    finally:
        connection.close()


def keep(events: list[dict[str, Any]]) -> None:
    """Add events, in their order."""
    if not events:
        return
    with connected() as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO event (told) VALUES (?)", [(json.dumps(event),) for event in events])
        connection.execute("DELETE FROM event WHERE n <= (SELECT max(n) FROM event) - ?", (_MOST,))
        connection.execute("COMMIT")


def events_after(n: int, *, most: int = 200) -> list[dict[str, Any]]:
    """Return the events that came after one of them, each with its number ``n``, oldest first."""
    with connected() as connection:
        rows = connection.execute("SELECT n, told FROM event WHERE n > ? ORDER BY n LIMIT ?", (n, most)).fetchall()
    return [{"n": number, **json.loads(told)} for number, told in rows]


def forget_events() -> None:
    """Begin with an empty picture; the numbers go on."""
    with connected() as connection:
        connection.execute("DELETE FROM event")

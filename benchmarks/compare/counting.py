"""What one operation makes PostgreSQL do: statements, transaction commands, rows and bytes left behind, log written."""

import statistics
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from benchmarks.compare.calls import Operation
from benchmarks.compare.running import Backend

__all__ = ["Counter", "Counts"]

_COMMANDS: Final = r"^\s*(begin|commit|rollback|savepoint|release|start\s+transaction|end)\M"


@dataclass(frozen=True, slots=True)
class Counts:
    """Per operation.

    Args:
        statements: without transaction commands.
        commands: BEGIN, COMMIT and the like.
        rows: that are in the tables afterwards and were not before.
        bytes: by which the database has grown, indexes and all.
        wal: bytes of the write-ahead log.
    """

    statements: float
    commands: float
    rows: float
    bytes: float
    wal: float


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the server has counted up to a moment, for one database; the log is all databases'."""

    statements: int
    commands: int
    wal: int
    at: float

    def since(self, other: "_Standing") -> "_Standing":
        """What was added."""
        return _Standing(*(getattr(self, name) - getattr(other, name) for name in self.__slots__))


class Counter:
    """Counts on one PostgreSQL, which has ``pg_stat_statements`` loaded and, so that it costs nothing, not tracking.

    Args:
        url: of its database ``postgres``, as a superuser.
    """

    settings: Final = {
        "shared_preload_libraries": "pg_stat_statements",
        "pg_stat_statements.track": "none",
        "pg_stat_statements.track_utility": "on",
    }
    """What the server needs to be started with."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def count(self, backend: Backend, operation: Operation, *, times: int, windows: int) -> Counts:
        """Let a backend work, all others idle, and count; what happens there anyway is measured before and taken off.

        Args:
            backend: whose work is counted.
            operation: what it does.
            times: in each window.
            windows: of statements and log the median counts, since a checkpoint in one makes its log larger.
        """
        backend.repeat(operation, count=times)  # each page's first change after a checkpoint is logged whole
        name = urlsplit(backend.site.database_url).path.removeprefix("/")
        rows, size = _rows(backend.site.database_url), self._size(name)
        self._track("top")
        try:
            before = self._standing(name)
            time.sleep(1)
            idle = self._standing(name).since(before)
            found = []
            for _ in range(windows):
                before = self._standing(name)
                backend.repeat(operation, count=times)
                found.append(self._standing(name).since(before))
        finally:
            self._track("none")
        operations = times * windows

        def each(name: str) -> float:
            counted = (getattr(one, name) - one.at / idle.at * getattr(idle, name) for one in found)
            return statistics.median(max(0.0, float(one)) / times for one in counted)

        return Counts(
            statements=each("statements"),
            commands=each("commands"),
            rows=(_rows(backend.site.database_url) - rows) / operations,
            bytes=(self._size(name) - size) / operations,
            wal=each("wal"),
        )

    def _track(self, what: str) -> None:
        self._connection.execute(sql.SQL("ALTER SYSTEM SET pg_stat_statements.track = {}").format(sql.Literal(what)))
        self._connection.execute("SELECT pg_reload_conf()")
        time.sleep(0.3)  # every connection reads it before its next statement

    def _size(self, name: str) -> int:
        row = self._connection.execute("SELECT pg_database_size(%s::name)", [name]).fetchone()
        assert row is not None
        return int(row[0])

    def _standing(self, name: str) -> _Standing:
        row = self._connection.execute(
            "SELECT coalesce(sum(calls) FILTER (WHERE query !~* %(commands)s), 0)::bigint,"
            " coalesce(sum(calls) FILTER (WHERE query ~* %(commands)s), 0)::bigint,"
            " pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
            " FROM pg_stat_statements JOIN pg_database ON oid = dbid WHERE datname = %(name)s",
            {"commands": _COMMANDS, "name": name},
        ).fetchone()
        assert row is not None
        statements, commands, wal = row
        return _Standing(statements, commands, wal, time.perf_counter())


def _rows(url: str) -> int:
    """All rows of all tables."""
    total = 0
    with psycopg.connect(url, autocommit=True) as own:
        for (table,) in own.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
            row = own.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
            assert row is not None
            total += int(row[0])
    return total

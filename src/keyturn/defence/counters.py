"""The counters in the database: one statement counts an attempt under all its keys at once.

Each statement names its rows in the order of their keys, so that two of them cannot wait for each other. Nothing is
read before it is changed: of 200 attempts counted in parallel, each is told a number of its own.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connections, router

from keyturn.defence.counted import Counted, Reading
from keyturn.defence.models import AttemptCounter
from keyturn.overtaken import until_settled

__all__ = ["DatabaseCounters", "database"]


def database() -> str:
    """The alias that the counters live in: always the primary, never a replica."""
    return router.db_for_write(AttemptCounter)


def _table() -> str:
    return f'"{AttemptCounter._meta.db_table}"'


def _by_key(name: str, rows: int) -> str:
    """A value that differs from row to row; an upsert knows them by nothing but their key."""
    cases = " ".join(f"WHEN %(key{row})s THEN %({name}{row})s" for row in range(rows))
    return f"CASE t.key {cases} END"


def _whole(expression: str, vendor: str) -> str:
    """PostgreSQL takes a parameter in a CASE for a text unless told otherwise."""
    return f"({expression})::bigint" if vendor == "postgresql" else f"({expression})"


@lru_cache(maxsize=16)
def count_sql(vendor: str, rows: int) -> str:
    """Add one to each row, or begin its next window.

    A window that ended at the limit is followed by one of twice its length, up to a number of doublings; one that did
    not, or that ended longer ago than it lasted, by one of the first length. Counts stop two past the limit, so that
    the first attempt past it is told from the others and no column overflows.

    Parameters: now; of each row: key, account, limit, window, doublings, and ``latest``, the last moment at which a
    window may end.
    """
    least = "LEAST" if vendor == "postgresql" else "MIN"
    names = ("limit", "window", "doublings", "latest")
    limit, window, doublings, latest = (_whole(_by_key(name, rows), vendor) for name in names)
    is_open = f"t.window_ends_at > %(now)s AND t.window_ends_at <= {latest}"
    level = (
        f"CASE WHEN t.count < {limit} OR t.window_ends_at > %(now)s"
        f" OR t.window_ends_at + ({window} << t.level) <= %(now)s THEN 0"
        f" ELSE {least}(t.level + 1, {doublings}) END"
    )
    if vendor == "postgresql":
        level = f"({level})::int"
    values = ", ".join(
        f"(%(key{row})s, %(account{row})s, 1, 0, %(now)s + %(window{row})s, NULL)" for row in range(rows)
    )
    return (
        f"INSERT INTO {_table()} AS t (key, account, count, level, window_ends_at, succeeded_at) VALUES {values}"  # noqa: S608
        " ON CONFLICT (key) DO UPDATE SET"
        f" count = CASE WHEN {is_open} THEN {least}(t.count + 1, {limit} + 2) ELSE 1 END,"
        f" level = CASE WHEN {is_open} THEN t.level ELSE {level} END,"
        f" window_ends_at = CASE WHEN {is_open} THEN t.window_ends_at"
        f" ELSE %(now)s + ({window} << ({level})) END"
        " RETURNING key, count, window_ends_at, succeeded_at"
    )


@lru_cache(maxsize=16)
def give_back_sql(vendor: str, rows: int) -> str:
    """Take one off each row whose window has not ended; of one row, remember that its attempt was right.

    An upsert too, since an UPDATE takes its rows in an order of its own and could wait for a statement that counts.

    Parameters: now, succeeded; of each row: key, account, limit, window_ends_at.
    """
    least, most = ("LEAST", "GREATEST") if vendor == "postgresql" else ("MIN", "MAX")
    limit, ends = (_whole(_by_key(name, rows), vendor) for name in ("limit", "window_ends_at"))
    right = "CASE WHEN %(succeeded)s = {key} THEN %(now)s ELSE {otherwise} END"
    values = ", ".join(
        f"(%(key{row})s, %(account{row})s, 0, 0, %(window_ends_at{row})s,"
        f" {_whole(right.format(key=f'%(key{row})s', otherwise='NULL'), vendor)})"
        for row in range(rows)
    )
    return (
        f"INSERT INTO {_table()} AS t (key, account, count, level, window_ends_at, succeeded_at) VALUES {values}"  # noqa: S608
        " ON CONFLICT (key) DO UPDATE SET"
        f" count = CASE WHEN t.window_ends_at = {ends} THEN {most}({least}(t.count, {limit}) - 1, 0)"
        " ELSE t.count END,"
        f" succeeded_at = {right.format(key='t.key', otherwise='t.succeeded_at')}"
    )


class DatabaseCounters:
    """Counters that need nothing but the database."""

    def count(self, things: Sequence[Counted], *, now: int) -> list[Reading]:
        """Count one attempt under each key, by one statement.

        Raises:
            UnavailableError: other transactions were first again and again (never under READ COMMITTED).
        """
        ordered = sorted(things, key=lambda thing: thing.key)
        parameters: dict[str, Any] = {"now": now}
        for row, thing in enumerate(ordered):
            parameters |= {
                f"key{row}": thing.key,
                f"account{row}": thing.account,
                f"limit{row}": thing.limit,
                f"window{row}": thing.window,
                f"doublings{row}": thing.doublings,
                f"latest{row}": now + thing.longest,
            }
        alias = database()

        def run() -> dict[str, Reading]:
            with connections[alias].cursor() as cursor:
                cursor.execute(count_sql(connections[alias].vendor, len(ordered)), parameters)
                return {key: Reading(number, ends, right) for key, number, ends, right in cursor.fetchall()}

        found = until_settled(run, alias=alias)
        return [found[thing.key] for thing in things]

    def give_back(self, things: Sequence[tuple[Counted, Reading]], *, now: int, succeeded: str | None = None) -> None:
        """Take the attempt off again, by one statement. Errors as :meth:`count`."""
        parameters: dict[str, Any] = {"now": now, "succeeded": succeeded or ""}
        ordered = sorted(things, key=lambda thing: thing[0].key)
        for row, (thing, reading) in enumerate(ordered):
            parameters |= {
                f"key{row}": thing.key,
                f"account{row}": thing.account,
                f"limit{row}": thing.limit,
                f"window_ends_at{row}": reading.window_ends_at,
            }
        alias = database()

        def run() -> None:
            with connections[alias].cursor() as cursor:
                cursor.execute(give_back_sql(connections[alias].vendor, len(ordered)), parameters)

        until_settled(run, alias=alias)
        if succeeded is not None:
            return
        # Refused, so nothing needs to be remembered: who is past a limit must not add a row a request, by names that
        # nobody has. One row at a time, so that no two requests wait for each other.
        rows = AttemptCounter._base_manager.using(alias).filter(count=0, level=0, succeeded_at=None)
        for thing, reading in ordered:
            if reading.count == 1:
                until_settled(rows.filter(key=thing.key).delete, alias=alias)

    def forget(self, account: str) -> None:
        """Begin anew with everything counted of an account. Errors as :meth:`count`."""
        alias = database()
        rows = AttemptCounter._base_manager.using(alias).filter(account=account)
        until_settled(lambda: rows.update(count=0, level=0), alias=alias)

"""The SQL of the feed. Names of tables and columns come from the model and are quoted; every value is a parameter.

Each statement stands alone: no transaction around it, nothing kept in the database session between two of them, so
that a pooler may hand each to another server connection.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from django.db import router

from keyturn.feed.models import Revocation

__all__ = [
    "ROWS_A_STATEMENT",
    "database",
    "insert_sql",
    "prune_sql",
    "publish_ended_sql",
    "read_first_sql",
    "read_first_sqlite_sql",
    "read_next_sql",
    "read_next_sqlite_sql",
    "stored",
]

ROWS_A_STATEMENT: Final = 1_000
"""SQLite takes no more than 32,766 parameters a statement."""

# Who answers: the cluster, which of its histories (a promoted standby writes a new timeline), which of its databases,
# and since when without a crash: a crash may lose transaction numbers that no durable transaction had used, and give
# them out a second time. Statistics are thrown away exactly then. A standby fails at the second line.
_IDENTITY: Final = (
    "(SELECT to_hex(system_identifier) FROM pg_control_system())"
    " || '-' || lower(substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))"
    " || '-' || (SELECT to_hex(oid::bigint) FROM pg_database WHERE datname = current_database())"
    " || '-' || to_hex((extract(epoch FROM pg_stat_get_bgwriter_stat_reset_time()) * 1000000)::bigint)"
)


def database() -> str:
    """The alias that revocations live in: always the primary, never a replica."""
    return router.db_for_write(Revocation)


def stored(at: datetime, vendor: str) -> datetime | str:
    """A moment as a parameter: SQLite compares texts, and local time, whatever ``USE_TZ`` says, has hours twice."""
    if vendor == "postgresql":
        return at
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _table() -> str:
    return f'"{Revocation._meta.db_table}"'


@lru_cache(maxsize=1)
def publish_ended_sql() -> str:
    """PostgreSQL: add the sessions of a ``WITH ended AS (… RETURNING id …)``. Parameters: now, reason."""
    return (
        f"INSERT INTO {_table()} (txid, at, session_id, kid, reason)"  # noqa: S608 - the model's name
        " SELECT pg_current_xact_id(), %(now)s, id, '', %(reason)s FROM ended"
    )


@lru_cache(maxsize=4)
def insert_sql(vendor: str, rows: int) -> str:
    """Add rows. Parameters: at, session_id, kid and reason of each in turn."""
    txid = "pg_current_xact_id()" if vendor == "postgresql" else "0"
    values = ", ".join([f"({txid}, %s, %s, %s, %s)"] * rows)
    return f"INSERT INTO {_table()} (txid, at, session_id, kid, reason) VALUES {values}"  # noqa: S608 - as above


def _read_sql(source: str) -> str:
    return (
        "WITH moment AS MATERIALIZED"  # noqa: S608 - as above
        f" (SELECT pg_current_snapshot() AS snapshot, {_IDENTITY} AS identity)"
        " SELECT moment.snapshot::text, moment.identity, row.id, extract(epoch FROM row.at)::float8, row.session_id,"
        " row.kid, row.reason"
        f" FROM moment LEFT JOIN LATERAL ({source} ORDER BY id LIMIT %(limit)s) AS row ON TRUE ORDER BY row.id"
    )


@lru_cache(maxsize=1)
def read_first_sql() -> str:
    """PostgreSQL: the entries since a time, beside the snapshot of this moment.

    Rows that the reader sees although their transaction's number lies ahead came with a dump of another cluster. They
    are read here, since no later reading would see them as new.
    Parameters: horizon, upcoming, last, limit.
    """
    return _read_sql(
        f"SELECT id, at, session_id, kid, reason FROM {_table()}"  # noqa: S608 - as above
        " WHERE at >= %(horizon)s AND id > %(last)s"
        " AND (pg_visible_in_snapshot(txid, COALESCE(%(upcoming)s::pg_snapshot, moment.snapshot))"
        " OR NOT pg_visible_in_snapshot(txid, moment.snapshot))"
    )


@lru_cache(maxsize=1)
def read_next_sql() -> str:
    """PostgreSQL: what the base could not see, and this moment (or, on further pages, the upcoming base) can.

    Not visible to a snapshot is what began after it, or was open at it: a range and a few points of an index, however
    old the oldest open transaction is. A caller's own uncommitted rows are read too, and once more when committed.
    Parameters: xmax, open, upcoming, last, limit.
    """
    columns = f"SELECT id, txid, at, session_id, kid, reason FROM {_table()}"  # noqa: S608 - as above
    return _read_sql(
        "SELECT id, at, session_id, kid, reason FROM ("  # noqa: S608 - as above
        f"{columns} WHERE txid >= %(xmax)s::xid8 UNION ALL {columns} WHERE txid = ANY(%(open)s::xid8[])"
        ") AS unseen WHERE id > %(last)s"
        " AND (pg_visible_in_snapshot(txid, COALESCE(%(upcoming)s::pg_snapshot, moment.snapshot))"
        " OR txid = pg_current_xact_id_if_assigned())"
    )


@lru_cache(maxsize=1)
def read_first_sqlite_sql() -> str:
    """SQLite: the entries since a time, and in any case the newest row, to go on from. Parameters: horizon, limit."""
    return (
        f"SELECT id, at, session_id, kid, reason FROM {_table()}"  # noqa: S608 - as above
        f" WHERE at >= %(horizon)s OR id = (SELECT MAX(id) FROM {_table()}) ORDER BY id LIMIT %(limit)s"
    )


@lru_cache(maxsize=1)
def read_next_sqlite_sql() -> str:
    """SQLite, where ids follow the order of commits: the row that was read last, and all after it.

    Parameters: last, limit.
    """
    return (
        f"SELECT id, at, session_id, kid, reason FROM {_table()}"  # noqa: S608 - as above
        " WHERE id >= %(last)s ORDER BY id LIMIT %(limit)s"
    )


@lru_cache(maxsize=2)
def prune_sql(vendor: str) -> str:
    """Remove a batch of old rows, never the newest: readers on SQLite go on from it. Parameters: before, limit."""
    lock = " FOR UPDATE SKIP LOCKED" if vendor == "postgresql" else ""
    return (
        f"DELETE FROM {_table()} WHERE id IN (SELECT id FROM {_table()}"  # noqa: S608 - as above
        f" WHERE at < %(before)s AND id < (SELECT MAX(id) FROM {_table()}) ORDER BY at LIMIT %(limit)s{lock})"
    )

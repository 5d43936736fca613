"""Remove revocations that no token and no reader needs any more."""

from datetime import datetime, timedelta

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from keyturn.feed import statements

__all__ = ["prune", "prune_batch"]


def prune_batch(
    *, now: datetime, retention: timedelta, batch_size: int, connection: BaseDatabaseWrapper | None = None
) -> int:
    """Remove some rows older than ``retention`` by one statement, passing over those that another one removes.

    Args:
        now: aware.
        retention: see :func:`keyturn.feed.keeping.retention`.
        batch_size: rows at most.
        connection: a connection of one's own; None: the thread's one to the database of the feed.

    Returns:
        How many went.
    """
    connection = connection or connections[statements.database()]
    with connection.cursor() as cursor:
        cursor.execute(
            statements.prune_sql(connection.vendor),
            {"before": statements.stored(now - retention, connection.vendor), "limit": batch_size},
        )
        return int(cursor.rowcount)


def prune(*, now: datetime, retention: timedelta, batch_size: int = 1_000) -> int:
    """Remove all rows older than ``retention``, a batch a transaction. Arguments as for :func:`prune_batch`."""
    removed = 0
    while batch := prune_batch(now=now, retention=retention, batch_size=batch_size):
        removed += batch
    return removed

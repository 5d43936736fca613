"""Remove what is older than the retention: the one thing that may remove events."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, router, transaction

from keyturn.clock import stored
from keyturn.trail.models import AuditEvent, Tally

__all__ = ["prune", "prune_tallies"]


def prune(*, now: datetime, retention: timedelta, batch_size: int = 1_000) -> Iterator[int]:
    """Remove the events older than ``retention``, a batch a transaction, passing over those another one removes.

    Args:
        now: aware.
        retention: how long an event stays.
        batch_size: how many go in one go.

    Yields:
        How many have gone so far, after each batch.
    """
    alias = router.db_for_write(AuditEvent)
    connection = connections[alias]
    before = _for_column(AuditEvent, "at", stored(now - retention), alias)
    is_postgresql = connection.vendor == "postgresql"
    table = f'"{AuditEvent._meta.db_table}"'
    lock = " FOR UPDATE SKIP LOCKED" if is_postgresql else ""
    statement = (
        f"DELETE FROM {table} WHERE id IN"  # noqa: S608 - the model's name
        f" (SELECT id FROM {table} WHERE at < %s ORDER BY at LIMIT %s{lock})"
    )
    removed = 0
    while True:
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            if is_postgresql:
                # Opens the trigger's door (migration 0004) for this transaction alone.
                cursor.execute("SET LOCAL keyturn.trail_retention = 'on'")
            cursor.execute(statement, (before, batch_size))
            batch = cursor.rowcount
        if not batch:
            return
        removed += batch
        yield removed


def prune_tallies(*, now: datetime, retention: timedelta) -> int:
    """Remove the counts of hours older than ``retention``; say how many rows went."""
    old = Tally._base_manager.using(router.db_for_write(Tally)).filter(hour__lt=stored(now - retention))
    return old.delete()[0]


def _for_column(model: type[AuditEvent], name: str, value: datetime, alias: str) -> Any:
    field: Any = model._meta.get_field(name)
    return field.get_db_prep_value(value, connections[alias])

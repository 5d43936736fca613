"""Remove sessions that ended: in batches by primary key, with no long locks and no index that refreshes pay for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from keyturn.clock import stored
from keyturn.sessions.models import Session
from keyturn.sessions.statements import database

__all__ = ["PruneProgress", "prune"]


@dataclass(frozen=True, slots=True)
class PruneProgress:
    """How far pruning has come.

    Args:
        examined: rows looked at so far.
        removed: rows removed so far.
    """

    examined: int
    removed: int


def prune(*, now: datetime, retention: timedelta, batch_size: int = 1_000) -> Iterator[PruneProgress]:
    """Remove the sessions that ended more than ``retention`` ago, a batch a transaction.

    A session adopted from stock simplejwt stays until that stock token is dead, with a day to spare for leeway and
    clocks: without its row, the token could be adopted again. Ids are UUIDv7, so walking the primary key reads the
    table in order of login.

    Args:
        now: aware.
        retention: how long a session stays visible after its end.
        batch_size: rows read, and at most removed, in one go.

    Yields:
        The progress after each batch; the last one is the total.
    """
    alias = database()
    before = stored(now - retention)
    ended = (Q(idle_expires_at__lt=before) | Q(absolute_expires_at__lt=before) | Q(revoked_at__lt=before)) & (
        Q(adopted_until__isnull=True) | Q(adopted_until__lt=stored(now - timedelta(days=1)))
    )
    examined = removed = 0
    last: UUID | None = None
    while True:
        rows = Session.objects.using(alias).order_by("id")
        batch = list((rows if last is None else rows.filter(id__gt=last)).values_list("id", flat=True)[:batch_size])
        if not batch:
            break
        last = batch[-1]
        # Past the manager, which would end once more what expired long ago.
        count, _ = Session._base_manager.using(alias).filter(ended, id__gte=batch[0], id__lte=last).delete()
        examined += len(batch)
        removed += count
        yield PruneProgress(examined, removed)
    if examined == 0:
        yield PruneProgress(0, 0)

"""Remove counters that say nothing any more."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from keyturn.defence.attempts import KNOWN_FOR
from keyturn.defence.counted import milliseconds
from keyturn.defence.counters import database
from keyturn.defence.models import AttemptCounter

__all__ = ["prune"]

_KEPT: Final = timedelta(days=8)
"""After the end of a window: longer than any window, whose length again decides whether the next one is longer."""


def prune(*, now: datetime, batch_size: int = 1_000) -> int:
    """Remove counters whose window ended long ago and that know of no success, a batch a transaction.

    Args:
        now: aware.
        batch_size: rows at most in one go.

    Returns:
        How many went.
    """
    rows = AttemptCounter._base_manager.using(database())
    is_known = Q(succeeded_at__gte=milliseconds(now - KNOWN_FOR))
    over = rows.filter(window_ends_at__lt=milliseconds(now - _KEPT)).exclude(is_known)
    removed = 0
    while keys := list(over.values_list("pk", flat=True)[:batch_size]):
        # Asked again: a row may have begun a new window since it was read.
        removed += over.filter(pk__in=keys).delete()[0]
        if len(keys) < batch_size:
            break
    return removed

"""The queue's rows: claimed by one process for a while, then gone, put off or given up.

A claim is one conditional UPDATE in autocommit, so that two processes never hold the same row; a process that dies with
a row in its hands loses it when the lease runs out, and another takes it up. A delivery that was made by a process that
died before it could remove the row is made twice: there is no way to do both at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from django.db import models, router

from keyturn.clock import aware, stored, utc_now
from keyturn.mail.models import OutgoingMail

__all__ = ["LEASE", "RETENTION", "Claim", "Lane", "claims", "database", "give_up", "prune", "put_off", "remove", "wait"]

LEASE: Final = timedelta(minutes=5)
"""How long one process has for one delivery: more than all of a mail server's patience at 15 s a step."""

RETENTION: Final = timedelta(days=7)
"""How long what was given up stays to be looked at."""

_FIRST_WAIT: Final = timedelta(seconds=10)
_LONGEST_WAIT: Final = timedelta(minutes=15)
_AT_ONCE: Final = 20
_SEPARATOR: Final = ":"


class Lane(Enum):
    """Mail and everything else never wait for each other."""

    MAIL = "mail"
    OTHER = "other"

    def label(self, *, carrier: str, kind: str) -> str:
        """What stands in the column ``kind``: by its form the lane is told."""
        return kind if self is Lane.MAIL else f"{carrier}{_SEPARATOR}{kind}"


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that is this process's until its lease runs out.

    Args:
        id: its key.
        kind: what stands in the column.
        created_at: aware.
        attempts: how many there were, with the one it was claimed for.
        sealed: see :mod:`keyturn.mail.packing`.
    """

    id: int
    kind: str
    created_at: datetime
    attempts: int
    sealed: str


def database() -> str:
    """The alias that the queue lives in."""
    return router.db_for_write(OutgoingMail)


def _rows() -> models.QuerySet[OutgoingMail]:
    return OutgoingMail._base_manager.using(database())


def claims(*, lane: Lane, now: datetime | None = None) -> Iterator[Claim]:
    """Claim what is due, one after the other, oldest first; each is to be settled before the next is asked for.

    Args:
        lane: mail, or everything else.
        now: aware; None: the present moment, at every step, so that each lease is as long as it says however long the
            deliveries before it took.
    """
    at = stored(now or utc_now())
    free = models.Q(leased_until=None) | models.Q(leased_until__lte=at)
    mine = models.Q(kind__contains=_SEPARATOR)
    due = _rows().filter(free, mine if lane is Lane.OTHER else ~mine, failed_at=None, due_at__lte=at)
    for row in due.order_by("due_at", "id")[:_AT_ONCE]:
        claimed = (
            _rows()
            .filter(free, id=row.id, attempts=row.attempts, failed_at=None)
            .update(attempts=row.attempts + 1, leased_until=stored((now or utc_now()) + LEASE))
        )
        if claimed:
            yield Claim(row.id, row.kind, aware(row.created_at), row.attempts + 1, row.sealed)


def remove(claim: Claim) -> None:
    """It has been delivered."""
    _rows().filter(id=claim.id).delete()


def wait(attempts: int) -> timedelta:
    """How long after so many failed attempts the next one is made: 10 s, 20 s, 40 s and so on, 15 min at most."""
    doubled: int = 2 ** min(attempts - 1, 10)
    return min(_FIRST_WAIT * doubled, _LONGEST_WAIT)


def put_off(claim: Claim, *, why: str, now: datetime) -> None:
    """Let it be tried again, later."""
    due = stored(now + wait(claim.attempts))
    _rows().filter(id=claim.id).update(due_at=due, leased_until=None, last_error=why[:200])


def give_up(claim: Claim, *, why: str, now: datetime) -> None:
    """Never try it again. What it held is emptied: nobody needs it any more, and it may hold codes."""
    _rows().filter(id=claim.id).update(failed_at=stored(now), leased_until=None, last_error=why[:200], sealed="")


def prune(*, now: datetime) -> int:
    """Remove what was given up more than :data:`RETENTION` ago; return how many that were."""
    removed, _ = _rows().filter(failed_at__lt=stored(now - RETENTION)).delete()
    return removed

"""What waits in the queue, for those who watch it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from keyturn.clock import aware
from keyturn.mail.models import OutgoingMail
from keyturn.mail.queue import Lane, database

__all__ = ["Standing", "standing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """One lane of the queue.

    Args:
        count: deliveries that are to be made, or tried again.
        since: when the oldest of them was put there, aware; None where there is none.
    """

    count: int
    since: datetime | None


def standing() -> dict[Lane, Standing]:
    """How each lane stands. One statement.

    Raises:
        django.db.Error: the database does not answer.
    """
    other = Q(kind__contains=":")
    found = (
        OutgoingMail._base_manager.using(database())
        .filter(failed_at=None)
        .aggregate(
            mail=Count("id", filter=~other),
            mail_since=Min("created_at", filter=~other),
            other=Count("id", filter=other),
            other_since=Min("created_at", filter=other),
        )
    )
    return {
        lane: Standing(found[lane.value], aware(since) if (since := found[f"{lane.value}_since"]) else None)
        for lane in Lane
    }

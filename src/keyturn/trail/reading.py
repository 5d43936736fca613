"""Read the trail and the tallies: what the user's activity, the admin's pages and the dashboard show."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import router
from django.db.models import QuerySet

from keyturn.clock import aware, stored
from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent, Tally
from keyturn.trail.tally import Tallied

__all__ = ["Series", "events_of", "latest_events", "series"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Series:
    """How often things happened, by spans of equal length.

    Args:
        starts: when each span begins, the oldest first; aware, UTC. The last span is the one under way.
        step: how long each is.
        counts: for each name as many numbers as there are spans.
    """

    starts: tuple[datetime, ...]
    step: timedelta
    counts: Mapping[Tallied, tuple[int, ...]]

    def total(self, name: Tallied) -> int:
        """Of all spans together."""
        return sum(self.counts[name])


def series(*, now: datetime, span: timedelta, step: timedelta, names: Sequence[Tallied] = tuple(Tallied)) -> Series:
    """Return the tallies of the time up to now, by one statement.

    Args:
        now: aware.
        span: how far back; rounded up to whole steps.
        step: how long each span is, whole hours. Spans begin at multiples of it since 1970 (UTC), so that days begin
            at midnight.
        names: which tallies.
    """
    end = _EPOCH + ((now - _EPOCH) // step + 1) * step
    number = -(-span // step)
    begin = end - number * step
    counts = {name: [0] * number for name in names}
    rows = (
        Tally._base_manager.using(router.db_for_write(Tally))
        .filter(hour__gte=stored(begin), hour__lt=stored(end), name__in=[name.value for name in names])
        .values_list("hour", "name", "count")
    )
    for hour, name, count in rows:
        counts[Tallied(name)][(aware(hour) - begin) // step] += count
    return Series(
        starts=tuple(begin + position * step for position in range(number)),
        step=step,
        counts={name: tuple(numbers) for name, numbers in counts.items()},
    )


def events_of(
    *, user_id: Any = None, session_id: UUID | None = None, events: Collection[Event] = ()
) -> QuerySet[AuditEvent]:
    """The events of a user, of a session or of some kinds, the newest first; each None or empty: of any."""
    found = AuditEvent._base_manager.using(router.db_for_write(AuditEvent)).order_by("-id")
    if user_id is not None:
        found = found.filter(user_id=str(user_id))
    if session_id is not None:
        found = found.filter(session_id=session_id)
    if events:
        found = found.filter(event__in=[event.value for event in events])
    return found


def latest_events(
    *, user_id: Any, limit: int, before: int | None = None, events: Collection[Event] = ()
) -> list[AuditEvent]:
    """Return the newest events of a user, by one statement.

    Args:
        user_id: the user's primary key.
        limit: how many at most.
        before: only events older than the one with this id.
        events: only these kinds; empty: all.
    """
    found = events_of(user_id=user_id, events=events)
    return list((found if before is None else found.filter(id__lt=before))[:limit])

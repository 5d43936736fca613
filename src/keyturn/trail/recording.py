"""Write into the trail, and tell who wants to know."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import router, transaction
from django.dispatch import Signal

from keyturn.clock import stored, utc_now
from keyturn.trail.calling import current_caller
from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent
from keyturn.trail.tally import Tallied, count_once_committed

__all__ = ["Follower", "announce", "database", "event_recorded", "follow", "made", "record", "write"]

logger = logging.getLogger("keyturn.trail")

event_recorded = Signal()
"""Sent with ``event`` (:class:`~keyturn.trail.models.AuditEvent`) for each event, once it is committed.

What a receiver raises is logged and hurts nobody. A process that dies right after the commit sends nothing: whoever
must not miss an event reads the table, or takes the webhook.
"""

Follower = Callable[[AuditEvent, str], None]

_followers: Final[dict[Follower, Callable[[], bool]]] = {}

_TALLIED: Final = {
    Event.LOGIN.value: Tallied.LOGIN,
    Event.LOGIN_FAILED.value: Tallied.LOGIN_FAILED,
    Event.REFRESH_REUSED.value: Tallied.REFRESH_REUSED,
}
# LOGIN_BLOCKED is recorded once a window, and counted each time: by whoever blocks.


def database() -> str:
    """The alias that the trail lives in."""
    return router.db_for_write(AuditEvent)


def record(
    event: Event,
    *,
    user_id: Any = "",
    session_id: UUID | None = None,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Write one event, in the caller's transaction if there is one: what is rolled back did not happen.

    Address, user agent and actor are the current caller's (:mod:`keyturn.trail.calling`).

    Args:
        event: what happened.
        user_id: the primary key of the user to whom it happened; empty where no account of ours is meant.
        session_id: the session it happened in or to; None: the current caller's.
        reason: a word, for example of ``RevokeReason``.
        details: more words and numbers; never a password, a token, a code, a key, or what somebody typed.
        at: aware; None: now.
    """
    write([made(event, user_id=user_id, session_id=session_id, reason=reason, details=details, at=at)])


def made(
    event: Event,
    *,
    user_id: Any = "",
    session_id: UUID | None = None,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> AuditEvent:
    """An event that is not written yet. Arguments as for :func:`record`."""
    caller = current_caller()
    subject = str(user_id if user_id is not None else "")
    return AuditEvent(
        at=stored(at or utc_now()),
        event=event.value,
        user_id=subject,
        # An administrator's own account is nobody else's.
        actor_id="" if caller.actor_id == subject else caller.actor_id,
        session_id=session_id or caller.session_id,
        reason=reason,
        ip=caller.ip,
        user_agent=caller.user_agent,
        details=dict(details or {}),
    )


def write(events: Sequence[AuditEvent]) -> None:
    """Write events that :func:`made` made, by one statement, and :func:`announce` them."""
    alias = database()
    if any(wanted() for wanted in _followers.values()):
        # What a follower writes stands or falls with the event.
        with transaction.atomic(using=alias):
            _insert(events, alias)
            announce(events, alias=alias)
    else:
        _insert(events, alias)
        announce(events, alias=alias)


def _insert(events: Sequence[AuditEvent], alias: str) -> None:
    if len(events) == 1:
        events[0].save(using=alias)
    else:
        AuditEvent._base_manager.using(alias).bulk_create(events)


def announce(events: Sequence[AuditEvent], *, alias: str) -> None:
    """Tell of events that have just been written in the transaction under way, if there is one."""
    for event in events:
        if event.event in _TALLIED:
            count_once_committed(_TALLIED[event.event], alias=alias)
        for follower, wanted in _followers.items():
            if wanted():
                follower(event, alias)
    if event_recorded.has_listeners(AuditEvent):
        transaction.on_commit(partial(_send, tuple(events)), using=alias, robust=True)


def _send(events: Sequence[AuditEvent]) -> None:
    for event in events:
        for receiver, answer in event_recorded.send_robust(sender=AuditEvent, event=event):
            if isinstance(answer, Exception):
                logger.error("a receiver of event_recorded failed: %r", receiver, exc_info=answer)


def follow(follower: Follower, *, wanted: Callable[[], bool] = lambda: True) -> None:
    """Have something called inside the transaction of each event, with the event and the alias. Safe to call twice.

    Args:
        follower: what it raises undoes the event.
        wanted: whether it has anything to do; asked each time.
    """
    _followers[follower] = wanted

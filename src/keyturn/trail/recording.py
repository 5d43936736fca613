"""Write into the trail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import router

from keyturn.clock import stored, utc_now
from keyturn.trail.calling import current_caller
from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent

__all__ = ["record"]


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
        session_id: the session it happened in or to.
        reason: a word, for example of ``RevokeReason``.
        details: more words and numbers; never a password, a token, a code, a key, or what somebody typed.
        at: aware; None: now.
    """
    caller = current_caller()
    AuditEvent._base_manager.using(router.db_for_write(AuditEvent)).create(
        at=stored(at or utc_now()),
        event=event.value,
        user_id=str(user_id if user_id is not None else ""),
        actor_id=caller.actor_id,
        session_id=session_id,
        reason=reason,
        ip=caller.ip,
        user_agent=caller.user_agent,
        details=dict(details or {}),
    )

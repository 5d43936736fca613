"""The events of sessions that end: on PostgreSQL part of the very statement that ends them."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from keyturn.trail.calling import current_caller
from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent
from keyturn.trail.recording import made

__all__ = ["CLIENT", "REUSE", "ending", "ending_parameters", "record_ended_sql"]

CLIENT: Final = "client"
"""The detail that holds the user agent of the session that ended: its row goes after some days."""

REUSE: Final = "refresh_reused"
"""The reason that is an event of its own."""


def _event(reason: str) -> Event:
    return Event.REFRESH_REUSED if reason == REUSE else Event.SESSION_REVOKED


def ending(
    *,
    user_id: Any,
    session_id: UUID,
    reason: str,
    client: str,
    details: Mapping[str, Any],
    at: datetime,
    pk: int | None = None,
) -> AuditEvent:
    """The event of one session's end.

    Args:
        user_id: the user's primary key.
        session_id: the session's id.
        reason: a word of ``RevokeReason``.
        client: the session's user agent.
        details: more words and numbers.
        at: aware.
        pk: where the database has written it already: the row's key.
    """
    known = {CLIENT: client} if client else {}
    event = made(
        _event(reason), user_id=user_id, session_id=session_id, reason=reason, details={**details, **known}, at=at
    )
    if pk is not None:
        event.pk = pk
        event._state.adding = False  # noqa: SLF001 - Django's documented way to say that the row is there
    return event


@lru_cache(maxsize=1)
def record_ended_sql() -> str:
    """PostgreSQL: add the events of a ``WITH ended AS (… RETURNING id, user_id, user_agent)``, as :func:`ending` would.

    Parameters: now, reason, and those of :func:`ending_parameters`. Returns id and session_id.
    """
    return (
        f'INSERT INTO "{AuditEvent._meta.db_table}"'  # noqa: S608 - the model's name
        " (at, event, user_id, actor_id, session_id, reason, ip, user_agent, details)"
        " SELECT %(now)s, %(trail_event)s, user_id::text,"
        " CASE WHEN user_id::text = %(trail_actor)s THEN '' ELSE %(trail_actor)s END, id, %(reason)s,"
        " %(trail_ip)s::inet, %(trail_agent)s,"
        " %(trail_details)s::jsonb"
        f" || CASE WHEN user_agent = '' THEN '{{}}'::jsonb ELSE jsonb_build_object('{CLIENT}', user_agent) END"
        " FROM ended RETURNING id, session_id"
    )


def ending_parameters(*, reason: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """What :func:`record_ended_sql` asks for."""
    caller = current_caller()
    return {
        "trail_event": _event(reason).value,
        "trail_actor": caller.actor_id,
        "trail_ip": caller.ip,
        "trail_agent": caller.user_agent,
        "trail_details": json.dumps(dict(details)),
    }

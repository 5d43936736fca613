"""The sessions a user has."""

from datetime import datetime
from typing import Any, Final

from keyturn.clock import stored
from keyturn.sessions import blacklist
from keyturn.sessions.models import Session
from keyturn.sessions.statements import database

__all__ = ["live_sessions"]

_MOST: Final = 500
"""Nobody reads further; a script that signs in for ever shall not make one answer grow for ever."""


def live_sessions(user_pk: Any, *, now: datetime) -> list[Session]:
    """Return the user's sessions that could still be refreshed, the newest login first, 500 at most.

    Args:
        user_pk: the user's primary key.
        now: aware.
    """
    alias = database()
    moment = stored(now)
    sessions = list(
        Session.objects.using(alias)
        .filter(user_id=user_pk, revoked_at__isnull=True, idle_expires_at__gt=moment, absolute_expires_at__gt=moment)
        .order_by("-created_at", "-id")[:_MOST]
    )
    blacklisted = blacklist.blacklisted_among([session.id for session in sessions], alias=alias)
    return [session for session in sessions if session.id not in blacklisted]

"""Sessions as a login makes them here: with their row in token_blacklist."""

from datetime import datetime
from typing import Any

from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from keyturn.sessions.models import Session
from keyturn.tokens.issuing import open_listed_session
from tests.engine.acting import FIREFOX, IDLE, NOW

__all__ = ["blacklist", "is_blacklisted", "listed", "outstanding"]


def listed(user: Any, *, now: datetime = NOW) -> Session:
    """Open a session."""
    return open_listed_session(user=user, now=now, idle_lifetime=IDLE, client=FIREFOX)


def outstanding(session: Session) -> OutstandingToken:
    """The session's one row."""
    return OutstandingToken.objects.get(jti=str(session.pk))


def blacklist(session: Session) -> None:
    """What an admin does, and every recipe for logging out everywhere."""
    BlacklistedToken.objects.create(token=outstanding(session))


def is_blacklisted(session: Session) -> bool:
    """Whether simplejwt's own tables say so."""
    return BlacklistedToken.objects.filter(token__jti=str(session.pk)).exists()

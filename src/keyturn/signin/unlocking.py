"""Let somebody try again at once."""

from datetime import datetime
from typing import Any

from keyturn.defence import attempts
from keyturn.signin.identifying import account_of
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["unlock"]


def unlock(user: Any, *, now: datetime) -> None:
    """Forget the attempts at a user's account that went wrong, from wherever, and record it.

    Args:
        user: whose account.
        now: aware.
    """
    attempts.unlock(account=account_of(user))
    record(Event.UNLOCKED, user_id=user.pk, at=now)

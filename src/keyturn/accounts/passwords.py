"""The password somebody types to show that it is really they, counted like a login's; and the one that replaces it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.views.decorators.debug import sensitive_variables

from keyturn.defence import attempts
from keyturn.defence.passwords import spellings
from keyturn.errors import Reason, RefusedError
from keyturn.signin.identifying import account_of
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = [
    "confirm_password",
    "is_password_of",
    "set_password",
]


@sensitive_variables()
def is_password_of(user: Any, typed: str) -> bool:
    """Whether this is the user's password, in one of the forms in which it may be kept (RFC 8265 section 4.2)."""
    return any(user.check_password(spelling) for spelling in spellings(typed))


@sensitive_variables()
def confirm_password(user: Any, typed: str, *, ip: str | None, session_id: UUID | None, now: datetime) -> None:
    """Let a signed-in user show once more who they are. Every guess is counted before it is looked at.

    Args:
        user: loaded.
        typed: the password as typed.
        ip: the client's address.
        session_id: the session in which it happens.
        now: aware.

    Raises:
        TooManyAttemptsError: not looked at.
        RefusedError: ``wrong_password``.
    """
    attempt = attempts.begin(account=account_of(user), ip=ip, now=now, user_id=user.pk)
    if not is_password_of(user, typed):
        record(Event.REAUTHENTICATION_FAILED, user_id=user.pk, session_id=session_id, at=now)
        raise RefusedError(Reason.WRONG_PASSWORD)
    attempt.succeeded(now=now)


@sensitive_variables()
def set_password(user: Any, password: str) -> None:
    """Give a user a new password, which ends all the user's sessions in the same transaction (DESIGN P7).

    Args:
        user: the locked row.
        password: as :func:`keyturn.defence.passwords.check_new` returned it.
    """
    user.set_password(password)
    user.save(update_fields=["password"])

"""The password somebody types to show that it is really they, counted like a login's; and the one that replaces it."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import router
from django.views.decorators.debug import sensitive_variables

from keyturn.clock import aware, stored, utc_now
from keyturn.defence import attempts
from keyturn.defence.passwords import spellings
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.models import Session
from keyturn.signin.identifying import account_of
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = [
    "confirm_password",
    "follow_reauthentication",
    "is_password_of",
    "require_recent_authentication",
    "set_password",
]

_RECENT: Final = 300
"""Seconds; django-allauth's ``ACCOUNT_REAUTHENTICATION_TIMEOUT`` says otherwise."""


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


def require_recent_authentication(user: Any, *, session_id: UUID | None, now: datetime) -> None:
    """Let nobody go on who has not shown within the last minutes who they are, in this very session (RFC 9470).

    Args:
        user: whose session.
        session_id: the session of the request; None: a token that names none.
        now: aware.

    Raises:
        RefusedError: ``reauthentication_required``.
    """
    since = None
    if session_id is not None:
        rows = Session.objects.using(router.db_for_write(Session)).filter(pk=session_id, user_id=user.pk)
        since = rows.values_list("auth_time", flat=True).first()
    timeout = timedelta(seconds=getattr(settings, "ACCOUNT_REAUTHENTICATION_TIMEOUT", _RECENT))
    if since is None or aware(since) < now - timeout:
        raise RefusedError(Reason.REAUTHENTICATION_REQUIRED)


@sensitive_variables()
def set_password(user: Any, password: str) -> None:
    """Give a user a new password, which ends all the user's sessions in the same transaction (DESIGN P7).

    Args:
        user: the locked row.
        password: as :func:`keyturn.defence.passwords.check_new` returned it.
    """
    user.set_password(password)
    user.save(update_fields=["password"])


def follow_reauthentication() -> None:
    """Let a session remember when its user last showed who they are. Safe to call twice."""
    if not apps.is_installed("allauth.account"):
        return
    from allauth.account.signals import authentication_step_completed  # noqa: PLC0415 - not every project has it

    authentication_step_completed.connect(_reauthenticated, dispatch_uid="keyturn.accounts.reauthenticated")


def _reauthenticated(*, request: Any, user: Any, reauthenticated: bool = False, **_: object) -> None:
    session_id = getattr(getattr(request, "auth", None), "sid", None)
    if reauthenticated and session_id is not None:
        rows = Session.objects.using(router.db_for_write(Session))
        rows.filter(pk=session_id, user_id=user.pk).update(auth_time=stored(utc_now()))

"""Step-up (RFC 9470): what must not be done by whoever merely holds a session is done right after a proof.

There is one truth, the session's row: when its user last proved who they are (``auth_time``), and how (``amr``). A
sign-in counts as much as a proof given later. Every endpoint that changes a password, an address, a factor or a linked
account, and the one that deletes the account, asks :func:`require_recent_authentication`; a project's own endpoints ask
:func:`require`, by way of :mod:`keyturn.permissions`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.conf import settings

from keyturn import conf
from keyturn.accounts.profile import email_field, is_email_verified
from keyturn.errors import Reason, RefusedError
from keyturn.mfa.factors import is_enrolled, methods_of
from keyturn.sessions.assurance import TWO_FACTORS, Method, is_strong
from keyturn.sessions.stepping_up import Standing, standing_of

__all__ = [
    "check_offered",
    "mailbox",
    "max_age",
    "methods_for",
    "require",
    "require_beside_password",
    "require_recent_authentication",
]

_RECENT: Final = 300
"""Seconds, as django-allauth has it."""


def max_age() -> timedelta:
    """How long a proof counts as recent: ``STEP_UP_MAX_AGE``, else ``ACCOUNT_REAUTHENTICATION_TIMEOUT``."""
    found = conf.get().step_up_max_age
    if found is not None:
        return found
    return timedelta(seconds=getattr(settings, "ACCOUNT_REAUTHENTICATION_TIMEOUT", _RECENT))


def require_recent_authentication(user: Any, *, session_id: UUID | None, now: datetime) -> None:
    """Let nobody go on who has not shown within the last minutes who they are, in this very session.

    Whoever has a second factor must have shown it, or a passkey that made sure of its user.

    Args:
        user: whose session.
        session_id: the session of the request; None: a token that names none.
        now: aware.

    Raises:
        RefusedError: ``reauthentication_required``.
    """
    require(user, session_id=session_id, within=max_age(), acr=TWO_FACTORS if is_enrolled(user) else None, now=now)


def require_beside_password(user: Any, *, session_id: UUID | None, now: datetime) -> None:
    """The same where the request itself shows the password: of whoever has that alone, it is the proof.

    Raises:
        RefusedError: ``reauthentication_required``.
    """
    if is_enrolled(user) or not user.has_usable_password():
        require_recent_authentication(user, session_id=session_id, now=now)


def require(user: Any, *, session_id: UUID | None, within: timedelta | None, acr: str | None, now: datetime) -> None:
    """Let nobody go on whose session is not as recent and as strong as asked for.

    Args:
        user: whose session.
        session_id: the session of the request; None: a token that names none.
        within: how old the last proof may be; None: however old.
        acr: ``2fa``; None: one factor will do.
        now: aware.

    Raises:
        RefusedError: ``reauthentication_required``, which tells how to go on; ``factor_setup_required``: two factors
            are asked for, and the user has set up none.
    """
    standing = None if session_id is None else standing_of(session_id, user_pk=user.pk)
    if standing is not None and standing.meets(max_age=within, acr=acr, now=now):
        return
    methods = methods_for(user, standing=standing, acr=acr)
    if acr == TWO_FACTORS and not methods:
        raise RefusedError(Reason.FACTOR_SETUP_REQUIRED, "two factors are asked for")
    raise RefusedError(Reason.REAUTHENTICATION_REQUIRED, told=_told(within=within, acr=acr, methods=methods))


def check_offered(user: Any, *, session_id: UUID | None, method: Method) -> None:
    """Look at no password, and mail no code, that would leave the session with less than it has.

    Args:
        user: who is signed in.
        session_id: in which session.
        method: what the user is about to show.

    Raises:
        RefusedError: ``reauthentication_required``, which tells how to go on.
    """
    standing = None if session_id is None else standing_of(session_id, user_pk=user.pk)
    methods = methods_for(user, standing=standing, acr=None)
    if method.value not in methods:
        raise RefusedError(Reason.REAUTHENTICATION_REQUIRED, told=_told(within=max_age(), acr=None, methods=methods))


def _told(*, within: timedelta | None, acr: str | None, methods: tuple[str, ...]) -> Mapping[str, Any]:
    """What a client is told of a challenge, in the words of RFC 9470 section 3.

    Args:
        within: how old the proof may be.
        acr: how strong it must be.
        methods: by what the user can give it.
    """
    found: dict[str, Any] = {} if within is None else {"max_age": int(within.total_seconds())}
    if acr is not None:
        found["acr_values"] = acr
    return {**found, "methods": list(methods)}


def methods_for(user: Any, *, standing: Standing | None, acr: str | None) -> tuple[str, ...]:
    """By what a user can prove who they are once more, in the order in which to offer it.

    A session that was opened with a second factor is proved anew by a second factor: a password alone would make less
    of it. A code is mailed only to those who have nothing else.

    Args:
        user: who is signed in.
        standing: what the session has to show; None: nothing.
        acr: what is asked for.

    Returns:
        Words of :class:`keyturn.sessions.assurance.Method`; none where the user has to sign in anew.
    """
    factors = methods_of(user) if is_enrolled(user) else ()
    if acr == TWO_FACTORS or (factors and standing is not None and is_strong(standing.amr)):
        return factors
    if user.has_usable_password():
        return (Method.PASSWORD.value, *factors)
    return factors or ((Method.MAIL_CODE.value,) if mailbox(user) else ())


def mailbox(user: Any) -> str:
    """The verified address that a code may be mailed to; empty where there is none, or no endpoint for it."""
    name = email_field()
    email = str(getattr(user, name) or "") if name is not None else ""
    if not email or not apps.is_installed("allauth.headless"):
        return ""
    return email if is_email_verified(user, email) else ""

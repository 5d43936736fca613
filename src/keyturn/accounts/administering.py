"""What an administrator does to an account: end its sessions, demand a new password, let it in again.

The trail names the administrator by the caller (:mod:`keyturn.trail.calling`).
"""

from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction

from keyturn.clock import stored, utc_now
from keyturn.errors import RefusedError
from keyturn.locking import until_past_is_gone
from keyturn.mfa.trusted import forget_all
from keyturn.sessions.revocation import RevokeReason, revoke_user_sessions
from keyturn.sessions.statements import database
from keyturn.sessions.user_changes import password_replaced
from keyturn.signin.models import AccountState
from keyturn.signin.users import locked_user
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["end_sessions", "follow", "lift_reset", "require_reset"]


def follow() -> None:
    """Let a new password meet the demand for one, and an address count that was verified, each through whatever door.

    Safe to call twice.
    """
    password_replaced.connect(_met, dispatch_uid="keyturn.reset_met")
    if apps.is_installed("allauth.account"):
        from allauth.account.signals import email_confirmed  # noqa: PLC0415 - not every project has it

        email_confirmed.connect(_verified, dispatch_uid="keyturn.address_verified")


def end_sessions(user_pk: Any, *, now: datetime) -> int:
    """End all sessions of a user, and trust none of the user's devices any longer.

    Returns:
        How many this call ended.
    """
    ended = len(revoke_user_sessions(user_pk, reason=RevokeReason.REVOKED_BY_ADMIN, now=now))
    forget_all(user=user_pk, now=now)
    return ended


def require_reset(user_pk: Any, *, now: datetime) -> bool:
    """Let the password open no session until it is reset, and end the sessions that it opened.

    A login under way does not survive it: the statement that opens a session asks for the demand. What a statement
    opened that began before the demand was committed is ended a moment later.

    Args:
        user_pk: the user's primary key.
        now: aware.

    Returns:
        Whether there is such a user.
    """
    alias = database()
    with transaction.atomic(using=alias):
        try:
            locked_user(user_pk)
        except RefusedError:
            return False
        AccountState.objects.using(alias).update_or_create(user_id=user_pk, defaults={"reset_required_at": stored(now)})
        revoke_user_sessions(user_pk, reason=RevokeReason.REVOKED_BY_ADMIN, now=now)
        forget_all(user=user_pk, now=now)
        record(Event.PASSWORD_RESET_REQUIRED, user_id=user_pk, at=now)
        transaction.on_commit(lambda: _end_overtaken(user_pk, now=now), using=alias)
    return True


def _end_overtaken(user_pk: Any, *, now: datetime) -> None:
    alias = database()
    until_past_is_gone(alias)
    with transaction.atomic(using=alias):
        try:
            # Waits for every transaction that has opened a session of this user.
            locked_user(user_pk)
        except RefusedError:
            return
        if AccountState.objects.using(alias).filter(user_id=user_pk, reset_required_at__isnull=False).exists():
            revoke_user_sessions(user_pk, reason=RevokeReason.REVOKED_BY_ADMIN, now=now)


def lift_reset(user_pk: Any, *, now: datetime) -> bool:
    """Withdraw the demand for a new password.

    Args:
        user_pk: the user's primary key.
        now: aware.

    Returns:
        Whether there was one.
    """
    alias = database()
    with transaction.atomic(using=alias):
        demanded = AccountState.objects.using(alias).filter(user_id=user_pk, reset_required_at__isnull=False)
        if not demanded.update(reset_required_at=None):
            return False
        record(Event.ADMIN_ACTION, user_id=user_pk, reason="reset_requirement_lifted", at=now)
    return True


def _met(*, user_id: Any, using: str, **_: object) -> None:
    AccountState.objects.using(using).filter(user_id=user_id, reset_required_at__isnull=False).update(
        reset_required_at=None
    )


def _verified(*, email_address: Any, **_: object) -> None:
    AccountState.objects.using(database()).filter(user_id=email_address.user_id, verified_at__isnull=True).update(
        verified_at=stored(utc_now())
    )

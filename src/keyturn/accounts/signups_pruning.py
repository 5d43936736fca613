"""Remove accounts whose owner signed up and never confirmed the address: they hold a user name, and nobody's trust.

Nothing is removed that anybody could have come to use. Where the project lets people in without a confirmed address,
these accounts are in use, and stay.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.account import app_settings
from allauth.account.models import EmailAddress
from django.db import IntegrityError, router, transaction
from django.db.models import ProtectedError, RestrictedError

from keyturn.accounts.profile_deletion import remove_user
from keyturn.clock import stored
from keyturn.errors import RefusedError
from keyturn.sessions.models import Session
from keyturn.signin.models import AccountState
from keyturn.signin.users import locked_user, user_database
from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent

__all__ = ["PruneProgress", "is_mandatory", "prune_sign_ups"]


@dataclass(frozen=True, slots=True)
class PruneProgress:
    """How far pruning has come.

    Args:
        examined: accounts looked at so far.
        removed: accounts removed so far.
    """

    examined: int
    removed: int


def is_mandatory() -> bool:
    """Whether nobody gets in without a confirmed address, so that an account without one is nobody's."""
    return bool(app_settings.EMAIL_VERIFICATION == app_settings.EmailVerificationMethod.MANDATORY)


def prune_sign_ups(*, now: datetime, retention: timedelta, batch_size: int = 1_000) -> Iterator[PruneProgress]:
    """Remove the accounts that were signed up for more than ``retention`` ago and never confirmed since.

    One transaction for each account, in which it is looked at once more under its lock: a confirmation that comes at
    the same moment wins, or finds no account.

    Args:
        now: aware.
        retention: how long an address may wait for its confirmation.
        batch_size: accounts read in one go.

    Yields:
        The progress after each batch; the last one is the total.
    """
    examined = removed = 0
    last: Any = None
    while is_mandatory():
        rows = _waiting(before=now - retention).order_by("pk")
        batch = list((rows if last is None else rows.filter(pk__gt=last)).values_list("pk", flat=True)[:batch_size])
        if not batch:
            break
        last = batch[-1]
        examined += len(batch)
        removed += sum(_remove(user_pk, before=now - retention, now=now) for user_pk in batch)
        yield PruneProgress(examined, removed)
    if examined == 0:
        yield PruneProgress(0, 0)


def _waiting(*, before: datetime) -> Any:
    """What was signed up for before a time and waits for its first confirmed address."""
    return AccountState._base_manager.using(router.db_for_write(AccountState)).filter(
        signed_up_at__lt=stored(before), verified_at__isnull=True
    )


def _remove(user_pk: Any, *, before: datetime, now: datetime) -> bool:
    try:
        with transaction.atomic(using=user_database()):
            user = locked_user(user_pk)
            if not _waiting(before=before).filter(pk=user_pk).exists() or _is_somebodys(user):
                return False
            remove_user(user, session_id=None, now=now)
            return True
    except RefusedError:
        return False  # gone already
    except (ProtectedError, RestrictedError, IntegrityError):
        return False  # the project's own tables hold on to it


def _is_somebodys(user: Any) -> bool:
    """Whether anybody has used the account, has been given a right by it, or has had a say about it."""
    if not user.is_active or user.last_login is not None:
        return True
    if getattr(user, "is_staff", False) or getattr(user, "is_superuser", False):
        return True
    if any(getattr(user, name).exists() for name in ("groups", "user_permissions") if hasattr(user, name)):
        return True
    if EmailAddress.objects.using(router.db_for_write(EmailAddress)).filter(user_id=user.pk, verified=True).exists():
        return True
    if Session.objects.using(router.db_for_write(Session)).filter(user_id=user.pk).exists():
        return True
    events = AuditEvent._base_manager.using(router.db_for_write(AuditEvent))
    return bool(events.filter(user_id=str(user.pk), event=Event.LOGIN.value).exists())

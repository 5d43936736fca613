"""Leave: the account goes with all that hangs on it. What the trail says of it stays, as long as the trail keeps it."""

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, router, transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils.module_loading import import_string

from keyturn import conf
from keyturn.accounts.email_changes import give_up_change
from keyturn.accounts.models import Flow
from keyturn.accounts.profile import email_field, is_email_verified
from keyturn.errors import KeyturnError, Reason, RefusedError
from keyturn.mail.outbox import enqueue
from keyturn.mail.rendering import BadAddressError, render
from keyturn.sessions.models import Session
from keyturn.sessions.revocation import RevokeReason, revoke_user_sessions
from keyturn.signin.users import locked_user, user_database
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["AccountInUseError", "delete_account", "remove_user"]

logger = logging.getLogger("keyturn.accounts")


class AccountInUseError(KeyturnError):
    """Something in the project's database must not lose this user (``on_delete=PROTECT`` and the like)."""


def delete_account(user_pk: Any, *, password_hash: str, session_id: UUID | None, now: datetime) -> None:
    """Delete a user for good, end the sessions, and tell the user's verified address. All or nothing.

    Args:
        user_pk: the user's primary key.
        password_hash: the stored password under which the user has just shown who they are.
        session_id: the session in which it happens.
        now: aware.

    Raises:
        RefusedError: ``user_not_found``; ``wrong_password``: the password was changed meanwhile.
        AccountInUseError: the project does not let go of the user; nothing was changed.
    """
    try:
        with transaction.atomic(using=user_database()):
            # Flows before the user, in the order in which everybody locks them.
            _forget_flows(user_pk)
            user = locked_user(user_pk)
            if user.password != password_hash:
                raise RefusedError(Reason.WRONG_PASSWORD, "changed while the account was being deleted")
            _tell(user)
            remove_user(user, session_id=session_id, now=now)
    except (ProtectedError, RestrictedError, IntegrityError) as error:
        logger.warning("an account cannot be deleted: %s", type(error).__name__)
        raise AccountInUseError("something must not lose this user") from error


def remove_user(user: Any, *, session_id: UUID | None, now: datetime) -> None:
    """Remove a user as the project wants it done (``ACCOUNT_DELETION``), sessions and all. Inside a transaction."""
    hook = conf.get().account_deletion
    if hook is None:
        # Whoever deletes a user, the trail has it.
        user.delete()
        return
    user_pk = user.pk
    (import_string(hook) if isinstance(hook, str) else hook)(user)
    # A project that keeps the row, without what made it somebody's, has signed that somebody out all the same.
    revoke_user_sessions(user_pk, reason=RevokeReason.USER_DELETED, now=now)
    if user.pk is not None:  # else it has been deleted, which the trail knows
        record(Event.ACCOUNT_DELETED, user_id=user_pk, session_id=session_id, at=now)


def _forget_flows(user_pk: Any) -> None:
    sessions = Session.objects.using(router.db_for_write(Session)).filter(user_id=user_pk)
    ids = list(sessions.order_by().values_list("pk", flat=True))
    Flow._base_manager.using(router.db_for_write(Flow)).filter(session_id__in=ids).delete()
    give_up_change(user_pk)


def _tell(user: Any) -> None:
    name = email_field()
    email = str(getattr(user, name) or "") if name is not None else ""
    # An address that was never verified may be a stranger's.
    if not email or is_email_verified(user, email) is False:
        return
    try:
        message = render("account_deleted", to=email, context={"username": user.get_username()})
    except BadAddressError:
        return
    enqueue(message, kind="account_deleted")

"""A new account, made by its owner: what is counted before, and what is stored together."""

import secrets
from datetime import datetime
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.userkit import filter_users_by_email, user_email
from allauth.account.models import EmailAddress
from django.db import IntegrityError, connections, transaction
from django.db.models import F

from keyturn.clock import stored, utc_now
from keyturn.defence import limits
from keyturn.defence.names import is_username_taken
from keyturn.locking import hold
from keyturn.mail import outbox
from keyturn.signin.models import AccountState
from keyturn.signin.users import user_database
from keyturn.trail.calling import current_caller

__all__ = ["AddressTakenError", "count_mail", "count_sign_up", "pretend_signed_up", "store_signed_up"]


def count_sign_up(email: str, *, now: datetime) -> None:
    """Count a sign-up by address and by e-mail, whether or not there is an account with it; and the mail it causes.

    Raises:
        MailUnavailableError: no mail could be sent.
        TooManyAttemptsError: too many; nothing was done.
    """
    limits.take(action="sign_up", keys={"address": current_caller().ip, "email": email}, now=now)
    count_mail(email, now=now)


def count_mail(email: str, *, now: datetime) -> None:
    """Count a mail that somebody unknown has sent to an address of their choice.

    Raises:
        MailUnavailableError: no mail could be sent.
        TooManyAttemptsError: too many; nothing was done.
    """
    outbox.demand()
    limits.take(action="mail", keys={"address": current_caller().ip, "email": email}, now=now)


class AddressTakenError(Exception):
    """Somebody else signed up with the same address at the same moment. The client is told nothing of it."""


def store_signed_up(user: Any) -> None:
    """Store a user, password hash and all, who has signed up just now.

    Raises:
        ValidationError: ``username_taken``: somebody else was faster.
        AddressTakenError: the same for the address.
    """
    taken = get_adapter().validation_error("username_taken")
    try:
        with transaction.atomic(using=user_database()):
            # Asked again here, where address and name are held until the transaction ends.
            email = user_email(user)
            if email and _is_address_taken(email):
                raise AddressTakenError
            if _is_name_taken(user):
                raise taken
            user.save()
            AccountState.objects.create(user=user, signed_up_at=stored(utc_now()))
    except IntegrityError:
        raise taken from None


def pretend_signed_up(user: Any, email: str) -> None:
    """Store what a sign-up would and undo it, where the address has an account: the time must not tell.

    No signal is sent, so that nobody hears of a user who never was.

    Args:
        user: never saved, password hash and all.
        email: the address.

    Raises:
        ValidationError: ``username_taken``, as it would for anybody.
    """
    if user._meta.parents:
        # In more than one table: Django cannot store such a row without telling everybody.
        return
    # The owner's row has the address, and the user model may allow for it once only.
    user_email(user, f"{secrets.token_hex(8)}@pretended.invalid")
    using = user_database()
    try:
        with transaction.atomic(using=using):
            _is_address_taken(email)
            if _is_name_taken(user):
                raise get_adapter().validation_error("username_taken")
            type(user)._base_manager.using(using).bulk_create([user])
            AccountState.objects.using(using).bulk_create([AccountState(user=user, signed_up_at=stored(utc_now()))])
            EmailAddress.objects.using(using).bulk_create([EmailAddress(user=user, email=email)])
            transaction.set_rollback(True, using=using)
    except IntegrityError:
        raise get_adapter().validation_error("username_taken") from None


def _is_name_taken(user: Any) -> bool:
    field = app_settings.USER_MODEL_USERNAME_FIELD
    return bool(field) and is_username_taken(getattr(user, field), field=field)


def _is_address_taken(email: str) -> bool:
    alias = user_database()
    if connections[alias].vendor == "sqlite":
        # Changes nothing, and holds the database: a transaction that began by reading could be overtaken.
        AccountState.objects.using(alias).filter(signed_up_at__lt=F("signed_up_at")).update(verified_at=None)
    hold("e-mail address", email, alias=alias)
    return bool(filter_users_by_email(email))

"""Verified e-mail addresses: who needs one, what a mail's link may still do, and the moment an address is verified."""

from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.userkit import user_email
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.db import router, transaction
from django.http import HttpRequest

from keyturn.accounts.email_changes import is_awaited
from keyturn.accounts.link_keys import LinkKey, LinkKind, holds, read_key, use_up
from keyturn.clock import stored
from keyturn.errors import Reason, RefusedError
from keyturn.signin.models import AccountState
from keyturn.signin.users import locked_user, user_database

__all__ = ["address_of_link", "confirm_by_link", "needs_verification", "note_verified"]


def needs_verification(user: Any) -> bool:
    """Whether the account waits for its first verified address: signed up by its owner, and never verified since."""
    return (
        AccountState._base_manager.using(_states())
        .filter(pk=user.pk, signed_up_at__isnull=False, verified_at__isnull=True)
        .exists()
    )


def note_verified(user_pk: Any, *, now: datetime) -> None:
    """Remember that the account has had a verified address; only the first time counts."""
    AccountState._base_manager.using(_states()).filter(pk=user_pk, verified_at__isnull=True).update(
        verified_at=stored(now)
    )


def _states() -> str:
    return router.db_for_write(AccountState)


def address_of_link(key: str, *, now: datetime) -> EmailAddress:
    """Find the address that a link verifies, without using the link up.

    Returns:
        The address, unverified; not stored yet where the link is to change the user's.

    Raises:
        RefusedError: ``link_invalid``, ``link_expired``, ``link_used``, ``link_outdated`` or ``email_taken``.
    """
    said = read_key(LinkKind.VERIFY_EMAIL, key, now=now)
    user = get_user_model()._base_manager.using(user_database()).filter(pk=said.user_pk).first()
    return _address(said, user)


def confirm_by_link(request: HttpRequest, key: str, *, now: datetime) -> EmailAddress:
    """Verify the address that a link was sent to. Nobody is signed in by it, and no flow is needed.

    Args:
        request: handed to django-allauth's signals.
        key: as presented.
        now: aware.

    Returns:
        The address, verified; where the link changed the user's address, it has taken the place of the former one.

    Raises:
        RefusedError: as :func:`address_of_link`. Of uses at the same moment one succeeds.
    """
    said = read_key(LinkKind.VERIFY_EMAIL, key, now=now)
    with transaction.atomic(using=user_database()):
        try:
            user = locked_user(said.user_pk)
        except RefusedError:
            user = None
        address = _address(said, user)
        use_up(LinkKind.VERIFY_EMAIL, key, now=now)
        if not get_adapter().confirm_email(request, address):
            raise RefusedError(Reason.EMAIL_TAKEN)
    return address


def _address(said: LinkKey, user: Any) -> EmailAddress:
    if user is None:
        raise RefusedError(Reason.LINK_INVALID, "the user is gone")
    address = EmailAddress.objects.filter(user_id=user.pk, email=said.email).first()
    if address is not None and address.verified:
        raise RefusedError(Reason.LINK_USED)
    if not holds(LinkKind.VERIFY_EMAIL, said.state, user=user) or (
        address is None and (said.email == user_email(user) or not is_awaited(user.pk, email=said.email))
    ):
        raise RefusedError(Reason.LINK_OUTDATED)
    found = address or EmailAddress(email=said.email)
    found.user = user
    if not found.can_set_verified():
        raise RefusedError(Reason.EMAIL_TAKEN)
    return found

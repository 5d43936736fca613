"""Whose account an e-mail address belongs to, for mails that open it: what was typed never becomes a recipient."""

from dataclasses import dataclass
from typing import Any, Final

from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.db.models import Q

from keyturn.accounts.profile import email_field
from keyturn.defence.names import lookup_email
from keyturn.sessions.policy import Policy
from keyturn.signin.users import user_database

__all__ = ["Mailbox", "comparable", "mailbox_of"]


_MOST: Final = 20
"""Accounts of one address that are looked at; nothing but a project's own rule keeps them from being many."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An account, and its address as it is stored: mail goes there and nowhere else (CVE-2019-19844)."""

    user: Any
    email: str


def comparable(typed: str) -> str:
    """The form of an address in which attempts with it are counted; never one to write to."""
    return lookup_email(typed) or typed.strip().casefold()


def mailbox_of(typed: str) -> Mailbox | None:
    """Find the account of a typed address.

    Addresses are compared in ASCII without regard to case; a letter beyond ASCII is like no other, so that what only
    looks like an address, or becomes it when its case is changed, means nobody. The account that verified the address
    goes before one that merely names it, and of those the oldest. Two statements, whether there is an account or not.

    Returns:
        None where no account that may sign in has it.
    """
    wanted = lookup_email(typed)
    if wanted is None:
        wanted = ""
    alias, name = user_database(), email_field()
    addresses = EmailAddress.objects.using(alias).filter(Q(verified=True) | Q(primary=True), email=wanted)
    found = [Mailbox(one.user, one.email) for one in addresses.select_related("user").order_by("-verified", "user_id")]
    if name is not None:
        users = get_user_model()._base_manager.using(alias).filter(**{f"{name}__iexact": wanted}).order_by("pk")
        # What the database takes for the same letter in another case is more than we do.
        found += [Mailbox(user, own) for user in users[:_MOST] if (own := str(getattr(user, name))).lower() == wanted]
    admits = Policy.current().admits
    return next((mailbox for mailbox in found if wanted and mailbox.email.isascii() and admits(mailbox.user)), None)

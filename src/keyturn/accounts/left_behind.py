"""By what an account signs in that somebody has signed up for, with an address that nobody had shown to read.

The mailbox's owner is told before they confirm it. What they confirm by a link, apart from the client that signed up,
stays as it was made: the owner may be the one who made it, on another device. But only where one client has shown both,
the mailbox and a way in, is it known that they are one person's; till then a password that is reset takes what was left
away.
"""

from dataclasses import dataclass
from typing import Any, Final

from allauth.account.internal.flows.login import get_authentication_records
from django.apps import apps
from django.http import HttpRequest

from keyturn import conf
from keyturn.accounts.verification import needs_verification

__all__ = ["UNPROVEN", "SignedUpWith", "is_unproven", "note_proven", "signed_up_with"]

UNPROVEN: Final = "keyturn_unproven"
"""In ``extra_data`` of a linked account that came with a sign-up, until its mailbox was shown together with it: the
address that was given, empty where there was none."""


@dataclass(frozen=True, slots=True)
class SignedUpWith:
    """What an account has from its sign-up.

    Args:
        password: whether it has one.
        providers: names of those whose accounts sign in to it, as the settings have them; ids of others.
    """

    password: bool
    providers: tuple[str, ...]


def signed_up_with(user: Any) -> SignedUpWith | None:
    """By what a user signs in; None where no first address waits to be confirmed.

    Args:
        user: loaded.
    """
    if not needs_verification(user):
        return None
    known = conf.get().providers
    ids = sorted({account.provider for account in _accounts(user.pk)})
    names = tuple(known[one].name if one in known else one for one in ids)
    return SignedUpWith(password=bool(user.has_usable_password()), providers=names)


def is_unproven(account: Any) -> bool:
    """Whether nobody has yet shown the mailbox together with a linked account.

    Args:
        account: the row.
    """
    return isinstance(account.extra_data, dict) and isinstance(account.extra_data.get(UNPROVEN), str)


def note_proven(request: HttpRequest, user: Any, *, email: str) -> None:
    """Remember that one client has shown both, an account at a provider and the mailbox that was named with it.

    Args:
        request: of the flow in which the mailbox was shown.
        user: the locked row.
        email: of that mailbox.
    """
    records = get_authentication_records(request, user)
    shown = {(one.get("provider"), one.get("uid")) for one in records if one.get("method") == "socialaccount"}
    for account in _accounts(user.pk):
        if (
            (account.provider, account.uid) in shown
            and is_unproven(account)
            and account.extra_data[UNPROVEN] == email.lower()
        ):
            kept = {name: value for name, value in account.extra_data.items() if name != UNPROVEN}
            type(account)._base_manager.filter(pk=account.pk, user_id=user.pk).update(extra_data=kept)


def _accounts(user_pk: Any) -> list[Any]:
    if not apps.is_installed("allauth.socialaccount"):
        return []
    model: Any = apps.get_model("socialaccount", "SocialAccount")
    return list(model.objects.filter(user_id=user_pk))

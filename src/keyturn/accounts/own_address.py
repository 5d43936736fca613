"""The address of accounts that django-allauth never saw: made by an administrator, a command, or before it came.

It keeps addresses in a table of its own, and without a row there such an account could neither confirm the address that
it has (``unknown_email``) nor change to it (``duplicate_email``).
"""

from typing import Any

from allauth.account.internal.userkit import user_email
from allauth.account.models import EmailAddress

from keyturn.defence.names import lookup_email
from keyturn.signin.users import user_database

__all__ = ["note_own_address"]


def note_own_address(user: Any, typed: str) -> None:
    """Make the row, unverified, where the account has none at all and this is the address that its user has.

    Args:
        user: loaded.
        typed: as the client sent it; compared in ASCII without regard to case.
    """
    own = user_email(user) or ""
    if lookup_email(own) is None or lookup_email(own) != lookup_email(typed):
        return
    rows = EmailAddress.objects.using(user_database())
    if not rows.filter(user_id=user.pk).exists():
        rows.get_or_create(user_id=user.pk, email=own.lower(), defaults={"primary": True, "verified": False})

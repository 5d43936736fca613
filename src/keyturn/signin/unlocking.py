"""Let somebody try again at once."""

from datetime import datetime
from typing import Any

from django.apps import apps

from keyturn.defence import attempts
from keyturn.signin.identifying import Code, account_of, account_of_code
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["unlock"]


def unlock(user: Any, *, now: datetime) -> None:
    """Forget the attempts at a user's account, and at codes mailed to it, that went wrong, from wherever; record it.

    Args:
        user: whose account.
        now: aware.
    """
    attempts.unlock(account=account_of(user))
    for email in _addresses(user):
        for code in Code:
            attempts.unlock(account=account_of_code(code, email=email))
    record(Event.UNLOCKED, user_id=user.pk, at=now)


def _addresses(user: Any) -> frozenset[str]:
    """Where codes may have been sent to."""
    found = [getattr(user, str(getattr(user, "EMAIL_FIELD", "email")), "")]
    if apps.is_installed("allauth.account"):
        rows = apps.get_model("account", "EmailAddress")._base_manager.filter(user=user)
        found += rows.values_list("email", flat=True)
    return frozenset(str(email) for email in found if email)

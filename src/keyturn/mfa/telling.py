"""Who is told that factors have changed: the trail and the project by django-allauth's signals, the user by a mail.

Signals are sent, and mails put into the queue, inside the transaction that decides: what is rolled back is told nobody.
"""

from typing import Any, Final

from django.apps import apps

from keyturn.mail.sending import send
from keyturn.mfa.factors import RECOVERY_CODES, TOTP, WEBAUTHN
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["tell_of_addition", "tell_of_new_codes", "tell_of_recovery", "tell_of_removal"]

_ADDED: Final = {TOTP: ("totp_activated", "totp_added"), WEBAUTHN: ("webauthn_added", "passkey_added")}
_REMOVED: Final = {TOTP: ("totp_deactivated", "totp_removed"), WEBAUTHN: ("webauthn_removed", "passkey_removed")}
"""django-allauth's name of a mail, and ours."""


def tell_of_addition(user: Any, factor: Any) -> None:
    """A factor was added. Recovery codes that come with it are told of by no mail: they are on the screen.

    Args:
        user: whose.
        factor: the row.
    """
    _signal("authenticator_added", user, factor)
    if factor.type in _ADDED:
        _mail(*_ADDED[factor.type], user)


def tell_of_removal(user: Any, factor: Any) -> None:
    """A factor was removed. Recovery codes that go with the last one are told of by no mail.

    Args:
        user: whose.
        factor: the row that was.
    """
    _signal("authenticator_removed", user, factor)
    if factor.type in _REMOVED:
        _mail(*_REMOVED[factor.type], user)


def tell_of_new_codes(user: Any, factor: Any) -> None:
    """Recovery codes were made anew; those before are of no use any more.

    Args:
        user: whose.
        factor: the row of recovery codes.
    """
    _signal("authenticator_reset", user, factor)
    _mail("recovery_codes_generated", "recovery_codes_made", user)


def tell_of_recovery(user: Any, *, unused: int) -> None:
    """A recovery code was used up.

    Args:
        user: whose.
        unused: how many are left.
    """
    record(Event.RECOVERY_CODE_USED, user_id=user.pk, reason=RECOVERY_CODES, details={"unused": unused})
    _mail("recovery_code_used", "recovery_code_used", user, codes_left=str(unused))


def _signal(name: str, user: Any, factor: Any) -> None:
    from allauth.core import context  # noqa: PLC0415 - only where there are factors
    from allauth.mfa import signals  # noqa: PLC0415

    getattr(signals, name).send(sender=type(factor), request=context.request, user=user, authenticator=factor)


def _mail(theirs: str, ours: str, user: Any, **said: str) -> None:
    from allauth.account import app_settings  # noqa: PLC0415 - only where there are factors
    from allauth.account.adapter import get_adapter  # noqa: PLC0415
    from allauth.account.models import EmailAddress  # noqa: PLC0415

    if apps.is_installed("allauth.headless"):
        # Keyturn's adapter, or the project's own that stands on it.
        get_adapter().send_notification_mail(f"mfa/email/{theirs}", user, said)
    elif app_settings.EMAIL_NOTIFICATIONS and (email := EmailAddress.objects.get_primary_email(user)):
        send(ours, to=email, context=said)

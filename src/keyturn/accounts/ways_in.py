"""By what a user can sign in: whatever is taken away, one of these must stay."""

from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Any

from django.apps import apps
from django.conf import settings

from keyturn import conf
from keyturn.accounts.issuers import signs_in_by
from keyturn.errors import Reason, RefusedError
from keyturn.mfa.passkey_data import stays_on_device
from keyturn.mfa.passkey_site import can_use_passkeys

__all__ = ["WayIn", "require_way_in", "ways_in"]


class WayIn(StrEnum):
    """What signs somebody in by itself, or begins a sign-in."""

    PASSWORD = "password"  # noqa: S105 - a word, not a password
    PASSKEY = "passkey"
    PROVIDER = "provider"
    MAIL = "mail"


def ways_in(user: Any, *, without: Collection[Any] = ()) -> tuple[WayIn, ...]:
    """By what a user can sign in. Ask under :func:`keyturn.signin.users.locked_user`, or it may be outdated.

    The reset of a password counts for nothing: it is how somebody comes back, and not how they come in.

    Args:
        user: loaded.
        without: what is about to go: rows of django-allauth's ``SocialAccount`` and ``Authenticator``, or words of
            :class:`WayIn`.
    """
    return tuple(_ways(user, frozenset(without)))


def require_way_in(user: Any, *, without: Collection[Any]) -> None:
    """Let nothing be taken away without which the user could not sign in. Arguments as :func:`ways_in`.

    Who comes in by none of these ways, as by a back end of the project's own, loses none.

    Raises:
        RefusedError: ``last_way_in``.
    """
    if ways_in(user) and not ways_in(user, without=without):
        raise RefusedError(Reason.LAST_WAY_IN)


def _ways(user: Any, without: frozenset[Any]) -> Iterator[WayIn]:
    if WayIn.PASSWORD not in without and user.has_usable_password():
        yield WayIn.PASSWORD
    if WayIn.PASSKEY not in without and _has_passkey(user, without):
        yield WayIn.PASSKEY
    if WayIn.PROVIDER not in without and _has_provider(user, without):
        yield WayIn.PROVIDER
    if WayIn.MAIL not in without and _gets_mail(user):
        yield WayIn.MAIL


def _has_passkey(user: Any, without: frozenset[Any]) -> bool:
    """A passkey that its device finds by itself: only such a one signs in alone."""
    if not apps.is_installed("allauth.mfa"):
        return False
    from allauth.mfa import app_settings  # noqa: PLC0415 - not every project has it

    from keyturn.mfa.passkey_rows import passkeys_of  # noqa: PLC0415 - the same

    if not can_use_passkeys() or not app_settings.PASSKEY_LOGIN_ENABLED:
        return False
    return any(stays_on_device(one.row) is True for one in passkeys_of(user) if one.row not in without)


def _has_provider(user: Any, without: frozenset[Any]) -> bool:
    """An account at a provider that is configured still, and is who it was."""
    if not apps.is_installed("allauth.socialaccount"):
        return False
    from allauth.socialaccount.models import SocialAccount  # noqa: PLC0415 - not every project has it

    known = conf.get().providers
    rows = SocialAccount.objects.filter(user_id=user.pk, provider__in=list(known))
    return any(row not in without and signs_in_by(known[row.provider], row) for row in rows)


def _gets_mail(user: Any) -> bool:
    """Where codes that sign in are mailed: a verified address."""
    if not apps.is_installed("allauth.account") or not getattr(settings, "ACCOUNT_LOGIN_BY_CODE_ENABLED", False):
        return False
    from allauth.account.models import EmailAddress  # noqa: PLC0415 - not every project has it

    return EmailAddress.objects.filter(user_id=user.pk, verified=True).exists()

"""System checks of passkeys, in projects with ``allauth.mfa``."""

from collections.abc import Iterable

from django.apps import apps
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Tags, Warning  # noqa: A004
from django.core.checks import register as register_check

from keyturn import conf
from keyturn.conf.passkeys import ANDROID, fits
from keyturn.mfa.passkey_site import can_use_passkeys, passkey_site

__all__ = ["register"]


def register() -> None:
    """Register the checks with Django, where ``allauth.mfa`` is installed."""
    if not apps.is_installed("allauth.mfa"):
        return
    register_check(check_sign_up, Tags.security)
    register_check(check_origins, Tags.security)
    register_check(check_site, Tags.compatibility, deploy=True)


def check_sign_up(**_: object) -> Iterable[CheckMessage]:
    """E014: django-allauth's sign-up by passkey would register credentials without Keyturn's checks."""
    if getattr(django_settings, "MFA_PASSKEY_SIGNUP_ENABLED", False):
        yield Error(
            "MFA_PASSKEY_SIGNUP_ENABLED is on: passkeys would be registered by django-allauth, which does not ask"
            " whether a credential is somebody else's.",
            hint="Remove it. Users add passkeys once they have signed up.",
            id="keyturn.E014",
        )


def check_origins(**_: object) -> Iterable[CheckMessage]:
    """E015: a browser uses passkeys of a domain on pages under it, and elsewhere only if the domain says so."""
    known = conf.get()
    if known.passkey_rp_id is None:
        return
    origins = passkey_site().origins if can_use_passkeys() else frozenset()
    if not any(fits(origin, known.passkey_rp_id) or origin.startswith(ANDROID) for origin in origins):
        yield Error(
            f"KEYTURN['PASSKEY_RP_ID'] is {known.passkey_rp_id!r}, and none of the origins whose passkeys are taken"
            " lies under it with https://.",
            hint="It is the host of KEYTURN['PUBLIC_URL'] or a domain above it, and PASSKEY_ORIGINS names the pages.",
            id="keyturn.E015",
        )


def check_site(**_: object) -> Iterable[CheckMessage]:
    """W011: passkeys belong to a domain, which a request's ``Host`` is not believed about."""
    if "webauthn" in getattr(django_settings, "MFA_SUPPORTED_TYPES", ()) and not can_use_passkeys():
        yield Warning(
            "Passkeys are offered, and there is no page that could use them: KEYTURN['PUBLIC_URL'] is not set, has an"
            " IP address for its host, or does not begin with https://.",
            hint='Set it, or leave "webauthn" out of MFA_SUPPORTED_TYPES.',
            id="keyturn.W011",
        )

"""System checks of what a login asks for."""

from collections.abc import Iterable

from django.apps import apps
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Tags
from django.core.checks import register as register_check
from django.utils.module_loading import import_string

from keyturn import conf
from keyturn.signin.factor_rule import RULES

__all__ = ["register"]


def register() -> None:
    """Register the checks with Django."""
    register_check(check_required_factors, Tags.security)
    register_check(check_mailed_codes, Tags.security)


def check_required_factors(**_: object) -> Iterable[CheckMessage]:
    """E017: a rule that cannot be asked, or that nobody can meet, lets nobody in."""
    rule = conf.get().factor_required_of
    if rule == "nobody":
        return
    if isinstance(rule, str) and rule not in RULES:
        try:
            import_string(rule)
        except ImportError as error:
            yield Error(
                f"KEYTURN['FACTOR_REQUIRED_OF'] cannot be imported: {error}",
                hint="Write 'nobody', 'staff', 'everybody', or the dotted path of a function that is handed a user.",
                id="keyturn.E017",
            )
            return
    if not apps.is_installed("allauth.mfa"):
        yield Error(
            "KEYTURN['FACTOR_REQUIRED_OF'] asks for second factors, and nobody can set one up: allauth.mfa is not"
            " installed.",
            hint="Add it to INSTALLED_APPS; it comes with django-allauth[mfa].",
            id="keyturn.E017",
        )


def check_mailed_codes(**_: object) -> Iterable[CheckMessage]:
    """E018: django-allauth asks for a mailed code beside the password at its own doors alone."""
    if getattr(django_settings, "ACCOUNT_LOGIN_BY_CODE_REQUIRED", False):
        yield Error(
            "ACCOUNT_LOGIN_BY_CODE_REQUIRED asks for a mailed code beside the password, and /token/ and the admin do"
            " not.",
            hint="Leave it out, and say in KEYTURN['FACTOR_REQUIRED_OF'] who must have a second factor.",
            id="keyturn.E018",
        )

"""System checks of projects with django-allauth. Imports nothing of it before it is known to be installed."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, Warning  # noqa: A004
from django.core.checks import register as register_check
from django.db import router
from django.urls import URLPattern, get_resolver
from django.utils.module_loading import import_string

from keyturn import conf
from keyturn.accounts.models import Flow
from keyturn.mail.transport import is_configured

__all__ = ["register"]


def register() -> None:
    """Register the checks with Django, where django-allauth's headless engine is installed."""
    if not apps.is_installed("allauth.headless"):
        return
    register_check(check_hooks, Tags.security)
    register_check(check_sessions, Tags.security)
    register_check(check_accounts_routing, Tags.compatibility)
    register_check(check_urls, Tags.urls)
    register_check(check_limits, Tags.security)
    register_check(check_providers, Tags.security)
    register_check(check_foreign_providers, Tags.compatibility)
    register_check(check_links, Tags.security, deploy=True)
    register_check(check_mail, Tags.compatibility, deploy=True)


def check_hooks(**_: object) -> Iterable[CheckMessage]:
    """E008: django-allauth must ask Keyturn who signs in, and what a client is given for it."""
    from allauth.account import app_settings as account
    from allauth.headless import app_settings as headless

    from keyturn.accounts.adapter import AccountAdapter
    from keyturn.accounts.strategy import TokenStrategy

    strategy = type(headless.TOKEN_STRATEGY)
    adapter: Any = import_string(account.ADAPTER)
    for setting, found, wanted in (
        ("HEADLESS_TOKEN_STRATEGY", strategy, TokenStrategy),
        ("ACCOUNT_ADAPTER", adapter, AccountAdapter),
        *_of_providers(),
    ):
        if not issubclass(found, wanted):
            yield Error(
                f"{setting} is no {wanted.__module__}.{wanted.__qualname__}: who signs in at /auth/ would be given"
                " sessions that nothing of Keyturn's ends.",
                hint="Write `from keyturn.accounts.defaults import *` into the settings, or inherit from that class.",
                id="keyturn.E008",
            )


def _of_providers() -> Iterator[tuple[str, Any, Any]]:
    if apps.is_installed("allauth.socialaccount"):
        from allauth.socialaccount import app_settings

        from keyturn.accounts.social.adapter import SocialAccountAdapter

        yield "SOCIALACCOUNT_ADAPTER", import_string(app_settings.ADAPTER), SocialAccountAdapter


def check_providers(**_: object) -> Iterable[CheckMessage]:
    """E016: providers lead browsers back to an address that is registered with them, which no request's Host tells."""
    settings = conf.get()
    if not settings.providers:
        return
    if not apps.is_installed("allauth.socialaccount"):
        yield Error(
            "KEYTURN['PROVIDERS'] is set without allauth.socialaccount, which keeps the linked accounts.",
            hint="Add it to INSTALLED_APPS, and run migrate.",
            id="keyturn.E016",
        )
    elif settings.public_url is None:
        yield Error(
            "KEYTURN['PROVIDERS'] is set without KEYTURN['PUBLIC_URL']: nobody knows where providers lead back to.",
            hint="Set it to where clients reach this project.",
            id="keyturn.E016",
        )


def check_foreign_providers(**_: object) -> Iterable[CheckMessage]:
    """W012: what stands in django-allauth's own settings of providers is not looked at."""
    if apps.is_installed("allauth.socialaccount") and getattr(django_settings, "SOCIALACCOUNT_PROVIDERS", None):
        yield Warning(
            "SOCIALACCOUNT_PROVIDERS is set: Keyturn asks providers itself, and knows those of KEYTURN['PROVIDERS'].",
            hint="Write them there; accounts that are linked already go on working under the same names.",
            id="keyturn.W012",
        )


def check_sessions(**_: object) -> Iterable[CheckMessage]:
    """E009: two lists of sessions would disagree about which of them have ended."""
    if apps.is_installed("allauth.usersessions"):
        yield Error(
            "allauth.usersessions keeps a list of Django's sessions, which nobody who signs in with Keyturn has.",
            hint="Remove it from INSTALLED_APPS: /auth/…/auth/sessions answers from Keyturn's own sessions.",
            id="keyturn.E009",
        )


def check_accounts_routing(**_: object) -> Iterable[CheckMessage]:
    """E010: an account, its addresses and its flows change in one transaction, so one database must hold them."""
    from allauth.account.models import EmailAddress

    home = router.db_for_write(get_user_model())
    factors = [apps.get_model("mfa", "Authenticator")] if apps.is_installed("allauth.mfa") else []
    if apps.is_installed("allauth.socialaccount"):
        factors.append(apps.get_model("socialaccount", "SocialAccount"))
    for model in (EmailAddress, Flow, *factors):
        alias = router.db_for_write(model)
        if alias != home:
            yield Error(
                f"{model._meta.label} lives in database {alias!r}, and users in {home!r}.",
                hint=f"Route the app {model._meta.app_label!r} to the users' database.",
                id="keyturn.E010",
            )


def check_urls(**_: object) -> Iterable[CheckMessage]:
    """E013: behind django-allauth's own URLs nothing is counted, locked or answered as it is behind Keyturn's."""
    if getattr(django_settings, "ROOT_URLCONF", None) and any(_bare_views(get_resolver().url_patterns)):
        yield Error(
            "The project includes allauth.headless.urls: there, guesses at passwords and codes are not counted, and a"
            " code may be used twice at once.",
            hint="Remove it: include('keyturn.urls') has the same endpoints under auth/.",
            id="keyturn.E013",
        )


def _bare_views(patterns: Iterable[Any]) -> Iterator[URLPattern]:
    """The URLs that lead to one of django-allauth's headless views with nothing of ours around it."""
    for one in patterns:
        if not isinstance(one, URLPattern):
            yield from _bare_views(one.url_patterns)
            continue
        module = getattr(getattr(one.callback, "view_class", None), "__module__", "")
        # Ours carry a class for the OpenAPI document (keyturn.api.schema_stand_ins).
        if module.startswith("allauth.headless.") and not hasattr(one.callback, "cls"):
            yield one


def check_limits(**_: object) -> Iterable[CheckMessage]:
    """W005: django-allauth's limits need a cache, and fail with it; Keyturn's need none."""
    if getattr(django_settings, "ACCOUNT_RATE_LIMITS", None) is not False:
        yield Warning(
            "ACCOUNT_RATE_LIMITS is not False: django-allauth counts in the cache beside Keyturn, answers 429 without"
            " saying for how long, and 500 when the cache is down.",
            hint="Set it to False; KEYTURN['LIMITS'] says what is counted.",
            id="keyturn.W005",
        )


def check_links(**_: object) -> Iterable[CheckMessage]:
    """W006: mails have links only where somebody says to what."""
    settings = conf.get()
    if settings.public_url is None and not settings.frontend_urls.get("verify_email"):
        yield Warning(
            "KEYTURN['PUBLIC_URL'] is not set: mails carry codes and no links, as a request's Host is never believed.",
            hint="Set it to where clients reach this project, or KEYTURN['FRONTEND_URLS'] to your pages.",
            id="keyturn.W006",
        )


def check_mail(**_: object) -> Iterable[CheckMessage]:
    """W008: nobody can sign up or recover an account where no mail is sent."""
    if not is_configured():
        yield Warning(
            "No mail is sent: sign-up, recovery and changes of an address are answered 503.",
            hint="Configure Django's default e-mail back end; of the ready-made server, KEYTURN_EMAIL_URL.",
            id="keyturn.W008",
        )

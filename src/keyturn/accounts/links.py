"""Addresses of the pages that mails lead to: from the settings only, never from a request's ``Host``."""

from typing import Final
from urllib.parse import quote, urlsplit

from django.conf import settings as django_settings
from django.urls import NoReverseMatch, get_script_prefix, reverse

from keyturn import conf
from keyturn.errors import Reason, RefusedError

__all__ = ["link_to", "provider_address"]

_PAGES: Final = {"verify_email": "verify_email_page", "reset_password": "reset_password_page"}


def link_to(page: str, *, key: str = "") -> str:
    """Return the address of a page for somebody who reads a mail.

    Args:
        page: a word of ``KEYTURN["FRONTEND_URLS"]``: ``verify_email``, ``reset_password`` or ``sign_in``.
        key: what proves that the mail was read; put in place of ``{key}``.

    Returns:
        The front end's page where the project names one, else Keyturn's own page under ``KEYTURN["PUBLIC_URL"]``;
        empty where neither is known: a mail then carries its code alone.
    """
    settings = conf.get()
    named = settings.frontend_urls.get(page)
    if named is not None:
        return named.replace("{key}", quote(key, safe=""))
    if settings.public_url is None:
        return ""
    try:
        path = reverse(_PAGES[page])
    except (KeyError, NoReverseMatch):
        return settings.public_url if page == "sign_in" else ""
    return f"{_root(settings.public_url)}/{path.removeprefix(get_script_prefix())}?key={quote(key, safe='')}"


def provider_address(provider_id: str) -> str:
    """Where a provider leads a browser back to: the address that is registered with it, exactly.

    Raises:
        RefusedError: ``provider_unavailable``: nobody knows where we are reached, or our URLs have no such page.
    """
    known = conf.get().public_url
    try:
        path = reverse("provider_callback", kwargs={"provider": provider_id})
    except NoReverseMatch:
        path = ""
    if known is None or not path:
        raise RefusedError(Reason.PROVIDER_UNAVAILABLE, "PUBLIC_URL is not set, or keyturn.urls is not included")
    return f"{_root(known)}/{path.removeprefix(get_script_prefix())}"


def _root(public_url: str) -> str:
    """What stands before our paths: the public address, and SCRIPT_NAME, unless the address has a path of its own.

    Django knows ``FORCE_SCRIPT_NAME`` while it answers a request, but not in a thread that sends mail.
    """
    if urlsplit(public_url).path:
        return public_url
    return public_url + (django_settings.FORCE_SCRIPT_NAME or get_script_prefix()).rstrip("/")

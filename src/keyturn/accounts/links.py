"""Addresses of the pages that mails lead to: from the settings only, never from a request's ``Host``."""

from typing import Final
from urllib.parse import quote

from django.urls import NoReverseMatch, reverse

from keyturn import conf

__all__ = ["link_to"]

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
    return f"{settings.public_url}{path}?key={quote(key, safe='')}"

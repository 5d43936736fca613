"""What the web app is told about the server that serves it, inside its page.

Nothing in it is secret in production: whether accounts can be made, which ways of signing in there are, and the site's
name. Development adds the demo user, whose password is on the terminal as well, and where else there is something to
see.
"""

import re
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from keyturn import conf
from keyturn.accounts.social import providers
from keyturn.mfa.passkey_site import can_use_passkeys
from keyturn_server import demo_users

__all__ = ["configuration"]

_LINKS: Final = {"inbox": "dev_inbox", "lab": "lab", "admin": "admin:index", "docs": "docs"}


def configuration(request: HttpRequest) -> dict[str, Any]:
    """Return what ``web/app`` reads from ``<script id="keyturn">``.

    Who comes to a page sends no ``Origin``. A page of another site that reads this one sends its own (Fetch section
    3.2), and is not told the demo user's password, though development lets it read everything else.
    """
    known = conf.get()
    development: bool = settings.DEBUG
    return {
        "development": development,
        "demo": _demo() if development and "Origin" not in request.headers else None,
        "links": _links() if development else {},
        "signUp": known.sign_up,
        "passkeys": can_use_passkeys(),
        "signInByMail": _signs_in_by_mail(),
        "providers": providers.listed(),
        "trustDeviceFor": int(known.trusted_device_lifetime.total_seconds()),
        "siteName": known.site_name or _named_after(known.public_url),
    }


def _signs_in_by_mail() -> bool:
    return bool(getattr(settings, "ACCOUNT_LOGIN_BY_CODE_ENABLED", False))


def _named_after(public_url: str | None) -> str:
    """The host's name, where it is one that people know."""
    host = urlsplit(public_url or "").hostname or ""
    return host if re.search(r"\.[a-z]", host) else "Keyturn"


def _links() -> dict[str, str]:
    found = {}
    for name, route in _LINKS.items():
        try:
            found[name] = reverse(route)
        except NoReverseMatch:
            continue
    return found


def _demo() -> dict[str, str] | None:
    """The plain demo user, where ``keyturn demo`` made one whose password is still the one that it printed."""
    password = demo_users.kept_password(settings.KEYTURN_SERVER_DATA_DIR, "demo")
    if password is None:
        return None
    try:
        user = get_user_model().objects.filter(username="demo", is_active=True).first()
    except DatabaseError:
        # The page works without; what asks the database says what is wrong with it.
        return None
    if user is None or not _is_password_of(password, user.password):
        return None
    return {"username": "demo", "password": password}


@lru_cache(maxsize=4)
def _is_password_of(password: str, encoded: str) -> bool:
    """Whether they belong together. Remembered: it is made to be slow, and asked at every load of the page."""
    return check_password(password, encoded)

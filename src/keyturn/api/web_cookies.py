"""The cookies of web clients: the refresh token, and the device that its session is bound to.

No script can read them (``HttpOnly``), no other site's request carries them (``SameSite=Strict``), and over TLS no
other host can have written them (``Secure`` and the prefix ``__Host-``, RFC 6265bis section 4.1.3.2). A plain name is
for plain HTTP, as in development: browsers keep no other there.
"""

import hashlib
import re
import secrets
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from django.conf import settings as django_settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils import translation

from keyturn import conf
from keyturn.api.web import django_request, is_web
from keyturn.clock import utc_now
from keyturn.errors import UnavailableError
from keyturn.sessions.client import current_client
from keyturn.tokens.ending import end_replaced_session, was_replaced
from keyturn.tokens.peeking import expiry_of, session_named_by

__all__ = [
    "device_of",
    "forget_session",
    "holds_replaced",
    "keep_device",
    "keep_refresh",
    "refresh_of",
    "tag_of",
    "take_refresh_back",
]

DEVICE_LIFETIME: Final = timedelta(days=400)
"""The longest that browsers keep a cookie (RFC 6265bis section 4.1.2.2). It begins anew at each sign-in and refresh."""

_DEVICE: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
"""256 bits in base64url (RFC 4648 section 5)."""
_DEVICE_BYTES: Final = 32
_MEMO: Final = "keyturn_device"
_BLANKS: Final = " \t"
"""White space around names and values (RFC 6265bis section 5.7)."""
_LANDMARK: Final = "token_blacklist"
"""A URL of ours, by its name; before it stands where Keyturn is mounted."""
_LANDMARK_PATH: Final = "token/blacklist/"


def refresh_of(request: Any) -> str | None:
    """The refresh token that came in the cookie; None where none did, or something that no token is written in."""
    request = django_request(request)
    raw = _held(request, "refresh")
    return raw if raw and raw.isascii() and raw.isprintable() and not raw.isspace() else None


def keep_refresh(request: Any, response: HttpResponseBase, raw: str) -> None:
    """Put a refresh token into the cookie, for as long as it is valid.

    A session that it held until now, and that this is no token of, has nobody left who could show it: it ends.

    Args:
        request: Django's or REST framework's.
        response: the answer, which must not hold the token itself.
        raw: the token, minted in this request.
    """
    request = django_request(request)
    expires_at = expiry_of(raw)
    lifetime = conf.get().refresh_token_lifetime if expires_at is None else expires_at - utc_now()
    _set(request, response, "refresh", raw, lifetime)
    former = refresh_of(request)
    if former is not None and session_named_by(former) not in {session_named_by(raw), None}:
        # The new session stands already, whatever becomes of the old one.
        with suppress(UnavailableError):
            end_replaced_session(former, now=utc_now(), client=current_client())


def holds_replaced(request: Any) -> bool:
    """Whether the cookie's session ended because somebody signed in anew: the browser has a newer cookie by now."""
    raw = refresh_of(request)
    sid = None if raw is None else session_named_by(raw)
    return sid is not None and was_replaced(sid)


def take_refresh_back(request: Any, response: HttpResponseBase) -> None:
    """Have the browser forget the refresh token."""
    request = django_request(request)
    _set(request, response, "refresh", "", timedelta(0))


def forget_session(request: Any, response: HttpResponseBase, session_id: UUID | None) -> None:
    """Take a web client's refresh token back, now that the session of its access token has ended.

    Unless the cookie is of another session: somebody has signed in anew in another tab.

    Args:
        request: Django's or REST framework's.
        response: the answer.
        session_id: of the session that has ended.
    """
    raw = refresh_of(request) if is_web(request) else None
    if raw is not None and session_named_by(raw) in {session_id, None}:
        take_refresh_back(request, response)


def device_of(request: Any) -> str:
    """What the device cookie holds; where it is missing or not of our making, a new one, the same all request long."""
    request = django_request(request)
    device: str | None = getattr(request, _MEMO, None)
    if device is None:
        device = _held(request, "device")
        if not _DEVICE.fullmatch(device):
            device = secrets.token_urlsafe(_DEVICE_BYTES)
        setattr(request, _MEMO, device)
    return device


def keep_device(request: Any, response: HttpResponseBase) -> None:
    """Put the device into its cookie, or keep it there for another :data:`DEVICE_LIFETIME`."""
    request = django_request(request)
    _set(request, response, "device", device_of(request), DEVICE_LIFETIME)


def tag_of(request: Any) -> str:
    """What tells one Keyturn's cookies from another's on the same host, where ports and paths tell nothing apart.

    Cookies know no ports (RFC 6265 section 8.5), and ``__Host-`` forbids paths. So it is made of the public address, or
    the host and port of the request, and of the path that Keyturn is mounted at: 8 hex digits.
    """
    request = django_request(request)
    return _tag(conf.get().public_url or _host(request), _mounted_at())


def _host(request: HttpRequest) -> str:
    try:
        return request.get_host()
    except DisallowedHost:
        # It is refused, and whatever cookies came along are none of ours.
        return ""


@lru_cache(maxsize=64)
def _tag(address: str, prefix: str) -> str:
    return hashlib.sha256(f"{address}\n{prefix}".encode()).hexdigest()[:8]


def _mounted_at() -> str:
    return _prefix(get_script_prefix(), get_urlconf() or django_settings.ROOT_URLCONF)


@lru_cache(maxsize=64)
def _prefix(script: str, urlconf: Any) -> str:
    """The part of the path before ours. A project that mounts only simplejwt's views has none of its own."""
    try:
        # Below a prefix that names a language, the cookies must not change with it.
        with translation.override(None):
            return reverse(_LANDMARK, urlconf=urlconf).removesuffix(_LANDMARK_PATH)
    except NoReverseMatch:
        return script


def _is_secure(request: HttpRequest) -> bool:
    return request.is_secure() or (conf.get().public_url or "").startswith("https://")


def _name(request: HttpRequest, what: str) -> str:
    return f"{'__Host-' if _is_secure(request) else ''}keyturn_{what}_{tag_of(request)}"


def _held(request: HttpRequest, what: str) -> str:
    """What the browser sent in a cookie of ours; an empty text where it sent none.

    Django strips all that Unicode takes for white space off a name. A browser does not: to it such a name has no prefix
    ``__Host-``, so a subdomain may write it for this host, and would hand us a session of its own choice.
    """
    name, found = _name(request, what), ""
    for pair in request.META.get("HTTP_COOKIE", "").split(";"):
        key, _, value = pair.strip(_BLANKS).partition("=")
        if key.rstrip(_BLANKS) == name:
            # Python writes an empty value like that, and tells a browser so that takes a cookie back.
            found = value.strip(_BLANKS).removeprefix('""')
    return found


def _set(request: HttpRequest, response: Any, what: str, value: str, lifetime: timedelta) -> None:
    response.set_cookie(
        _name(request, what),
        value,
        max_age=max(0, int(lifetime.total_seconds())),
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="Strict",
    )

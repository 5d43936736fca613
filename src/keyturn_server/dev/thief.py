"""The lab's thief: somewhere else, with a copy of a refresh token and nothing of what its session is bound to.

The copy lies in a cookie of the developer's own browser, sealed, HttpOnly, sent to ``/dev/lab/`` alone: this server
keeps no token, and the page never sees one.
"""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse

from keyturn.api.web_cookies import refresh_of
from keyturn.clock import utc_now
from keyturn.errors import Reason, RefusedError, UnavailableError
from keyturn.jose.sealing import DamagedError, OtherSecretError, seal, unseal
from keyturn.keys.derived import secrets
from keyturn.sessions.client import Client
from keyturn.tokens.claims import read_refresh
from keyturn.tokens.refreshing import refresh
from keyturn_server.dev.door import BadBodyError, body_of, door
from keyturn_server.dev.noting import note, noting
from keyturn_server.refusals import refusal

__all__ = ["steal", "use"]

_COOKIE: Final = "keyturn_lab_copy"
_PATH: Final = "/dev/lab/"
_PURPOSE: Final = "keyturn lab copy"
_AN_HOUR: Final = 3_600
_MOST: Final = 4_096
"""Characters of a token."""

# An address for documentation (RFC 5737) and a browser that nobody uses.
_ELSEWHERE: Final = Client(ip="203.0.113.66", user_agent="Thief/1.0 (another computer)")


def _steal(request: HttpRequest) -> HttpResponse:
    """Copy the refresh token of this browser's cookie, or the one in ``{"refresh"}``."""
    raw = _shown(request)
    try:
        claims = read_refresh(raw, now=utc_now())
    except (RefusedError, UnavailableError):
        return refusal(409, detail="There is no refresh token here that is good for anything.")
    with noting("thief"):
        note("stolen", session=str(claims.sid), presented=claims.generation)
    return _with_copy(JsonResponse({"generation": claims.generation}), raw, request)


def _shown(request: HttpRequest) -> str:
    body = body_of(request)
    if "refresh" not in body:
        return refresh_of(request) or ""
    raw: Any = body["refresh"]
    if not isinstance(raw, str) or not raw.isascii() or len(raw) > _MOST:
        raise BadBodyError("refresh must be a refresh token.")
    return raw


def _use(request: HttpRequest) -> HttpResponse:
    """Refresh with the copy, as a program on another computer would, and keep what that gives."""
    raw = _copied(request)
    if raw is None:
        return refusal(409, detail="Nothing has been stolen yet.")
    with noting("thief") as notes:
        try:
            pair = refresh(raw, now=utc_now(), client=_ELSEWHERE)
        except RefusedError as error:
            if notes.judgement is None:
                note("refused", path="/token/refresh/", reason=error.reason.value, session=None)
            return _refused(error.reason)
    response = JsonResponse({"accepted": True, "reason": None})
    return response if pair.refresh is None else _with_copy(response, pair.refresh, request)


def _refused(reason: Reason) -> HttpResponse:
    response = JsonResponse({"accepted": False, "reason": reason.value})
    response.delete_cookie(_COOKIE, path=_PATH, samesite="Strict")
    return response


def _with_copy(response: HttpResponse, raw: str, request: HttpRequest) -> HttpResponse:
    response.set_cookie(
        _COOKIE,
        seal(raw.encode(), secret=secrets()[0], purpose=_PURPOSE, place=_COOKIE),
        max_age=_AN_HOUR,
        path=_PATH,
        secure=request.is_secure(),
        httponly=True,
        samesite="Strict",
    )
    return response


def _copied(request: HttpRequest) -> str | None:
    sealed = request.COOKIES.get(_COOKIE, "")
    try:
        return unseal(sealed, secrets=secrets(), purpose=_PURPOSE, place=_COOKIE).decode()
    except (OtherSecretError, DamagedError):
        return None


steal = door(post=_steal)
use = door(post=_use)

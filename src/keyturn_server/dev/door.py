"""Who may use development's own endpoints: scripts of this machine, and this server's own pages.

A page of somewhere else that a developer happens to have open must not be able to move the clock of the server that
runs beside it. Its requests carry ``Origin`` or ``Sec-Fetch-Site`` (Fetch, Fetch Metadata), which no page can leave
out or change.
"""

import functools
import json
from collections.abc import Callable
from typing import Any, Final, Never, Protocol

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt

from keyturn_server.refusals import refusal

__all__ = ["BadBodyError", "body_of", "door", "number", "word"]

_MOST_BYTES: Final = 16_384
_OWN_SITES: Final = frozenset({"same-origin", "none"})


class BadBodyError(Exception):
    """The body is not what the endpoint takes. The text says how, and goes into the answer."""


class _View(Protocol):
    def __call__(self, request: HttpRequest, /) -> HttpResponse: ...


def door(**views: _View) -> Callable[[HttpRequest], HttpResponse]:
    """Make one view of a function for each method, in small letters: ``door(get=look, post=move)``."""
    known = {method.upper(): view for method, view in views.items()}
    if "GET" in known:
        known["HEAD"] = known["GET"]
    allowed = ", ".join(sorted({*known, "OPTIONS"}))

    @csrf_exempt
    @functools.wraps(next(iter(views.values())))
    def view(request: HttpRequest) -> HttpResponse:
        method = request.method or ""
        if method == "OPTIONS":
            response = HttpResponse(status=204)
            response["Allow"] = allowed
        elif method not in known:
            response = refusal(405)
            response["Allow"] = allowed
        elif not _is_ours(request):
            response = refusal(403, code="origin_refused", detail="Only this server's own pages may call this.")
        else:
            response = _answered(known[method], request)
        add_never_cache_headers(response)
        return response

    return view


def _is_ours(request: HttpRequest) -> bool:
    assert settings.DEBUG, "development only"
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.get_host()}":
        return False
    if request.headers.get("Sec-Fetch-Site", "none") not in _OWN_SITES:
        return False
    # No form can send this type, whatever else the browser leaves out.
    return request.method != "POST" or request.content_type == "application/json"


def _answered(view: _View, request: HttpRequest) -> HttpResponse:
    try:
        return view(request)
    except BadBodyError as error:
        return refusal(400, detail=str(error))


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object in the body; an empty body is an empty object.

    Raises:
        BadBodyError: it is anything else.
    """
    raw = request.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise BadBodyError("The body is too long.")
    if not raw:
        return {}
    try:
        found = json.loads(raw.decode(), parse_constant=_no_constant, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        raise BadBodyError("The body is not valid JSON in UTF-8.") from None
    if not isinstance(found, dict):
        raise BadBodyError("The body must be a JSON object.")
    return found


def _no_constant(name: str) -> Never:
    raise ValueError(name)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def number(body: dict[str, Any], name: str, *, least: float, most: float) -> float:
    """Return a number of the body.

    Raises:
        BadBodyError: it is missing, no number, or out of bounds.
    """
    found = body.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not least <= found <= most:
        raise BadBodyError(f"{name} must be a number from {least:g} to {most:g}.")
    return found


def word(body: dict[str, Any], name: str, *, known: frozenset[str]) -> str:
    """Return a word of the body.

    Raises:
        BadBodyError: it is none of those known.
    """
    found = body.get(name)
    if not isinstance(found, str) or found not in known:
        raise BadBodyError(f"{name} must be one of: {', '.join(sorted(known))}.")
    return found

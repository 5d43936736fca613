"""Around every request of the API in development: note what came of it, and break what the lab ordered to break."""

import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from keyturn_server.dev.faults import Fault, FaultKind, next_fault
from keyturn_server.dev.noting import Notes, note, noting
from keyturn_server.refusals import refusal

__all__ = ["LabMiddleware"]

_WHO: Final = "X-Keyturn-Lab"
_REFRESH: Final = "/token/refresh/"
_LONGEST: Final = 8_192
"""Characters of a token that is looked into."""
_NEVER_SENT: Final = 512
"""Bytes that a dropped reply promises and does not bring."""


class LabMiddleware:
    """Outermost, so that a broken reply loses its cookies too.

    Raises:
        MiddlewareNotUsed: ``DEBUG`` is off.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.DEBUG:
            raise MiddlewareNotUsed("development only")
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or fail as ordered."""
        refreshes = request.method == "POST" and request.path_info == _REFRESH
        with noting(request.headers.get(_WHO, "")) as notes:
            if refreshes and next_fault(FaultKind.UNAVAILABLE):
                note("fault", fault=FaultKind.UNAVAILABLE.value)
                return refusal(503)
            response = self._get_response(request)
            _note_refusal(request, response, notes)
            # A reply that decided nothing, as one that asks for a nonce, is none that a client could miss.
            if notes.judgement is None or (fault := next_fault(FaultKind.DROP, FaultKind.DELAY)) is None:
                return response
            return _broken(response, fault, notes.judgement)


def _broken(response: HttpResponseBase, fault: Fault, judgement: dict[str, Any]) -> HttpResponseBase:
    judgement["reply"] = "late" if fault.kind is FaultKind.DELAY else "lost"
    if fault.kind is FaultKind.DELAY:
        time.sleep(fault.seconds)
        return response
    # The head is through, without its cookies, and the body is not: the server closes the connection in the middle of
    # it, and the client meets a network error.
    cut = HttpResponse(b"{", content_type="application/json")
    cut["Content-Length"] = str(_NEVER_SENT)
    return cut


def _note_refusal(request: HttpRequest, response: HttpResponseBase, notes: Notes) -> None:
    if response.status_code != 401 or not isinstance(response, HttpResponse):
        return
    body = _object_in(response.content)
    reason = body.get("reason") or body.get("code") or ""
    if notes.judgement is not None:
        notes.judgement.setdefault("reason", reason)
        return
    note("refused", path=request.path_info[:100], reason=str(reason)[:60], session=_session_of(request))


def _object_in(raw: bytes | str) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _session_of(request: HttpRequest) -> str | None:
    """The session that the refused access token names, true or not; nothing else of it is looked at."""
    token = request.headers.get("Authorization", "")[:_LONGEST].rpartition(" ")[2]
    try:
        payload = token.split(".")[1]
        claims = _object_in(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(UUID(claims["sid"]))
    except (ValueError, IndexError, KeyError, TypeError, AttributeError):
        return None

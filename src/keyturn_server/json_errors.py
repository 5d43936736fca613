"""Errors as JSON, whoever made them: Django answers unknown routes, wrong methods and the like with HTML or nothing."""

import json
import logging
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views import csrf

from keyturn.api.errors import store_failed
from keyturn_server.accept import prefers_html
from keyturn_server.refusals import CODES, refusal
from keyturn_server.slashes import with_slash

__all__ = ["JsonErrorsMiddleware", "csrf_failure"]

_log: Final = logging.getLogger(__name__)


class JsonErrorsMiddleware:
    """Rewrites the text of every error that is no JSON yet, in DEBUG too, unless the client prefers a page.

    Status, cookies and all other headers stay (``Allow`` of a 405, for one).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on and look at the answer."""
        response = self._get_response(request)
        if response.status_code < 400 or not isinstance(response, HttpResponse):
            return response
        if response.get("Content-Type", "text/html").startswith("text/") and not prefers_html(request):
            _rewrite(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 503 where the database did not: down, restarting, out of connections, without writes, or too busy."""
        if not store_failed(exception):
            return None
        _log.error("503 on %s: the database does not answer: %s", request.path, exception)
        return refusal(503)


def _rewrite(request: HttpRequest, response: HttpResponse) -> None:
    code, detail = CODES.get(response.status_code, ("error", response.reason_phrase))
    meant = with_slash(request) if response.status_code == 404 else None
    if meant is not None:
        detail = f"Not found. The path ends in a slash: {meant}"
    response.content = json.dumps({"detail": detail, "code": code}).encode()
    response["Content-Type"] = "application/json"
    # Of the text it replaced; Django would send it as it is.
    response["Content-Length"] = str(len(response.content))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's view for a failed CSRF check (``CSRF_FAILURE_VIEW``)."""
    if prefers_html(request):
        return csrf.csrf_failure(request, reason=reason)
    return refusal(403, code="csrf_failed", detail=f"CSRF check failed: {reason}")

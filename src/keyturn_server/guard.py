"""What is refused before any view sees it: a wrong host, a NUL byte in the URL, a body that is too large."""

import logging
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from keyturn_server.browser import is_browser_path
from keyturn_server.observing.watching import note_endpoint
from keyturn_server.refusals import refusal

__all__ = ["PROBES", "GuardMiddleware"]

_log: Final = logging.getLogger(__name__)

PROBES: Final = ("/livez", "/readyz", "/health/")
"""How the paths begin that probes ask, by address: any host will do there."""
# Spellings of the names allowed; with a wildcard there is no end to them.
_MOST_HOSTS: Final = 100


class GuardMiddleware:
    """Refuses what no view could answer well, with JSON in DEBUG as well."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._good_hosts: set[str] = set()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse the request or pass it on."""
        refused = self._refused(request)
        if refused is not None:
            return refused
        response = self._get_response(request)
        note_endpoint(request.META, request.resolver_match)
        return response

    def _refused(self, request: HttpRequest) -> HttpResponseBase | None:
        # Django's check of the host is the dearest part of all this, and has few different answers.
        host = request.META.get("HTTP_HOST", "")
        if host not in self._good_hosts and not request.path_info.startswith(PROBES):
            try:
                request.get_host()
                if host and len(self._good_hosts) < _MOST_HOSTS:
                    self._good_hosts.add(host)
            except DisallowedHost:
                _log.warning("refused the host %.100r; KEYTURN_ALLOWED_HOSTS names ours", request.META.get("HTTP_HOST"))
                return refusal(400, code="bad_host", detail="This server does not answer for that host name.")
        # PostgreSQL's text holds no NUL (its manual, "Character Types"), so such a value can match nothing and a view
        # that looks it up could only fail.
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return refusal(400, code="nul_byte", detail="The URL holds a NUL byte.")
        # The admin has longer forms; Django's own limit bounds them.
        admin = is_browser_path(request)
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE if admin else settings.KEYTURN["MAX_BODY_BYTES"]
        if _content_length(request) > limit:
            return refusal(413, detail=f"The request body is larger than {limit} bytes.")
        return None


def _content_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        # Django reads no body then.
        return 0

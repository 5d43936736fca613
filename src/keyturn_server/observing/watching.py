"""The outermost layer: every request gets a name, is measured, and is told of in the access log."""

import logging
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any, Final

from keyturn_server.observing import request_ids, tracing
from keyturn_server.observing.request_metrics import endpoint_of, observe

__all__ = ["ARRIVED", "ENDPOINT", "Watched", "note_endpoint"]

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

ARRIVED: Final = "keyturn.arrived"
"""In a request's environment: when it arrived by :func:`time.perf_counter`, if it waited before it came here."""
ENDPOINT: Final = "keyturn.endpoint"
"""In a request's environment, once it is known: the endpoint's label."""

_STATIC: Final = "/static/"
# As a URL has them (RFC 3986 section 2.1): bare, one in a path would end it early in the access log, and what follows
# would pass for a status.
_QUOTES: Final = str.maketrans({'"': "%22", "\\": "%5C"})

_access: Final = logging.getLogger("keyturn.access")


def note_endpoint(meta: dict[str, Any], match: Any) -> None:
    """Say which endpoint a request has reached.

    Args:
        meta: the request's environment.
        match: Django's ``resolver_match``; None: no URL is like that.
    """
    if match is not None:
        meta[ENDPOINT] = endpoint_of(match.view_name)
    else:
        meta[ENDPOINT] = "static" if meta.get("PATH_INFO", "").startswith(_STATIC) else "unknown"


class Watched:
    """Wraps a WSGI application (PEP 3333).

    Args:
        application: what stands behind.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request, the request's name in the header ``X-Request-ID``."""
        arrived = environ.get(ARRIVED)
        began = perf_counter() if arrived is None else float(arrived)
        name = request_ids.named(environ)
        status = 500

        def start(line: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            nonlocal status
            status = int(line[:3])
            headers.append((request_ids.HEADER, name.id))
            return start_response(line, headers, *failure)

        before = request_ids.current.set(name)
        span = tracing.begin(environ, name) if tracing.is_on() else None
        try:
            return self._application(environ, start)
        finally:
            seconds = perf_counter() - began
            endpoint = environ.get(ENDPOINT) or _without_url(environ, status)
            observe(endpoint=endpoint, status=status, seconds=seconds)
            if span is not None:
                tracing.end(span, endpoint=endpoint, status=status)
            if _access.isEnabledFor(logging.INFO):
                _tell(environ, endpoint=endpoint, status=status, seconds=seconds)
            request_ids.current.reset(before)


def _without_url(environ: dict[str, Any], status: int) -> str:
    """The label of what was answered before its URL was looked at."""
    if status >= 400:
        return "refused"
    return "preflight" if environ.get("REQUEST_METHOD") == "OPTIONS" else "redirected"


def _tell(environ: dict[str, Any], *, endpoint: str, status: int, seconds: float) -> None:
    """One line of the access log: the path without its query string, where a token could hide."""
    said = {
        "client": environ.get("REMOTE_ADDR", ""),
        "method": environ.get("REQUEST_METHOD", ""),
        "path": environ.get("PATH_INFO", "").encode("latin-1", "replace").decode("utf-8", "replace").translate(_QUOTES),
        "endpoint": endpoint,
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
    }
    _access.info('%(client)s "%(method)s %(path)s" %(status)d %(duration_ms).1f ms', said)

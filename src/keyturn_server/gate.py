"""The outermost layer, in front of Django: what Django cannot be handed at all.

Django parses ``Content-Type`` while it constructs the request, outside of everything that turns exceptions into
answers, and takes any codec of Python's for a charset. Both ``text/plain; charset*=utf-8''%00`` and ``charset=rot13``
would end in an exception. Nor is Python asked for a codec by a name that a client made up: it remembers each.
"""

import io
import json
import os
import re
from collections.abc import Callable, Iterable
from email.message import Message
from typing import Any, Final

from django.utils.http import parse_header_parameters

from keyturn_server.api_paths import is_api
from keyturn_server.observing.watching import ARRIVED
from keyturn_server.refusals import CODES

__all__ = ["Application", "Gate"]

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# What a request has in its environment (RFC 3875 section 4.1, PEP 3333), and a process may have in its own.
_OF_A_REQUEST: Final = re.compile(
    "HTTP_|CONTENT_|REQUEST_|SERVER_|REMOTE_|PATH_|QUERY_STRING|SCRIPT_NAME|AUTH_TYPE|GATEWAY_INTERFACE|wsgi|granian"
)
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# Django's DATA_UPLOAD_MAX_NUMBER_FIELDS.
_MOST_PARAMETERS: Final = 1_000
# What nearly every client sends; there is nothing in them to be read.
_PLAIN: Final = frozenset({"", "*/*", "application/json"})
# JSON is UTF-8 (RFC 8259 section 8.1). The others are what forms were sent in before it.
_CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "latin1"})


class Gate:
    """Wraps a WSGI application.

    Args:
        application: what stands behind.
        api: what stands behind the paths of the API, with less in front of its views; None: the same.
        most_bytes: returns the largest body in bytes that a view accepts.
    """

    def __init__(
        self, application: Application, *, api: Application | None = None, most_bytes: Callable[[], int]
    ) -> None:
        self._application = application
        self._api = api or application
        self._most_bytes = most_bytes
        # The server process copies its own environment into every request's, database password and secret included.
        self._inherited = tuple(name for name in os.environ if not _OF_A_REQUEST.match(name))
        self._like_a_requests = {name: value for name, value in os.environ.items() if _OF_A_REQUEST.match(name)}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        if ARRIVED not in environ:
            # Not from our own dispatcher, which adds nothing.
            self._disinherit(environ)
        accept, content_type = environ.get("HTTP_ACCEPT", ""), environ.get("CONTENT_TYPE", "")
        if accept not in _PLAIN and not all(map(_is_readable, accept.split(","))):
            # DRF and Django parse it deep inside, and fail.
            return _refuse(start_response, 400, "The Accept header could not be read.")
        if environ.get("QUERY_STRING", "").count("&") >= _MOST_PARAMETERS:
            # Django refuses them too, and in development fails over its page that says so.
            return _refuse(start_response, 400, "Too many parameters in the address.")
        if environ.get("REQUEST_METHOD") not in _READING and (emptied := _emptied(environ)):
            return _refuse(start_response, 400, f"The {emptied} header could not be read: not all of it is ASCII.")
        if content_type not in _PLAIN:
            if not _is_readable(content_type):
                return _refuse(start_response, 400, "The Content-Type header could not be read.")
            charset = parse_header_parameters(content_type)[1].get("charset")
            if charset is not None and charset.lower() not in _CHARSETS:
                return _refuse(start_response, 415, "Send UTF-8.")
        if not environ.get("CONTENT_LENGTH") and environ.get("HTTP_TRANSFER_ENCODING"):
            self._measure(environ)
        handler = self._api if is_api(environ.get("PATH_INFO", "")) else self._application
        return handler(environ, start_response)

    def _disinherit(self, environ: dict[str, Any]) -> None:
        for name in self._inherited:
            environ.pop(name, None)
        for name, value in self._like_a_requests.items():
            if environ.get(name) == value:
                del environ[name]

    def _measure(self, environ: dict[str, Any]) -> None:
        """Give a chunked body (RFC 9112 section 7.1) the length Django needs: to Django it has none, so it is empty."""
        # One byte too many is enough for the views to refuse it by its length.
        body = environ["wsgi.input"].read(self._most_bytes() + 1)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = io.BytesIO(body)


def _is_readable(media_type: str) -> bool:
    """Whether Django can parse a media type, and looks for no codec but those of ``_CHARSETS`` meanwhile."""
    # Only a parameter in the notation of RFC 8187 names a charset, or can fail.
    if "*" not in media_type.partition(";")[2]:
        return True
    message = Message()
    message["content-type"] = media_type
    try:
        values: list[Any] = [value for _, value in message.get_params([])]
    except (TypeError, ValueError):
        # Numbers of its parts that cannot be put in order, or are no numbers to Python.
        return False
    charsets = [value[0] for value in values if isinstance(value, tuple)]
    return all(charset.lower() in _CHARSETS for charset in charsets if charset)


def _emptied(environ: dict[str, Any]) -> str:
    """The name of a header that came and is not here, where its absence would be a verdict on a session.

    Granian empties a header that holds anything but ASCII, as another site's cookie for the whole domain may. A cookie
    that cannot be read is no missing one, and a broken proof is not the lack of one: nobody is signed out by it. No
    browser sends an empty one of either.
    """
    if environ.get("HTTP_DPOP") == "":
        return "DPoP"
    return "Cookie" if environ.get("HTTP_COOKIE") == "" and environ.get("HTTP_X_KEYTURN_CLIENT") == "web" else ""


def _refuse(start_response: Callable[..., Any], status: int, detail: str) -> Iterable[bytes]:
    body = json.dumps({"detail": detail, "code": CODES[status][0]}).encode()
    reason = {400: "Bad Request", 415: "Unsupported Media Type"}[status]
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response(f"{status} {reason}", headers)
    return [body]

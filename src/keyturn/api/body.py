"""A request's body: in which charset it is and how long, before it is read; and reading it."""

import codecs
from typing import Any, Final

from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from keyturn import conf
from keyturn.api.errors import PayloadTooLarge
from keyturn.api.parsers import StrictJSONParser

__all__ = ["check_charset", "check_length", "read_body"]

# JSON is UTF-8 (RFC 8259 section 8.1). The others are what forms were sent in before it, under Python's names.
_CHARSETS: Final = frozenset({"utf-8", "ascii", "iso8859-1"})
_LONGEST: Final = 18
"""Digits. Python refuses to read numbers of some thousand digits, and no body is that long."""
_JSON: Final = "application/json"


def check_charset(request: Any) -> None:
    """Refuse a charset that is none of the web's.

    Django takes every codec of Python's for one and decodes query and forms with it, though some decode to bytes and
    some always fail.

    Args:
        request: DRF's. After a refusal its charset is the default, so that it can be answered.

    Raises:
        UnsupportedMediaType: not UTF-8, ASCII or Latin-1.
    """
    http: Any = getattr(request, "_request", request)
    if http.encoding is not None and codecs.lookup(http.encoding).name not in _CHARSETS:
        http.encoding = None
        raise UnsupportedMediaType(request.content_type)


def check_length(request: Any) -> None:
    """Refuse a body whose ``Content-Length`` is none (RFC 9110 section 8.6) or above ``MAX_BODY_BYTES``.

    Raises:
        ParseError: it is no number.
        PayloadTooLarge: it is too high.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal()):
        raise ParseError("Content-Length is no number.")
    if len(length) > _LONGEST or int(length) > conf.get().max_body_bytes:
        raise PayloadTooLarge


def read_body(request: Request) -> None:
    """Parse the body, for ``request.data``.

    A body that says in the plainest form that it is JSON is given to the parser that would be found for it in the end.

    Raises:
        APIException: as the parsers; REST framework's request is then one with an empty body, as it always is.
    """
    http: Any = request._request  # noqa: SLF001 - the one way to it
    parser = request.parsers[0] if request.parsers else None
    if (
        http.META.get("CONTENT_TYPE") != _JSON
        or type(request) is not Request
        or type(parser) is not StrictJSONParser
        or getattr(type(request.negotiator), "select_parser", None) is not DefaultContentNegotiation.select_parser
        or http._read_started  # noqa: SLF001 - as REST framework asks
        or http.META.get("CONTENT_LENGTH", "0").strip("0") == ""
    ):
        request.data  # noqa: B018 - parsing happens here
        return
    private: Any = request
    private._stream = http  # noqa: SLF001 - as below
    private._files = MultiValueDict()  # noqa: SLF001 - what it keeps of a parsed body, here and below
    try:
        private._data = private._full_data = parser.parse(http)  # noqa: SLF001
    except Exception:
        private._data = private._full_data = QueryDict("", encoding=http._encoding)  # noqa: SLF001
        raise

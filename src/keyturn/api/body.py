"""What is said about a request's body before it is read: in which charset it is, and how long."""

import codecs
from typing import Any, Final

from rest_framework.exceptions import ParseError, UnsupportedMediaType

from keyturn import conf
from keyturn.api.errors import PayloadTooLarge

__all__ = ["check_charset", "check_length"]

# JSON is UTF-8 (RFC 8259 section 8.1). The others are what forms were sent in before it, under Python's names.
_CHARSETS: Final = frozenset({"utf-8", "ascii", "iso8859-1"})
_LONGEST: Final = 18
"""Digits. Python refuses to read numbers of some thousand digits, and no body is that long."""


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

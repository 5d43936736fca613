"""What a request is called in the log, in traces and in its answer."""

import os
import re
from collections.abc import Mapping
from contextvars import ContextVar
from itertools import count
from typing import Any, Final, NamedTuple

__all__ = ["HEADER", "Named", "current", "kept_or_made", "named"]

HEADER: Final = "X-Request-ID"

# Long enough for what proxies and balancers make, too short for a token.
_SANE: Final = re.compile(r"[A-Za-z0-9_=:;.+/-]{1,64}", re.ASCII)
# W3C Trace Context, section 3.2: version, trace, parent, flags. Of a later version only the beginning is known.
_TRACEPARENT: Final = re.compile(
    r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-.*)?"
)


class Named(NamedTuple):
    """How a request is found again.

    Attributes:
        id: the one that came in ``X-Request-ID`` if it is a sane one, else one of our own: 32 hexadecimal digits.
        trace_id: of the trace that the caller takes part in (W3C Trace Context), 32 hexadecimal digits; empty: none.
        parent_id: of the caller's part of it, 16 hexadecimal digits; empty: none.
    """

    id: str
    trace_id: str = ""
    parent_id: str = ""


class _Ids:
    """Ids of this process: none comes twice, on no node. They are no secret, so one may be guessed from another."""

    def __init__(self) -> None:
        self.begin_anew()
        os.register_at_fork(after_in_child=self.begin_anew)

    def begin_anew(self) -> None:
        self._process = os.urandom(12).hex()
        self._numbers = count(1)

    def next(self) -> str:
        return f"{self._process}{next(self._numbers) & 0xFFFFFFFF:08x}"


_ids: Final = _Ids()

current: Final[ContextVar[Named | None]] = ContextVar("keyturn_request", default=None)
"""Of the request that this thread is about; None: of none."""


def kept_or_made(given: str | None) -> str:
    """Return the id that came in ``X-Request-ID`` if it is a sane one, else one of our own."""
    return given if given and _SANE.fullmatch(given) else _ids.next()


def named(environ: Mapping[str, Any]) -> Named:
    """Read or make the name of a request (PEP 3333)."""
    own = kept_or_made(environ.get("HTTP_X_REQUEST_ID"))
    traceparent = environ.get("HTTP_TRACEPARENT")
    if not traceparent:
        return Named(own)
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None or (found[1] == "00" and found[4]):
        return Named(own)
    return Named(own, found[2], found[3])

"""The feed of revocations for other services: what was revoked since they last asked."""

import math
from datetime import datetime, timedelta
from typing import Any, Final

from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from keyturn import conf
from keyturn.api.service_views import ServiceView
from keyturn.clients import Scope
from keyturn.clock import utc_now
from keyturn.feed.cursor import Cursor, CursorTooOldError
from keyturn.feed.keeping import keep
from keyturn.feed.reading import Entry, read

__all__ = ["RevocationsView"]

_POLL_AFTER_MS: Final = 250
"""How often Keyturn's own processes ask. Whoever asks as often stays as close behind."""

_CLOCKS: Final = timedelta(seconds=60)
"""By how much the clocks of nodes may differ."""

_MAX_CURSOR_LENGTH: Final = 65_536
"""Characters; ours are far shorter, and nobody shall make us decode megabytes."""


class CursorMalformed(APIException):
    """``after`` is no cursor that this endpoint gave."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = "The cursor in 'after' is none that was given out here."
    default_code = "cursor_malformed"


class CursorTooOld(APIException):
    """What came since that cursor is not known any more (RFC 9110 section 15.5.11)."""

    status_code = status.HTTP_410_GONE
    default_detail = "The cursor is too old, or of another database. Begin anew without 'after'."
    default_code = "cursor_too_old"


class RevocationsView(ServiceView):
    """What was revoked: without ``after`` everything that a living token may depend on, with it what came since."""

    scope = Scope.REVOCATIONS
    serializer_class = serializers.Serializer

    def get(self, request: Request) -> Response:
        """One page; where ``more`` is true the next one is there already."""
        # A service that starts may be handed keys by a cache that does not know of a revocation yet.
        now, kept = utc_now(), max(keep(), conf.get().jwks_max_age + _CLOCKS)
        try:
            page = read(_cursor(request, now=now), now=now, keep=kept)
        except CursorTooOldError:
            raise CursorTooOld from None
        return Response(
            {
                "cursor": page.cursor.encode(),
                "more": page.more,
                "poll_after_ms": _POLL_AFTER_MS,
                "keep_s": math.ceil(kept.total_seconds()),
                "sessions": [
                    {"sid": str(entry.session_id), "at": _seconds(entry), "reason": entry.reason}
                    for entry in page.entries
                    if entry.session_id is not None
                ],
                "keys": [{"kid": entry.kid, "at": _seconds(entry)} for entry in page.entries if entry.kid],
            }
        )


def _cursor(request: Request, *, now: datetime) -> Cursor | None:
    given: Any = request.query_params.getlist("after")
    if not given:
        return None
    if len(given) > 1 or len(given[0]) > _MAX_CURSOR_LENGTH:
        raise CursorMalformed
    try:
        cursor = Cursor.decode(given[0])
    except ValueError:
        raise CursorMalformed from None
    # Its age could not be told, nor a datetime made of it.
    if max(cursor.at, cursor.horizon or 0) > (now + _CLOCKS).timestamp():
        raise CursorTooOld
    return cursor


def _seconds(entry: Entry) -> float:
    """Since the epoch, to the millisecond."""
    seconds: float = entry.at.timestamp()
    return round(seconds, 3)

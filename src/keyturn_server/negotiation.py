"""Content negotiation (RFC 9110 section 12) that does not think about what nearly every client sends."""

from collections.abc import Iterable
from typing import Any, Final

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

__all__ = ["ContentNegotiation"]

_JSON_WILL_DO: Final = frozenset({"", "*/*", "application/json"})


class ContentNegotiation(DefaultContentNegotiation):
    """REST framework's, and JSON at once for whoever asks for JSON, or for anything, in the plainest form."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> Any:
        """Return the renderer and the media type it was chosen for."""
        first = next(iter(renderers))
        if (
            format_suffix is None
            and type(first) is JSONRenderer
            and not request.META.get("QUERY_STRING")
            and request.META.get("HTTP_ACCEPT", "") in _JSON_WILL_DO
        ):
            return first, first.media_type
        return super().select_renderer(request, renderers, format_suffix)

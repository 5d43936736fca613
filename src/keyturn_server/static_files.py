"""Static files, listed once at start: WhiteNoise's middleware, for a directory that may change meanwhile."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers
from whitenoise.middleware import WhiteNoiseMiddleware

from keyturn_server.refusals import refusal

__all__ = ["StaticFilesMiddleware"]


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc] # it has no types
    """Answers 404 for a file that is gone since, as after a new build of the web app, and lets no cache keep that."""

    def serve(self, static_file: Any, request: HttpRequest) -> HttpResponseBase:
        """Answer with a file."""
        try:
            response: HttpResponseBase = WhiteNoiseMiddleware.serve(static_file, request)
        except FileNotFoundError:
            response = refusal(404)
            add_never_cache_headers(response)
        return response

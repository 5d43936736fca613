"""The WSGI application: ``keyturn_server.wsgi:application``, for any WSGI server."""

import os

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from keyturn_server.gate import Gate
from keyturn_server.observing.watching import Watched

__all__ = ["application"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keyturn_server.settings")


class _ApiHandler(WSGIHandler):
    """Django's handler with the middleware of the API's paths, and without a middleware for the one thing it sets."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Load ours; Django's reads which from one setting."""
        for_pages = settings.MIDDLEWARE
        settings.MIDDLEWARE = settings.KEYTURN_SERVER_API_MIDDLEWARE
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = for_pages

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and say how long the answer is."""
        response = super().get_response(request)
        if isinstance(response, HttpResponse) and "Content-Length" not in response.headers:
            response.headers["Content-Length"] = str(len(response.content))
        return response


_pages = get_wsgi_application()
application = Watched(Gate(_pages, api=_ApiHandler(), most_bytes=lambda: int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)))

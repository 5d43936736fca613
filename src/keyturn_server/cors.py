"""CORS for the API's paths, where most requests come from no page at all."""

from typing import Any, cast

from corsheaders.middleware import CorsMiddleware as _CorsMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

__all__ = ["CorsMiddleware"]


class CorsMiddleware(_CorsMiddleware):
    """django-cors-headers', which reads a dozen settings to find that a request without ``Origin`` gets nothing."""

    sync_capable = True
    async_capable = False

    def __call__(self, request: HttpRequest) -> Any:
        """Answer; what a page of another origin is answered may differ, and caches are told so."""
        if "HTTP_ORIGIN" in request.META or request.method == "OPTIONS":
            return super().__call__(request)
        response = cast("HttpResponseBase", self.get_response(request))
        if response.has_header("Vary"):
            patch_vary_headers(response, ("origin",))
        else:
            response["Vary"] = "origin"
        return response

"""CORS (WHATWG Fetch, "HTTP CORS protocol"): which pages of other origins may read answers, and which with cookies."""

from typing import Any, Final, cast
from urllib.parse import SplitResult

from corsheaders.conf import conf
from corsheaders.middleware import (
    ACCESS_CONTROL_ALLOW_CREDENTIALS,
    ACCESS_CONTROL_ALLOW_ORIGIN,
)
from corsheaders.middleware import CorsMiddleware as _CorsMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from keyturn.api.origins import SAFE_METHODS, OriginRefused, web_origins
from keyturn.api.standing_headers import StandingHeaders
from keyturn_server.refusals import refusal

__all__ = ["ApiCorsMiddleware", "CorsMiddleware"]


_VARY: Final = StandingHeaders({"Vary": "origin"})


class CorsMiddleware(_CorsMiddleware):
    """django-cors-headers', with cookies for the pages of ``WEB_ORIGINS`` and for no others.

    Its own switch for credentials is for all origins or for none.
    """

    sync_capable = True
    async_capable = False

    def add_response_headers(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the headers: an origin that may send cookies is named exactly, never ``*``."""
        response = super().add_response_headers(request, response)
        origin = request.META.get("HTTP_ORIGIN", "")
        if origin in web_origins() and response.has_header(ACCESS_CONTROL_ALLOW_ORIGIN):
            response[ACCESS_CONTROL_ALLOW_ORIGIN] = origin
            response[ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
        return response

    def origin_found_in_white_lists(self, origin: str, url: SplitResult) -> bool:
        """Whether the origin is one of those named, letter by letter: what is merely read as one is no browser's."""
        return origin in conf.CORS_ALLOWED_ORIGINS


def _refused(request: HttpRequest) -> HttpResponseBase | None:
    """Refuse what a page sends that may not read the answer.

    A script can send a form without asking first. It would not hear what became of it, but the visitor's attempts would
    be used up. Only a browser says ``Sec-Fetch-Site``, so no program is meant.
    """
    elsewhere = request.META.get("HTTP_SEC_FETCH_SITE") in {"cross-site", "same-site"}
    if not elsewhere or request.method in SAFE_METHODS or conf.CORS_ALLOW_ALL_ORIGINS:
        return None
    if request.META["HTTP_ORIGIN"] in conf.CORS_ALLOWED_ORIGINS:
        return None
    answer = refusal(403, code=OriginRefused.default_code, detail=OriginRefused.default_detail)
    patch_vary_headers(answer, ("origin",))
    return answer


class ApiCorsMiddleware(CorsMiddleware):
    """The same for the API's paths, where most requests come from no page at all.

    django-cors-headers reads a dozen settings to find that a request without ``Origin`` gets nothing.
    """

    def __call__(self, request: HttpRequest) -> Any:
        """Answer; what a page of another origin is answered may differ, and caches are told so."""
        if "HTTP_ORIGIN" in request.META or request.method == "OPTIONS":
            return _refused(request) or super().__call__(request)
        response = cast("HttpResponseBase", self.get_response(request))
        if response.has_header("Vary"):
            patch_vary_headers(response, ("origin",))
        else:
            _VARY.put(response)
        return response

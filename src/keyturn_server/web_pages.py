"""The web app's pages: ``/``, the paths that the app itself knows, and in development ``/lab/``.

Every one of those paths is the same document; the app looks at the address. Where the app was not built, ``/`` is a
plain page, and the other paths lead to it. Clients that do not ask for HTML get the list of endpoints at ``/`` as ever.
"""

import json
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from keyturn_server import views, web_files
from keyturn_server.accept import prefers_html
from keyturn_server.refusals import refusal
from keyturn_server.web_config import configuration

__all__ = ["PATHS", "urlpatterns"]

PATHS: Final = (
    "sign-in",
    "sign-in/second-factor",
    "sign-in/set-up",
    "sign-in/code",
    "sign-in/link",
    "sign-in/provider",
    "sign-up",
    "sign-up/provider",
    "verify-email",
    "forgot-password",
    "reset-password",
    "profile",
    "security",
    "activity",
)
"""The app's own places beside ``/``, as its router has them. Without a slash at the end."""

# Content Security Policy Level 3. Scripts, styles and calls are of this server alone; nothing is inline; text never
# becomes a script (Trusted Types). The configuration is a data block, which no policy has to allow.
_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
# The lab opens tabs of its own as frames.
_LAB_POLICY: Final = {**_POLICY, "frame-src": "'self'", "frame-ancestors": "'self'"}
_PLAIN_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

# "no-referrer" would have browsers send "Origin: null" with a form (Fetch section 3.2), which is nobody's.
_REFERRER: Final = "same-origin"
_ESCAPES: Final = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}


def _header(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in policy.items())


def _built(request: HttpRequest, page: web_files.Page) -> HttpResponse | None:
    """The page with its configuration; None where it was not built."""
    # No text in it can end the element that it stands in, or begin another (HTML, "Restrictions for contents of script
    # elements").
    inside = json.dumps(configuration(request)).translate(_ESCAPES)
    text = web_files.page_around(inside, page)
    if text is None:
        return None
    response = HttpResponse(text)
    response["Content-Security-Policy"] = _header(_POLICY if page == "app" else _LAB_POLICY)
    if page == "lab":
        response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _plain(request: HttpRequest) -> HttpResponse:
    """What a browser gets where the app was not built."""
    response = render(request, "keyturn_server/plain.html", {**configuration(request)})
    response["Content-Security-Policy"] = _PLAIN_POLICY
    return response


@never_cache
@csrf_exempt
@require_safe
def root(request: HttpRequest) -> HttpResponse:
    """Answer the app, or a list of the endpoints to clients that do not ask for HTML."""
    response = (_built(request, "app") or _plain(request)) if prefers_html(request) else views.index(request)
    response["Referrer-Policy"] = _REFERRER
    patch_vary_headers(response, ("Accept",))
    return response


@never_cache
@csrf_exempt
@require_safe
def place(request: HttpRequest) -> HttpResponse:
    """Answer the app at one of its own paths."""
    response = _built(request, "app") or HttpResponseRedirect(reverse("index"))
    response["Referrer-Policy"] = _REFERRER
    return response


@never_cache
@csrf_exempt
@require_safe
def lab(request: HttpRequest) -> HttpResponse:
    """Answer the lab."""
    response = _built(request, "lab")
    if response is None:
        return refusal(404, detail="The lab has not been built; make web does it.")
    response["Referrer-Policy"] = _REFERRER
    return response


@never_cache
@csrf_exempt
@require_safe
def config(request: HttpRequest) -> HttpResponse:
    """Answer the configuration, for the pages that Vite serves (``make dev``)."""
    return JsonResponse(configuration(request))


def urlpatterns() -> list[URLPattern]:
    """The pages' URLs; the lab's and the bare configuration's in development only."""
    pages = [path("", root, name="index"), *(path(place_of, place, name=f"app_{place_of}") for place_of in PATHS)]
    if settings.DEBUG:
        pages += [path("lab/", lab, name="lab"), path("dev/config/", config, name="dev_config")]
    return pages

"""An OpenID provider for development, under ``/dev/provider/``: it believes whatever address is typed.

So ``make run`` shows signing in by a provider, linking and unlinking, before anything is registered anywhere.
"""

from typing import Final
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from keyturn_server.dev.provider_named import CLIENT_ID, issuer
from keyturn_server.dev.provider_tokens import id_token, jwks, new_code, told_by

__all__ = ["urlpatterns"]

_ASKED: Final = ("redirect_uri", "nonce", "code_challenge")
_MOST: Final = 2_000
"""Characters of each thing that is asked."""
_PAGE: Final = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"


class _Who(forms.Form):
    email = forms.EmailField(label="E-mail address")
    name = forms.CharField(label="Name", required=False, max_length=100)
    is_verified = forms.BooleanField(label="The provider has verified the address", required=False, initial=True)


def _own() -> str:
    return issuer(settings.KEYTURN_SERVER_PUBLIC_URL)


@never_cache
@require_safe
def discovery(request: HttpRequest) -> HttpResponse:
    """Describe the provider (OpenID Connect Discovery section 3)."""
    own = _own()
    return JsonResponse(
        {
            "issuer": own,
            "authorization_endpoint": f"{own}/authorize/",
            "token_endpoint": f"{own}/token/",
            "jwks_uri": f"{own}/jwks/",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "scopes_supported": ["openid", "profile", "email"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "authorization_response_iss_parameter_supported": True,
        }
    )


@never_cache
@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """Answer the keys that verify its ID tokens."""
    return JsonResponse(jwks())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """Ask who somebody is, and lead back with a code or a refusal (RFC 6749 section 4.1, RFC 9207)."""
    asked = {name: request.GET.get(name, "") for name in (*_ASKED, "state")}
    back = asked["redirect_uri"]
    if (
        request.GET.get("client_id") != CLIENT_ID
        or request.GET.get("response_type") != "code"
        or request.GET.get("code_challenge_method") != "S256"
        # Nobody else may have anybody led away by this server.
        or not back.startswith(f"{settings.KEYTURN_SERVER_PUBLIC_URL}/")
        or not asked["code_challenge"]
        or any(len(value) > _MOST or "\0" in value for value in asked.values())
    ):
        return HttpResponseBadRequest("This is no request that this server makes.", content_type="text/plain")
    form = _Who(request.POST or None)
    told = {"state": asked.pop("state"), "iss": _own()}
    if "decline" in request.POST:
        return _back(back, {**told, "error": "access_denied"})
    if form.is_valid():
        return _back(back, {**told, "code": new_code(asked=asked, **form.cleaned_data)})
    response = render(request, "keyturn_server/provider.html", {"form": form})
    response["Content-Security-Policy"] = _PAGE
    return response


def _back(address: str, told: dict[str, str]) -> HttpResponse:
    response = HttpResponseRedirect(f"{address}{'&' if '?' in address else '?'}{urlencode(told)}")
    response.status_code = 303
    return response


@csrf_exempt
@never_cache
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Trade a code for an ID token (OpenID Connect Core section 3.1.3)."""
    given = {name: request.POST.get(name, "") for name in ("grant_type", "code", "code_verifier", "redirect_uri")}
    if given["grant_type"] != "authorization_code" or request.POST.get("client_id") != CLIENT_ID:
        return JsonResponse({"error": "invalid_request"}, status=400)
    told = told_by(given["code"], verifier=given["code_verifier"], redirect_uri=given["redirect_uri"])
    if told is None:
        return JsonResponse({"error": "invalid_grant"}, status=400)
    # Of its access token nothing can be had, so it is none.
    return JsonResponse({"access_token": "none", "token_type": "Bearer", "id_token": id_token(told, issuer=_own())})


def urlpatterns() -> list[URLPattern]:
    """Its endpoints."""
    return [
        path("dev/provider/.well-known/openid-configuration", discovery, name="dev_provider"),
        path("dev/provider/jwks/", keys, name="dev_provider_jwks"),
        path("dev/provider/authorize/", authorize, name="dev_provider_authorize"),
        path("dev/provider/token/", token, name="dev_provider_token"),
    ]

"""The server's own pages: an index, the tutorials' ``home/``, and what probes ask."""

from math import isfinite
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from keyturn.api.answer import Answer
from keyturn.api.base import SteadyMethods
from keyturn.api.schema_bodies import Unauthenticated
from keyturn_server.observing.readiness import CHECKS, standing
from keyturn_server.refusals import CODES, RETRY_AFTER

__all__ = ["HomeView", "index", "live", "ready"]

# Views that read no cookie are exempt from the CSRF check, so that a wrong method is answered 405 and not 403.

# By the names their URLs have.
_INDEX: Final = {
    "login": "token_obtain_pair",
    "refresh": "token_refresh",
    "verify": "token_verify",
    "blacklist": "token_blacklist",
    "logout": "logout",
    "sessions": "sessions",
    "accounts": "headless:app:config",
    "jwks": "jwks",
    "metadata": "oauth_authorization_server",
    "introspect": "token_introspect",
    "revoke": "token_revoke",
    "revocations": "revocations",
    "home": "home",
    "schema": "schema",
    "docs": "docs",
    "admin": "admin:index",
    "live": "livez",
    "ready": "readyz",
    "metrics": "metrics",
}
_INDEX_OF_DEVELOPMENT: Final = {"inbox": "dev_inbox"}


class HomeSerializer(serializers.Serializer[dict[str, str]]):
    """What ``home/`` answers."""

    message = serializers.CharField()


class HomeView(SteadyMethods):
    """Greets whoever shows a valid access token: the simplest protected endpoint, to try one on."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="home",
        summary="Try an access token",
        responses={200: HomeSerializer, 401: Unauthenticated},
        tags=["The server"],
    )
    def get(self, request: Request) -> Response:
        """Answer 200 to a valid access token, 401 to anything else."""
        return Answer({"message": "Welcome: your access token is valid."})


def index(request: HttpRequest) -> HttpResponse:
    """Name the endpoints: what ``/`` answers to clients that do not ask for HTML (:mod:`keyturn_server.web_pages`)."""
    routes = _INDEX | (_INDEX_OF_DEVELOPMENT if settings.KEYTURN_SERVER_INBOX else {})
    endpoints = {name: request.build_absolute_uri(reverse(route)) for name, route in routes.items()}
    return JsonResponse({"name": "Keyturn", "endpoints": endpoints})


@never_cache
@csrf_exempt
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Answer as long as the process does: a probe that fails here should restart it."""
    return JsonResponse({"status": "ok"})


@never_cache
@csrf_exempt
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 if requests can be served, 503 while they cannot: by check, ``ok``, ``failed`` or ``unknown``."""
    found = standing()
    told: dict[str, Any] = {
        "status": "ok" if found.is_ready else "failed",
        **{check: found.word(check) for check in CHECKS},
        "feed_lag_seconds": round(found.lag, 3) if isfinite(found.lag) else None,
    }
    if found.is_ready:
        return JsonResponse(told)
    code, _ = CODES[503]
    missing = ", ".join(check for check in CHECKS if found.word(check) != "ok")
    refused = {"detail": f"Not ready: {missing}.", "code": code}
    return JsonResponse({**refused, **told}, status=503, headers={"Retry-After": RETRY_AFTER})

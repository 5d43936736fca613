"""``/metrics``, for whoever watches the server."""

from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST
from rest_framework.request import Request

from keyturn.api.service_views import ServiceView
from keyturn.clients import Scope
from keyturn_server.observing.metrics import exposition

__all__ = ["MetricsView"]


class MetricsView(ServiceView):
    """How the workers stand. A service client with the scope ``metrics`` may ask, and whoever has the token."""

    scope = Scope.METRICS
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let in whoever has the token that the environment names; that needs no database."""
        if not _has_token(request):
            super().initial(request, *args, **kwargs)

    def get(self, request: Request) -> HttpResponse:
        """Prometheus's text format."""
        return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: Request) -> bool:
    """RFC 6750 section 2.1."""
    token = settings.KEYTURN_SERVER_METRICS_TOKEN
    scheme, _, presented = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    # In time that says nothing of where they differ.
    return bool(token) and scheme.lower() == "bearer" and compare_digest(presented.encode(), token.encode())

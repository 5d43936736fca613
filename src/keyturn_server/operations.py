"""``/metrics``, for whoever watches the server."""

from django.http import HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST
from rest_framework.request import Request

from keyturn.api.service_views import ServiceView
from keyturn.clients import Scope
from keyturn_server.metrics import exposition

__all__ = ["MetricsView"]


class MetricsView(ServiceView):
    """How the workers stand. A service client with the scope ``metrics`` may ask."""

    scope = Scope.METRICS
    schema = None

    def get(self, request: Request) -> HttpResponse:
        """Prometheus's text format."""
        return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)

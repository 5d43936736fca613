"""The service's pages."""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from orders.access import signed_in, verifier


def index(_: HttpRequest) -> HttpResponse:
    """A page for everybody."""
    return JsonResponse({"service": "orders"})


@signed_in
def me(request: HttpRequest) -> HttpResponse:
    """Who is asking."""
    token = request.token
    return JsonResponse({"user": token.subject, "session": token.session_id, "expires": token.expires_at})


def health(_: HttpRequest) -> HttpResponse:
    """Whether tokens can be decided now, and by how fresh a feed."""
    status = verifier.status()
    return JsonResponse(asdict(status), status=200 if status.ready else 503)


urlpatterns = [path("", index), path("me", me), path("health", health)]

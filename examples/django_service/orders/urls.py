"""The service's pages."""

from dataclasses import asdict
from datetime import timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_POST

from orders.access import proved, signed_in, verifier


def index(_: HttpRequest) -> HttpResponse:
    """A page for everybody."""
    return JsonResponse({"service": "orders"})


@signed_in
def me(request: HttpRequest) -> HttpResponse:
    """Who is asking."""
    token = request.token
    return JsonResponse({"user": token.subject, "session": token.session_id, "expires": token.expires_at})


@require_POST
@proved(timedelta(minutes=5))
def cancel(request: HttpRequest) -> HttpResponse:
    """Nobody cancels an order who has only found an open laptop."""
    return JsonResponse({"cancelled_by": request.token.subject})


@require_POST
@proved(timedelta(minutes=5), acr="2fa")
def bank_account(request: HttpRequest) -> HttpResponse:
    """Nor does a password alone say where the money goes."""
    return JsonResponse({"changed_by": request.token.subject})


def health(_: HttpRequest) -> HttpResponse:
    """Whether tokens can be decided now, and by how fresh a feed."""
    status = verifier.status()
    return JsonResponse(asdict(status), status=200 if status.ready else 503)


urlpatterns = [
    path("", index),
    path("me", me),
    path("cancel", cancel),
    path("bank-account", bank_account),
    path("health", health),
]

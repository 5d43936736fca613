"""Who may come in: decorators for views, and a middleware that answers for those who may not."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from keyturn.verifier import (
    ProofError,
    RefusedError,
    UnavailableError,
    Verifier,
    answer_to,
    presented,
    require_authentication,
)

logger = logging.getLogger("django.request")

View = Callable[..., HttpResponse]

verifier = Verifier(**settings.AUTH)


class NoTokenError(Exception):
    """The request shows no token."""


def signed_in(view: View) -> View:
    """Call a view only with a good access token, which is then ``request.token``."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        shown = presented(
            authorization=request.headers.get("Authorization"),
            dpop=request.headers.get("DPoP"),
            method=request.method or "",
            url=request.build_absolute_uri(),
        )
        if shown is None:
            raise NoTokenError
        request.token = verifier.verify(shown)
        return view(request, *args, **kwargs)

    return guarded


def proved(max_age: timedelta | None = None, acr: str | None = None) -> Callable[[View], View]:
    """The same, for what must not be done with a session alone: of a user who proved so lately who they are."""

    def decorator(view: View) -> View:
        @signed_in
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            require_authentication(request.token, max_age=max_age, acr=acr)
            return view(request, *args, **kwargs)

        return guarded

    return decorator


class NotLetInMiddleware:
    """Answers 401 with the reason, or 503 where nothing can be decided; why, is in the log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn what :func:`signed_in` or :func:`proved` raised into an answer."""
        if not isinstance(error, (NoTokenError, RefusedError, ProofError, UnavailableError)):
            return None
        if isinstance(error, UnavailableError):
            logger.warning("%s", error)
        known = None if isinstance(error, NoTokenError) else error
        answer = answer_to(known, authorization=request.headers.get("Authorization"))
        return JsonResponse(dict(answer.body), status=answer.status, headers=dict(answer.headers))

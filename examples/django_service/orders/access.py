"""Who may come in: a decorator for views, and a middleware that answers for those who may not."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from keyturn.verifier import RefusedError, UnavailableError, Verifier, answer_to, bearer_token

logger = logging.getLogger("django.request")

View = Callable[..., HttpResponse]

verifier = Verifier(**settings.AUTH)


class NoTokenError(Exception):
    """The request shows no token."""


def signed_in(view: View) -> View:
    """Call a view only with a good access token, which is then ``request.token``."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        raw = bearer_token(request.headers.get("Authorization"))
        if raw is None:
            raise NoTokenError
        request.token = verifier.verify(raw)
        return view(request, *args, **kwargs)

    return guarded


class NotLetInMiddleware:
    """Answers 401 with the reason, or 503 where nothing can be decided; why, is in the log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, _: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn what :func:`signed_in` raised into an answer."""
        if not isinstance(error, (NoTokenError, RefusedError, UnavailableError)):
            return None
        if isinstance(error, UnavailableError):
            logger.warning("%s", error)
        answer = answer_to(None if isinstance(error, NoTokenError) else error)
        return JsonResponse(dict(answer.body), status=answer.status, headers=dict(answer.headers))

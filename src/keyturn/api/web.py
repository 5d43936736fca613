"""Which of its two ways a client has: bearer (tokens in bodies), or web (the refresh token in a cookie alone).

A page says so by ``X-Keyturn-Client: web``, or by calling from one of ``WEB_ORIGINS``. Everything else is bearer, as
simplejwt's clients are. A page of ``WEB_ORIGINS`` that wants the tokens nevertheless says ``X-Keyturn-Client: bearer``.
"""

from typing import Any, Final

from django.http import HttpRequest
from rest_framework import exceptions, status

from keyturn import conf

__all__ = ["CLIENT_HEADER", "UnknownClient", "django_request", "is_web", "names_its_kind"]

CLIENT_HEADER: Final = "HTTP_X_KEYTURN_CLIENT"
"""As Django has it in ``META``."""

_KINDS: Final = frozenset({"web", "bearer"})
_MEMO: Final = "keyturn_is_web"


class UnknownClient(exceptions.APIException):
    """``X-Keyturn-Client`` holds a word that means nothing: better said than guessed, since tokens go by it."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = "X-Keyturn-Client must be web or bearer."
    default_code = "unknown_client"


def django_request(request: Any) -> HttpRequest:
    """Django's request inside of REST framework's."""
    inner: HttpRequest = getattr(request, "_request", request)
    return inner


def names_its_kind(request: Any) -> bool:
    """Whether the request says itself what kind of client it is from, which no form, image or link can."""
    return bool(request.META.get(CLIENT_HEADER))


def is_web(request: Any) -> bool:
    """Whether a request, Django's or REST framework's, is from a client that keeps its refresh token in the cookie.

    Raises:
        UnknownClient: the header holds another word. Whoever asks again, to answer that, is told that it is none.
    """
    request = django_request(request)
    known = getattr(request, _MEMO, None)
    if known is None:
        setattr(request, _MEMO, False)
        known = _found(request)
        setattr(request, _MEMO, known)
    return bool(known)


def _found(request: HttpRequest) -> bool:
    named = request.META.get(CLIENT_HEADER)
    if named:
        if named not in _KINDS:
            raise UnknownClient
        return bool(named == "web")
    origin = request.META.get("HTTP_ORIGIN")
    return bool(origin) and origin in conf.get().web_origins

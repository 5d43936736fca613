"""Every error leaves as JSON with ``detail`` and ``code``, and with ``reason`` where a token was refused."""

import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_exception_handler

from keyturn.api.errors import PayloadTooLarge, TemporarilyUnavailable, challenge, refusal_body, store_failed
from keyturn.errors import RefusedError, TooManyAttemptsError

__all__ = ["exception_handler"]

logger = logging.getLogger("keyturn.api")

_RETRY_AFTER = 1
"""Seconds."""


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Turn an exception into an answer; None for what nobody foresaw, which is a bug of ours.

    Args:
        error: what a view raised.
        context: DRF's: the view and the request.
    """
    if isinstance(error, RefusedError):
        body = refusal_body(error) | getattr(context.get("view"), "told_otherwise", {}).get(error.reason, {})
        logger.info("refused: %s (%s)", error.reason.value, error.evidence)
        if isinstance(error, TooManyAttemptsError):
            headers = {"Retry-After": str(error.retry_after)}
        elif error.refusal.status == status.HTTP_401_UNAUTHORIZED:
            headers = {"WWW-Authenticate": _challenge(context, body)}
        elif error.refusal.status == status.HTTP_503_SERVICE_UNAVAILABLE:
            headers = {"Retry-After": str(_RETRY_AFTER)}
        else:
            headers = {}
        return Response(body, status=error.refusal.status, headers=headers)
    if store_failed(error):
        error = TemporarilyUnavailable(error)
    elif isinstance(error, RequestDataTooBig):
        error = PayloadTooLarge()
    elif isinstance(error, (SuspiciousOperation, UnreadablePostError, LookupError, UnicodeError)) and _while_parsing(
        error, context
    ):
        error = exceptions.ParseError()
    response = rest_exception_handler(error, dict(context))
    if response is not None:
        _complete(response, error)
        if response.status_code == status.HTTP_401_UNAUTHORIZED:
            response["WWW-Authenticate"] = _challenge(context, response.data)
        elif response.status_code == status.HTTP_429_TOO_MANY_REQUESTS:
            # A throttle of the project's own need not know how long to wait.
            response.headers.setdefault("Retry-After", str(_RETRY_AFTER))
    return response


def _while_parsing(error: Exception, context: Mapping[str, Any]) -> bool:
    """Whether reading the body failed: a bogus charset or boundary is the client's fault, anything later is ours."""
    if isinstance(error, (SuspiciousOperation, UnreadablePostError)):
        return True
    return bool(getattr(context.get("view"), "is_reading_body", False))


def _challenge(context: Mapping[str, Any], body: Any) -> str:
    scheme = getattr(context.get("view"), "challenge_scheme", "Bearer")
    return challenge(scheme, body if isinstance(body, Mapping) else None)


def _complete(response: Response, error: Exception) -> None:
    """Add what every error has: ``detail`` and ``code``; field errors stay as they are."""
    data = response.data
    if isinstance(data, list):
        data = {"non_field_errors": data}
    if not isinstance(data, dict):
        return
    data.setdefault("detail", "Invalid input.")
    if "code" not in data:
        data["code"] = _code(error)
    # A view of the project's own may have made simplejwt's InvalidToken of a refusal.
    if isinstance(error, exceptions.APIException) and isinstance(error.__cause__, RefusedError):
        data.setdefault("reason", error.__cause__.reason.value)
        # REST framework has made texts of all values.
        data.update(error.__cause__.told)
    response.data = data


def _code(error: Exception) -> str:
    if isinstance(error, Http404):
        return "not_found"
    if isinstance(error, PermissionDenied):
        return "permission_denied"
    if isinstance(error, exceptions.ValidationError):
        return "invalid"
    codes = error.get_codes() if isinstance(error, exceptions.APIException) else "error"
    return codes if isinstance(codes, str) else str(getattr(error, "default_code", "error"))

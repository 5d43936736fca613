"""What a refusal looks like to a client.

The authentication class needs this, so no view may be imported here: importing REST framework's views loads the
project's authentication classes, ours among them.
"""

from collections.abc import Mapping
from typing import Any

from rest_framework import exceptions, status

from keyturn.errors import RefusedError

__all__ = ["PayloadTooLarge", "TokenNotValid", "challenge", "refusal_body"]


class PayloadTooLarge(exceptions.APIException):
    """The body is longer than ``MAX_BODY_BYTES`` (RFC 9110 section 15.5.14)."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "Request body is too large."
    default_code = "payload_too_large"


class TokenNotValid(exceptions.AuthenticationFailed):
    """A request's token was refused; the body is ready made, in simplejwt's form."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.body = dict(body)
        super().__init__(self.body)


def refusal_body(error: RefusedError) -> dict[str, Any]:
    """What the client is told of a refusal."""
    refusal = error.refusal
    return {"detail": refusal.detail, "code": refusal.code, "reason": error.reason.value}


def challenge(scheme: str, body: Mapping[str, Any] | None = None, *, realm: str = "api") -> str:
    """A ``WWW-Authenticate`` value (RFC 6750 section 3); an error only where a token was presented."""
    value = f'{scheme} realm="{realm}"'
    if body is not None and "reason" in body and body.get("code") != "no_active_account":
        value += f', error="invalid_token", error_description="{body["reason"]}"'
    return value

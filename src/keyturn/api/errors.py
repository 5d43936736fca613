"""What a refusal looks like to a client.

The authentication class needs this, so no view may be imported here: importing REST framework's views loads the
project's authentication classes, ours among them.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from django.db import InterfaceError, InternalError, OperationalError
from rest_framework import exceptions, status

from keyturn.errors import ProofError, Reason, RefusedError, UnavailableError
from keyturn.jose.dpop import ALGORITHMS

__all__ = [
    "PROOF_CODES",
    "STORE_ERRORS",
    "PayloadTooLarge",
    "ProofNotAccepted",
    "ProofNotValid",
    "TemporarilyUnavailable",
    "TokenNotValid",
    "challenge",
    "refusal_body",
    "store_failed",
]

logger = logging.getLogger("keyturn.api")

STORE_ERRORS: Final = (UnavailableError, OperationalError, InterfaceError)
"""What says that nothing can be decided now."""

_READ_ONLY: Final = "25006"
"""PostgreSQL's ``read_only_sql_transaction``."""


def store_failed(error: BaseException) -> bool:
    """Whether an error says that nothing can be decided now: one of :data:`STORE_ERRORS`, or a database without writes.

    So answers a PostgreSQL that has become a standby, or a standby that connections were led to during a fail-over.
    """
    if isinstance(error, InternalError):
        return getattr(error.__cause__, "sqlstate", None) == _READ_ONLY
    return isinstance(error, STORE_ERRORS)


class PayloadTooLarge(exceptions.APIException):
    """The body is longer than ``MAX_BODY_BYTES`` (RFC 9110 section 15.5.14)."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "Request body is too large."
    default_code = "payload_too_large"


class TemporarilyUnavailable(exceptions.APIException):
    """The store, or the keys at a URL, cannot answer now; nothing was decided. ``Retry-After`` says when to ask again.

    Args:
        cause: one of :data:`STORE_ERRORS`; goes into the log only.
    """

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE

    def __init__(self, cause: Exception) -> None:
        logger.error("temporarily unavailable: %s: %s", type(cause).__name__, cause)
        # REST framework makes Retry-After of this (RFC 9110 section 10.2.3).
        self.wait = getattr(cause, "retry_after", 1)
        what = type(cause) if isinstance(cause, UnavailableError) else UnavailableError
        super().__init__({"detail": what.detail, "code": what.code})


class TokenNotValid(exceptions.AuthenticationFailed):
    """A request's token was refused; the body is ready made, in simplejwt's form."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.body = dict(body)
        super().__init__(self.body)


class ProofNotAccepted(exceptions.APIException):
    """A DPoP proof does not serve where tokens are given (RFC 9449 section 5). Nothing was decided."""

    status_code = status.HTTP_400_BAD_REQUEST

    def __init__(self, error: ProofError) -> None:
        super().__init__({"detail": error.detail, "code": error.code})


class ProofNotValid(TokenNotValid):
    """A DPoP proof does not serve where a token is shown (RFC 9449 section 7.1). The token itself was not judged."""

    def __init__(self, error: ProofError) -> None:
        super().__init__({"detail": error.detail, "code": error.code})


def refusal_body(error: RefusedError) -> dict[str, Any]:
    """What the client is told of a refusal."""
    refusal = error.refusal
    return {"detail": refusal.detail, "code": refusal.code, "reason": error.reason.value, **error.told}


PROOF_CODES: Final = frozenset({"invalid_dpop_proof", "use_dpop_nonce"})


def challenge(scheme: str, body: Mapping[str, Any] | None = None, *, realm: str = "api") -> str:
    """A ``WWW-Authenticate`` value (RFC 6750 section 3, RFC 9449 section 7.1); an error only where a token was shown.

    Args:
        scheme: ``DPoP``, or one of the project's.
        body: what the client is told of a refusal.
        realm: what the token opens.
    """
    value = f'{scheme} realm="{realm}"'
    if scheme == "DPoP":
        value += f', algs="{" ".join(ALGORITHMS)}"'
        if body is not None and body.get("code") in PROOF_CODES:
            return f'{value}, error="{body["code"]}"'
    if body is not None and body.get("reason") == Reason.REAUTHENTICATION_REQUIRED:
        # RFC 9470 section 3.
        value += ', error="insufficient_user_authentication"'
        value += "".join(f', {name}="{body[name]}"' for name in ("max_age", "acr_values") if name in body)
    elif body is not None and "reason" in body and body.get("code") != "no_active_account":
        value += f', error="invalid_token", error_description="{body["reason"]}"'
    return value

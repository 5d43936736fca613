"""What a service answers: from a header to a token, from an error to status, headers and body, for any framework."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from keyturn.errors import ProofError, Reason, RefusedError, UnavailableError, UseNonceError
from keyturn.jose.dpop import ALGORITHMS

__all__ = ["HttpAnswer", "answer_to", "bearer_token"]

_BEARER: Final = 'Bearer realm="api"'
_DPOP: Final = f'DPoP realm="api", algs="{" ".join(ALGORITHMS)}"'


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A response to a request that is not let in; the body is to be sent as JSON."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]


def bearer_token(authorization: str | None) -> str | None:
    """The token in an ``Authorization`` header that bears it (RFC 6750 section 2.1).

    :func:`keyturn.verifier.presented` reads tokens that are bound to a key too.

    Args:
        authorization: the header's value; None where there is none.

    Returns:
        The raw token; None where the header is missing, empty or of another scheme.

    Raises:
        RefusedError: malformed: the scheme is Bearer and not exactly one token follows.
    """
    parts = (authorization or "").split()
    # RFC 9110 section 11.1: schemes are case-insensitive.
    if not parts or parts[0].lower() != "bearer":
        return None
    if len(parts) != 2:
        raise RefusedError(Reason.MALFORMED, "not exactly one token after Bearer")
    return parts[1]


def answer_to(
    error: RefusedError | ProofError | UnavailableError | None, *, authorization: str | None = None
) -> HttpAnswer:
    """What to answer instead of the thing asked for.

    Args:
        error: what :meth:`Verifier.verify` raised; None where no token was shown.
        authorization: the ``Authorization`` header's value, whose scheme the challenge then names.

    Returns:
        401 with ``WWW-Authenticate`` (RFC 6750 section 3, RFC 9449 section 7.1, RFC 9470 section 3), and the reason
        where a token was refused; or 503 with ``Retry-After``. Why nothing could be decided is for the log,
        ``str(error)``, alone.
    """
    if isinstance(error, UnavailableError):
        return HttpAnswer(
            503,
            {"Retry-After": str(error.retry_after)},
            {"detail": "Temporarily unavailable, try again.", "code": "unavailable"},
        )
    if error is None:
        return HttpAnswer(
            401,
            {"WWW-Authenticate": _BEARER},
            {"detail": "Authentication credentials were not provided.", "code": "not_authenticated"},
        )
    if isinstance(error, ProofError):
        headers = {"WWW-Authenticate": f'{_DPOP}, error="{error.code}"'}
        if isinstance(error, UseNonceError) and error.nonce is not None:
            headers |= {"DPoP-Nonce": error.nonce, "Cache-Control": "no-store"}
        return HttpAnswer(401, headers, {"detail": error.detail, "code": error.code})
    refusal = error.refusal
    challenge = _DPOP if (authorization or "").lower().split()[:1] == ["dpop"] else _BEARER
    return HttpAnswer(
        401,
        {"WWW-Authenticate": f"{challenge}, {_error(error)}"},
        {"detail": refusal.detail, "code": refusal.code, "reason": error.reason.value, **error.told},
    )


def _error(error: RefusedError) -> str:
    """The challenge's parameters: the token is not good, or it is, and the proof behind it is not (RFC 9470)."""
    if error.reason is not Reason.REAUTHENTICATION_REQUIRED:
        return f'error="invalid_token", error_description="{error.reason.value}"'
    told = "".join(f', {name}="{error.told[name]}"' for name in ("max_age", "acr_values") if name in error.told)
    return f'error="insufficient_user_authentication"{told}'

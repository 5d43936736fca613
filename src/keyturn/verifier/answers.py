"""What a service answers: from a header to a token, from an error to status, headers and body, for any framework."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from keyturn.errors import Reason, RefusedError, UnavailableError

__all__ = ["HttpAnswer", "answer_to", "bearer_token"]

_REALM: Final = 'Bearer realm="api"'


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A response to a request that is not let in; the body is to be sent as JSON."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, str]


def bearer_token(authorization: str | None) -> str | None:
    """The token in an ``Authorization`` header (RFC 6750 section 2.1).

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


def answer_to(error: RefusedError | UnavailableError | None) -> HttpAnswer:
    """What to answer instead of the thing asked for.

    Args:
        error: what :meth:`Verifier.verify` raised; None where no token was shown.

    Returns:
        401 with ``WWW-Authenticate`` (RFC 6750 section 3), and the reason where a token was refused; or 503 with
        ``Retry-After``. Why nothing could be decided is for the log, ``str(error)``, and not in it.
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
            {"WWW-Authenticate": _REALM},
            {"detail": "Authentication credentials were not provided.", "code": "not_authenticated"},
        )
    refusal = error.refusal
    return HttpAnswer(
        401,
        {"WWW-Authenticate": f'{_REALM}, error="invalid_token", error_description="{error.reason.value}"'},
        {"detail": refusal.detail, "code": refusal.code, "reason": error.reason.value},
    )

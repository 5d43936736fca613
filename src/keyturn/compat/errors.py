"""Errors that are simplejwt's to whoever catches those, and Keyturn's to whoever wants the reason."""

from collections.abc import Iterator
from contextlib import contextmanager

from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError

from keyturn.errors import Reason, RefusedError

__all__ = ["RefusedExpiredToken", "RefusedToken", "stock_token_error", "stock_token_errors"]


class RefusedToken(TokenError, RefusedError):  # type: ignore[misc] # simplejwt ships no usable types
    """simplejwt's ``TokenError``, with Keyturn's reason."""

    def __init__(self, error: RefusedError, message: str | None = None) -> None:
        RefusedError.__init__(self, error.reason, error.evidence)
        self.args = (message or error.refusal.detail,)

    @property
    def message(self) -> str:
        """simplejwt's sentence."""
        return str(self.args[0])


class RefusedExpiredToken(RefusedToken, ExpiredTokenError):  # type: ignore[misc] # the same
    """The same for an expired token."""


def stock_token_error(error: RefusedError) -> RefusedToken:
    """Return a refusal as simplejwt's error."""
    return (RefusedExpiredToken if error.reason is Reason.EXPIRED else RefusedToken)(error)


@contextmanager
def stock_token_errors() -> Iterator[None]:
    """Raise every refusal in here as simplejwt's error, with its reason."""
    try:
        yield
    except RefusedToken:
        raise
    except RefusedError as error:
        raise stock_token_error(error) from error
    except TokenError as error:
        reason = _reason(error)
        kind = RefusedExpiredToken if reason is Reason.EXPIRED else RefusedToken
        raise kind(RefusedError(reason), str(error.args[0]) if error.args else None) from error


def _reason(error: BaseException) -> Reason:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, RefusedError):
            return cause.reason
        cause = cause.__cause__
    return Reason.MALFORMED

"""Nothing can be decided about a token now."""

from keyturn.errors import UnavailableError

__all__ = ["UndecidedError"]


class UndecidedError(UnavailableError):
    """The keys, the feed or the introspection cannot be had: answer 503 with ``Retry-After``.

    Args:
        why: for the log: what is missing. Never a token, key or password.
        retry_after: seconds after which a retry makes sense (RFC 9110 section 10.2.3).
    """

    def __init__(self, why: str, retry_after: int = 1) -> None:
        super().__init__(retry_after)
        self.why = why

    def __str__(self) -> str:
        return f"temporarily unavailable: {self.why}"

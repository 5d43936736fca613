"""Ask Keyturn about one token (RFC 7662): for the time in which the feed cannot be followed."""

import threading
from typing import Final

from keyturn.errors import Reason, RefusedError
from keyturn.verifier.endpoints import Endpoints
from keyturn.verifier.moments import elapsed
from keyturn.verifier.settings import Options
from keyturn.verifier.transport import NoAnswerError, Transport
from keyturn.verifier.undecided import UndecidedError

__all__ = ["Introspection"]

_LIMIT: Final = 65_536
_AT_ONCE: Final = 16
_TIMEOUT_AT_MOST: Final = 1.0
_REST: Final = 0.5
"""Seconds without a further question after one that got no answer, so that requests do not queue for time-outs."""
_RETRY_AFTER_AT_MOST: Final = 60


class Introspection:
    """Asks about tokens, a few at once.

    Args:
        options: what the verifier was told.
        endpoints: says where to ask.
        transport: asks.
        authorization: the value of that header.
    """

    def __init__(self, options: Options, endpoints: Endpoints, transport: Transport, *, authorization: str) -> None:
        self._timeout = min(options.timeout, _TIMEOUT_AT_MOST)
        self._endpoints = endpoints
        self._transport = transport
        self._authorization = authorization
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._failed_at = float("-inf")
        self._why_not = ""
        self.asked = 0

    def check(self, raw: str, *, why: str) -> None:
        """Return where Keyturn says that a token, whose signature and times are good, is active.

        Args:
            raw: the token.
            why: what made asking necessary, for the error's text.

        Raises:
            RefusedError: session_revoked: it is not active.
            UndecidedError: there is no answer.
        """
        if elapsed() - self._failed_at < _REST:
            raise UndecidedError(f"{why}; and introspection failed a moment ago: {self._why_not}")
        if not self._places.acquire(timeout=self._timeout):
            raise UndecidedError(f"{why}; and too many tokens are being introspected")
        try:
            active = self._ask(raw, why=why)
        except NoAnswerError as error:
            self._why_not, self._failed_at = str(error), elapsed()
            raise UndecidedError(f"{why}; and introspection failed: {error}") from None
        finally:
            self._places.release()
        if not active:
            raise RefusedError(Reason.SESSION_REVOKED, "introspection says that it is not active")

    def _ask(self, raw: str, *, why: str) -> bool:
        self.asked += 1
        answer = self._transport.ask(
            "POST",
            self._endpoints.introspection(),
            timeout=self._timeout,
            limit=_LIMIT,
            headers={"Authorization": self._authorization},
            form={"token": raw, "token_type_hint": "access_token"},
        )
        if answer.status in {401, 403}:
            raise NoAnswerError(f"Keyturn does not let this service introspect ({answer.status})")
        if answer.status in {429, 503}:
            wait = answer.headers.get("retry-after", "")
            seconds = int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 10 else 1
            raise UndecidedError(
                f"{why}; and introspection is answered with {answer.status}",
                retry_after=min(max(seconds, 1), _RETRY_AFTER_AT_MOST),
            )
        if answer.status != 200:
            raise NoAnswerError(f"introspection is answered with {answer.status}")
        active = answer.json_object("the introspection").get("active")
        if not isinstance(active, bool):
            raise NoAnswerError("the introspection does not say whether the token is active")
        return active

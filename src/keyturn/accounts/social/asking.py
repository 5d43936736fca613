"""Ask a provider over HTTP: one deadline for all of a sign-in's calls, few at once, small answers, no redirects."""

import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from django.views.decorators.debug import sensitive_variables

from keyturn.errors import Reason, RefusedError
from keyturn.verifier.transport import Answer, NoAnswerError, Transport, checked_url

__all__ = ["Asking", "place", "usable_endpoint"]

SECONDS: Final = 6.0
"""For all calls of one sign-in together; only the look-up of a host's name is up to the system."""
_LONGEST: Final = 262_144
"""Bytes of an answer."""
_AT_ONCE: Final = 4
"""Threads of this process that wait for providers; who comes while there are so many is asked to come again."""

_PATIENCE: Final = 2.0
"""Seconds that one waits for a place."""
_room: Final = threading.BoundedSemaphore(_AT_ONCE)


class Asking:
    """The calls of one sign-in, by somebody who holds a :func:`place`.

    Args:
        seconds: for all of them.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._ends_at = time.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds left."""
        return self._ends_at - time.monotonic()

    def get(
        self, url: str, *, what: str, headers: Mapping[str, str] | None = None, at_most: float | None = None
    ) -> Answer:
        """GET, in so many seconds where they are less than what is left. Errors as :meth:`post`."""
        return self._ask("GET", url, what=what, headers=headers, form=None, at_most=at_most)

    def post(self, url: str, *, what: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """Send a form, once: a code must not be sent twice.

        Args:
            url: checked.
            what: what is asked for, for the log.
            form: the body.
            headers: added.

        Raises:
            RefusedError: ``provider_unavailable``: no answer in time, too long a one, or one that says so.
        """
        return self._ask("POST", url, what=what, headers=headers, form=form)

    @sensitive_variables()
    def _ask(
        self,
        method: str,
        url: str,
        *,
        what: str,
        headers: Mapping[str, str] | None,
        form: Mapping[str, str] | None,
        at_most: float | None = None,
    ) -> Answer:
        if self.remaining <= 0:
            raise RefusedError(Reason.PROVIDER_UNAVAILABLE, f"no time is left for {what}")
        # A connection of its own: one kept alive would be asked again where it turns out to be closed.
        transport = Transport(_tls())
        try:
            answer = transport.ask(
                method,
                url,
                timeout=self.remaining if at_most is None else min(self.remaining, at_most),
                limit=_LONGEST,
                headers={"User-Agent": "keyturn", **(headers or {})},
                form=form,
            )
        except NoAnswerError as error:
            raise RefusedError(Reason.PROVIDER_UNAVAILABLE, f"{what}: {error}") from None
        finally:
            transport.close()
        if answer.status >= 500 or answer.status == 429:
            raise RefusedError(Reason.PROVIDER_UNAVAILABLE, f"{what} is answered with {answer.status}")
        return answer


@contextmanager
def place() -> Iterator[None]:
    """Hold one of the few places of those who wait for a provider. Not inside a transaction.

    Raises:
        RefusedError: ``provider_unavailable``: none gets free soon enough.
    """
    if not _room.acquire(timeout=_PATIENCE):
        raise RefusedError(Reason.PROVIDER_UNAVAILABLE, "too many wait for providers already")
    try:
        yield
    finally:
        _room.release()


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def usable_endpoint(url: Any, *, what: str, of: str) -> str:
    """Return an address that a provider's document names, if it may be asked.

    Args:
        url: as named.
        what: its name, for the log.
        of: the address that the settings name. Only a provider on this machine may name others on this machine.

    Raises:
        RefusedError: ``provider_unavailable``.
    """
    try:
        found = checked_url(url, what=what)
    except ValueError as error:
        raise RefusedError(Reason.PROVIDER_UNAVAILABLE, str(error)) from None
    if _is_here(found) and not _is_here(of):
        raise RefusedError(Reason.PROVIDER_UNAVAILABLE, f"{what} leads to this machine")
    return found


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "localhost" or host.startswith("127.") or host in {"::1", "0.0.0.0"}  # noqa: S104 - bound to nothing

"""The revocation feed, followed in the background: which sessions and keys are revoked, and how surely we know."""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from keyturn.feed.memory import RevokedSet
from keyturn.verifier.endpoints import Endpoints
from keyturn.verifier.jwk import MAX_KID_LENGTH
from keyturn.verifier.moments import elapsed
from keyturn.verifier.settings import Options
from keyturn.verifier.transport import NoAnswerError, Transport

__all__ = ["Follower", "Knowledge"]

logger = logging.getLogger("keyturn.verifier")

_LIMIT: Final = 33_554_432
_CURSOR_AT_MOST: Final = 65_536
_SNAPSHOT_TIMEOUT: Final = 10.0
_CLOCK_JUMP: Final = 5.0
_FORGET_EVERY: Final = 5.0
_AT_MOST_APART: Final = 2.0
"""Seconds between two attempts while Keyturn does not answer."""
_MARGIN: Final = 60.0
"""What Keyturn keeps beyond the longest life of an access token, in seconds."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What was known after a good poll.

    Args:
        revoked: sessions, as numbers. Revoked keys are elsewhere, since they are never forgotten.
        since: when that poll began, as :func:`elapsed`.
        keep: seconds for which Keyturn tells of a revocation.
    """

    revoked: RevokedSet
    since: float
    keep: float

    def covers(self, lifetime: float) -> bool:
        """Whether the revocation of any token with this lifetime, in seconds, is remembered until it expires."""
        return lifetime <= self.keep - _MARGIN


class _CursorRefusedError(Exception):
    """Keyturn does not know the place where we left off: begin anew."""


@dataclass(frozen=True, slots=True)
class _Page:
    sessions: tuple[tuple[int, float], ...]
    kids: frozenset[str]
    cursor: str
    more: bool
    keep: float
    poll_after: float


class Follower:
    """Follows the feed of one issuer in a thread of its own.

    Args:
        options: what the verifier was told.
        endpoints: says where the feed is.
        transport: asks.
        authorization: the value of that header.
        revoked_keys: where the ``kid`` of each revoked key goes, and stays. A session may be forgotten when its last
            access token has expired; whoever has a stolen key makes new tokens for as long as anybody takes the key.
        when_key_revoked: called, in the follower's thread, after one was added there.
    """

    def __init__(
        self,
        options: Options,
        endpoints: Endpoints,
        transport: Transport,
        *,
        authorization: str,
        revoked_keys: set[str],
        when_key_revoked: Callable[[], None],
    ) -> None:
        self._options = options
        self._endpoints = endpoints
        self._transport = transport
        self._authorization = authorization
        self._revoked_keys = revoked_keys
        self._when_key_revoked = when_key_revoked
        self._knowledge: Knowledge | None = None
        self._memory: RevokedSet | None = None
        self._cursor: str | None = None
        self._poll_after = options.poll_interval
        self._clock_offset: float | None = None
        self._forgot_at = elapsed()
        self._why_not: str | None = "the feed was not read yet"
        self._tried_once = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keyturn-feed", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """End that. The caller closes the transport, which ends a request that is under way."""
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait for the thread's end."""
        self._thread.join(seconds)

    def wait_until_tried(self, seconds: float) -> None:
        """Wait for the end of the first snapshot, or of the first attempt to get it."""
        self._tried_once.wait(seconds)

    @property
    def has_tried(self) -> bool:
        """Whether the first snapshot is there, or could not be had."""
        return self._tried_once.is_set()

    @property
    def knowledge(self) -> Knowledge | None:
        """What is known; None before the first snapshot, and after the wall clock jumped."""
        return self._knowledge

    def is_fresh(self, knowledge: Knowledge) -> bool:
        """Whether that is recent enough to decide by it, at this very moment."""
        return elapsed() - knowledge.since <= self._options.staleness

    def lag(self) -> float | None:
        """Seconds since the start of the last good poll; None before the first."""
        knowledge = self._knowledge
        return elapsed() - knowledge.since if knowledge else None

    @property
    def trouble(self) -> str | None:
        """Why the last poll failed; None when it did not."""
        return self._why_not

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            began = elapsed()
            try:
                self._poll()
            except NoAnswerError as error:
                failures += 1
                self._endpoints.doubt()
                if self._why_not != str(error) and not self._stop.is_set():
                    logger.warning("the revocation feed of %s cannot be read: %s", self._options.issuer, error)
                self._why_not = str(error)
            except Exception:
                # Were the thread to end, every token would be introspected from then on.
                failures += 1
                self._why_not = "the revocation feed was read and not understood"
                logger.exception("the revocation feed of %s was read and not understood", self._options.issuer)
            else:
                if failures:
                    logger.info("the revocation feed of %s is read again", self._options.issuer)
                failures, self._why_not = 0, None
            self._tried_once.set()
            self._stop.wait(self._pause(elapsed() - began, failures))

    def _pause(self, took: float, failures: int) -> float:
        if failures:
            pause = min(self._options.poll_interval * 2.0 ** min(failures - 1, 10), _AT_MOST_APART)
            # Spread out, so that many services do not all come back at once.
            return pause * random.uniform(0.7, 1.0)  # noqa: S311 - a pause is no secret
        return max(self._poll_after - took, 0.01)

    def _poll(self) -> None:
        """Read everything new, or everything where there is no place to go on from.

        Raises:
            NoAnswerError: it could not be read.
        """
        if self._clock_jumped():
            logger.warning("the clock was set: reading the revocation feed from its beginning")
            self._knowledge = self._cursor = None
        try:
            self._read_all(self._cursor)
        except _CursorRefusedError:
            logger.info("the revocation feed of %s begins anew", self._options.issuer)
            self._cursor = None
            try:
                self._read_all(None)
            except _CursorRefusedError:
                raise NoAnswerError("the revocation feed refuses to begin") from None

    def _read_all(self, cursor: str | None) -> None:
        # Freshness is counted from here: what is revoked while we read may be on no page of this reading.
        began = elapsed()
        memory = self._memory if cursor is not None else None
        while True:
            page = self._page(cursor)
            if memory is None:
                memory = RevokedSet(page.keep + self._options.leeway)
            # What is told only now, by a transaction that took long, counts from now.
            earliest = 0.0 if self._cursor is None else time.time()
            for number, at in page.sessions:
                memory.add(number, max(at, earliest))
            if not page.kids <= self._revoked_keys:
                self._revoked_keys |= page.kids
                self._when_key_revoked()
            cursor = page.cursor
            if not page.more:
                break
        if began - self._forgot_at > _FORGET_EVERY:
            memory.forget(time.time())
            self._forgot_at = began
        self._memory, self._cursor = memory, cursor
        self._poll_after = min(max(page.poll_after, self._options.poll_interval), self._options.staleness / 2)
        self._knowledge = Knowledge(memory, began, page.keep)

    def _page(self, cursor: str | None) -> _Page:
        url = self._endpoints.revocations()
        if cursor is not None:
            url = f"{url}{'&' if '?' in url else '?'}after={quote(cursor, safe='')}"
        answer = self._transport.ask(
            "GET",
            url,
            timeout=_SNAPSHOT_TIMEOUT if cursor is None else self._options.timeout,
            limit=_LIMIT,
            headers={"Authorization": self._authorization},
        )
        if answer.status == 410 or (answer.status in {400, 414, 431} and cursor is not None):
            raise _CursorRefusedError
        if answer.status in {401, 403}:
            raise NoAnswerError(f"Keyturn does not let this service read the feed ({answer.status})")
        if answer.status != 200:
            raise NoAnswerError(f"the revocation feed is answered with {answer.status}")
        try:
            page = _parsed(answer.json_object("the revocation feed"))
        except (KeyError, TypeError, ValueError):
            raise NoAnswerError("the revocation feed is answered with something else") from None
        if page.more and page.cursor == cursor:
            raise NoAnswerError("the revocation feed does not go on")
        return page

    def _clock_jumped(self) -> bool:
        """Whether somebody set the wall clock: what was forgotten by the old time may be wanted by the new."""
        offset = time.time() - elapsed()
        if self._clock_offset is None:
            self._clock_offset = offset
        jumped = abs(offset - self._clock_offset) > _CLOCK_JUMP
        if jumped:
            self._clock_offset = offset
        return jumped


def _parsed(document: Mapping[str, Any]) -> _Page:
    """One page of the feed.

    Raises:
        KeyError: something is missing.
        TypeError: something is of the wrong kind.
        ValueError: something has an impossible value.
    """
    cursor, more = document["cursor"], document["more"]
    if not isinstance(cursor, str) or not isinstance(more, bool):
        raise TypeError
    kids = [entry["kid"] for entry in document["keys"]]
    if not 0 < len(cursor) <= _CURSOR_AT_MOST or not all(isinstance(kid, str) for kid in kids):
        raise ValueError
    return _Page(
        sessions=tuple((_session(entry["sid"]), _number(entry["at"])) for entry in document["sessions"]),
        kids=frozenset(kid for kid in kids if len(kid) <= MAX_KID_LENGTH),
        cursor=cursor,
        more=more,
        keep=_number(document["keep_s"]),
        poll_after=_number(document["poll_after_ms"]) / 1000,
    )


def _session(value: Any) -> int:
    if not isinstance(value, str):
        raise TypeError
    return UUID(value).int


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e12:
        raise TypeError
    return float(value)

"""The connections that a process keeps open to a database, and who gets the next one.

A request takes one when it first needs it and leaves it when it ends. That happens with every refresh, so where one is
idle and nobody waits it costs one step that no other thread can interrupt, and a look at the connection's socket.
psycopg's own pool costs a lock, a clock and a queue each time (ADR 0048).
"""

import contextlib
import random
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["Keeper", "Kept", "NoneFreeError", "Standing"]

# Seconds.
_LONGEST_LIFE: Final = 3600.0
"""PostgreSQL's processes grow with what they have seen, and a new primary behind the same name is to get its share."""
_LONGEST_IDLE: Final = 600.0
_PAUSE: Final = 0.25
"""After a connection could not be opened nobody tries for so long: each try holds a thread."""


class NoneFreeError(Exception):
    """No connection could be had: all were in use for too long, or the database did not answer a moment ago."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A connection of psycopg's.

    Args:
        connection: the connection itself.
        until: when it is to be replaced (:func:`time.monotonic`).
    """

    connection: Any
    until: float

    @classmethod
    def new(cls, connection: Any) -> "Kept":
        """One just opened. Those opened together do not end together."""
        return cls(connection, time.monotonic() + _LONGEST_LIFE * random.uniform(0.9, 1.0))  # noqa: S311 - no secret

    @property
    def is_sound(self) -> bool:
        """Whether it can be used for another request: nothing is under way on it, and it is not due."""
        libpq = self.connection.pgconn
        # CONNECTION_OK and PQTRANS_IDLE (PostgreSQL's manual, 34.2).
        good: bool = libpq.status == 0 and libpq.transaction_status == 0 and self.connection.autocommit
        return good and time.monotonic() < self.until

    @property
    def is_alive(self) -> bool:
        """Whether the server has not closed it meanwhile, as far as this end knows. Sends nothing, waits for nothing.

        A server that ends says why and closes, so it takes two looks to see the end.
        """
        libpq = self.connection.pgconn
        try:
            libpq.consume_input()
            libpq.consume_input()
        except Exception:  # noqa: BLE001 - whatever it is, nothing has been sent on it yet
            return False
        return bool(libpq.status == 0)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a keeper stands.

    Attributes:
        in_use: connections that requests have.
        idle: connections that wait for one.
        waiting: threads that wait for a connection.
        failed: those that waited in vain, or were refused, in total.
    """

    in_use: int
    idle: int
    waiting: int
    failed: int


class Keeper:
    """Keeps connections.

    Args:
        most: connections at once.
        patience: seconds that a thread waits for one.
    """

    def __init__(self, *, most: int, patience: float) -> None:
        self._most = most
        self._patience = patience
        # The one used last is given next, so that those too many are idle for long. With the time of parking.
        self._idle: deque[tuple[Kept, float]] = deque()
        self._changed = threading.Condition()
        self._open = 0
        self._waiting = 0
        self._failed = 0
        self._is_opening = False
        self._refused_until = float("-inf")

    def standing(self) -> Standing:
        """Return how it stands."""
        with self._changed:
            idle = min(len(self._idle), self._open)
            return Standing(self._open - idle, idle, self._waiting, self._failed)

    def take(self) -> Kept | None:
        """Return an idle connection, waiting for one if there may be no more.

        Returns:
            The connection; None: open one, and tell :meth:`opened` or :meth:`gone`.

        Raises:
            NoneFreeError: there is none to be had.
        """
        while True:
            kept = None
            if not self._waiting:
                with contextlib.suppress(IndexError):
                    kept, _ = self._idle.pop()
            if kept is None:
                kept = self._wait()
            if kept is None or kept.is_alive:
                return kept
            self.discard(kept)

    def _wait(self) -> Kept | None:
        with self._changed:
            # Counted before it looks: whoever leaves a connection meanwhile does that first and then looks who waits.
            self._waiting += 1
            try:
                return self._in_turn(time.monotonic() + self._patience)
            finally:
                self._waiting -= 1

    def _in_turn(self, deadline: float) -> Kept | None:
        """What :meth:`take` returns, for one of those who wait."""
        is_new = True
        while True:
            # Who came first is served first.
            if self._idle and not (is_new and self._waiting > 1):
                # Someone in a hurry may have been faster.
                with contextlib.suppress(IndexError):
                    kept, _ = self._idle.pop()
                    if self._idle:
                        self._changed.notify()
                    return kept
            now = time.monotonic()
            paused = self._refused_until - now
            if self._open < self._most and not self._is_opening and paused <= 0:
                self._is_opening = True
                self._open += 1
                return None
            if now >= deadline or (paused > 0 and not self._open):
                self._failed += 1
                raise NoneFreeError
            is_new = False
            self._changed.wait(min(deadline - now, paused) if paused > 0 else deadline - now)

    def opened(self) -> None:
        """A connection could be opened, and is in use."""
        with self._changed:
            self._is_opening = False
            self._changed.notify()

    def refused(self) -> None:
        """A connection could not be opened."""
        with self._changed:
            self._is_opening = False
            self._open -= 1
            self._refused_until = time.monotonic() + _PAUSE
            self._changed.notify_all()

    def park(self, kept: Kept) -> None:
        """Take a connection back; one that cannot be used again is closed."""
        if not kept.is_sound:
            self.discard(kept)
            return
        now = time.monotonic()
        self._idle.append((kept, now))
        if self._waiting:
            with self._changed:
                self._changed.notify()
        elif now - self._idle_since(now) > _LONGEST_IDLE:
            self._let_go()

    def _idle_since(self, now: float) -> float:
        """Since when the one that was used least lately has been idle."""
        try:
            return self._idle[0][1]
        except IndexError:
            return now

    def _let_go(self) -> None:
        try:
            kept, since = self._idle.popleft()
        except IndexError:
            return
        if time.monotonic() - since > _LONGEST_IDLE:
            self.discard(kept)
        else:
            self._idle.appendleft((kept, since))
            if self._waiting:
                with self._changed:
                    self._changed.notify()

    def discard(self, kept: Kept) -> None:
        """Close a connection that was taken, and let another be opened in its place."""
        try:
            kept.connection.close()
        finally:
            self.lost()

    def lost(self) -> None:
        """A connection that was taken is no more."""
        with self._changed:
            self._open -= 1
            self._changed.notify()

    def close(self) -> None:
        """Close those that are idle."""
        while self._idle:
            try:
                kept, _ = self._idle.pop()
            except IndexError:
                return
            self.discard(kept)

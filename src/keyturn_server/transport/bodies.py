"""Waiting for a request's body without a thread: bounded in bytes, in number and in time.

A body mostly comes with its head. One that trickles in costs a few hundred bytes of memory here, and is given up.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from keyturn_server.transport.rsgi import Proto

__all__ = ["Bodies", "Came", "Reading"]

# Bytes. What calls of the API send is as small, and is bounded by its number, here and in the queues: whoever announces
# large bodies and sends none takes the room of large ones only.
_SMALL: Final = 16 * 1024


Came = Callable[[bytes, Callable[[], None]], None]
"""Called with a body, and with what is to be called once nobody needs it any more."""

_Held = tuple[Proto, Callable[[bytes], None], Callable[[int], None]]


class Reading:
    """One body on its way.

    Args:
        proto: where it comes from.
        most: the largest number of bytes it may have.
        deadline: until when it must be there, by the clock of :class:`Bodies`.
        done: called once with the body.
        failed: called once instead, with the status to answer: 400 broken off, 408 late, 413 too large.
    """

    def __init__(
        self,
        proto: Proto,
        *,
        most: int,
        deadline: float,
        done: Callable[[bytes], None],
        failed: Callable[[int], None],
    ) -> None:
        self.deadline = deadline
        self._most = most
        self._lock = threading.Lock()
        # Let go of once it is over: the server keeps a connection open for as long as somebody may read its body.
        self._held: _Held | None = (proto, done, failed)
        self._future: Any = None
        self._chunks: list[bytes] = []
        self._size = 0
        self._empty = 0

    def whole(self) -> None:
        """Wait for a body whose length the head has told, and the server holds it to."""
        if held := self._held:
            self._wait_for(held[0](), self._came)

    def in_chunks(self) -> None:
        """Wait for a body of unknown length."""
        if held := self._held:
            held[0].__aiter__()
            self._next()

    def give_up(self, status: int) -> None:
        """Fail with this status, unless it is over. What arrives later is dropped."""
        future = self._future
        if held := self._take():
            if future is not None:
                future.cancel()
            held[2](status)

    def _take(self) -> _Held | None:
        """Take the right to call back, which is there once."""
        with self._lock:
            held, self._held = self._held, None
        if held is not None:
            self._future = None
        return held

    def _wait_for(self, future: Any, came: Callable[[Any], None]) -> None:
        self._future = future
        future.add_done_callback(came)

    def _succeed(self, body: bytes) -> None:
        if held := self._take():
            held[1](body)

    def _came(self, future: Any) -> None:
        body = self._result_of(future)
        if body is not None:
            self._succeed(body)

    def _result_of(self, future: Any) -> bytes | None:
        """What came; None: nothing does any more, and that is dealt with."""
        if future.cancelled():
            return None
        try:
            came: bytes = future.result()
        except Exception:  # noqa: BLE001 - whatever it is, the client broke off
            self.give_up(400)
            return None
        return came

    def _next(self) -> None:
        held = self._held
        if held is None:
            return
        try:
            future = held[0].__anext__()
        except StopAsyncIteration:
            # Its end is told by an empty piece. Another one is what an error leaves.
            if self._empty > 1:
                self.give_up(400)
            else:
                self._succeed(b"".join(self._chunks))
            return
        self._wait_for(future, self._chunk_came)

    def _chunk_came(self, future: Any) -> None:
        chunk = self._result_of(future)
        if chunk is None:
            return
        self._size += len(chunk)
        if not chunk:
            self._empty += 1
        if self._size > self._most:
            self.give_up(413)
            return
        self._chunks.append(chunk)
        self._next()


class Bodies:
    """All bodies on their way to this process.

    Args:
        patience: seconds a body may take.
        most: bodies at once.
        most_bytes: bytes of all large ones together, as announced and then as they came, until they are needed no
            more; one of 16 KiB is not large.
        clock: seconds that only ever go up.
    """

    def __init__(
        self, *, patience: float, most: int, most_bytes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.patience = patience
        self._most = most
        self._most_bytes = most_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._under_way: set[Reading] = set()
        self._bytes = 0

    def __len__(self) -> int:
        """How many are on their way."""
        return len(self._under_way)

    def read(
        self,
        proto: Proto,
        *,
        length: int | None,
        most: int,
        done: Came,
        failed: Callable[[int], None],
    ) -> bool:
        """Wait for a body; ``done`` or ``failed`` is called once, mostly from another thread.

        Args:
            proto: where it comes from.
            length: its length in bytes, if the head told it: at most ``most``.
            most: the largest number of bytes it may have.
            done: called with the body, which counts until it is told to be of no more use.
            failed: called with the status to answer.

        Returns:
            False if there is no room for it; nothing is called then.
        """
        announced = _large(most if length is None else length)

        def is_done(body: bytes) -> None:
            size = _large(len(body))
            self._over(reading, announced - size)
            done(body, lambda: self._let_go(size))

        def has_failed(status: int) -> None:
            self._over(reading, announced)
            failed(status)

        deadline = self._clock() + self.patience
        reading = Reading(proto, most=most, deadline=deadline, done=is_done, failed=has_failed)
        with self._lock:
            if len(self._under_way) >= self._most or (announced and self._bytes + announced > self._most_bytes):
                return False
            self._under_way.add(reading)
            self._bytes += announced
        if length is None:
            reading.in_chunks()
        else:
            reading.whole()
        return True

    def _over(self, reading: Reading, size: int) -> None:
        """It is no longer on its way, and takes so many bytes less."""
        with self._lock:
            self._under_way.discard(reading)
            self._bytes -= size

    def _let_go(self, size: int) -> None:
        if size:
            with self._lock:
                self._bytes -= size

    def give_up_late_ones(self, *, patience: float | None = None) -> None:
        """Fail with 408 what should be there by now.

        Args:
            patience: seconds that count instead of those it began with, as when the process is to end.
        """
        latest = self._clock() if patience is None else self._clock() + self.patience - patience
        with self._lock:
            late = [reading for reading in self._under_way if reading.deadline <= latest]
        for reading in late:
            reading.give_up(408)


def _large(size: int) -> int:
    """The bytes that count of a body."""
    return 0 if size <= _SMALL else size

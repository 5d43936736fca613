"""Answers that are ready and must not leave yet, kept without a thread for each (:mod:`keyturn.defence.steady`)."""

import heapq
import logging
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Final

__all__ = ["Later"]

_log: Final = logging.getLogger(__name__)


class Later:
    """Calls functions at their moments, from one thread.

    Args:
        most: how many are kept at once.
        clock: seconds that only ever go up.
    """

    def __init__(self, *, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._kept: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    def at(self, moment: float, call: Callable[[], None]) -> bool:
        """Have a function called at a moment.

        Args:
            moment: by the clock.
            call: what to call.

        Returns:
            False if there is no room for it; it is not called then.
        """
        with self._changed:
            if len(self._kept) >= self._most:
                return False
            heapq.heappush(self._kept, (moment, next(self._numbers), call))
            if self._thread is None:
                self._thread = threading.Thread(target=self._go_on, name="keyturn-later", daemon=True)
                self._thread.start()
            self._changed.notify()
        return True

    def _go_on(self) -> None:
        while True:
            call = self._next()
            try:
                call()
            except Exception:  # noqa: BLE001 - the others want to be sent
                _log.exception("an answer that was kept could not be sent")
            # Nothing of it is held until the next one's moment.
            del call

    def _next(self) -> Callable[[], None]:
        with self._changed:
            while True:
                wait = self._kept[0][0] - self._clock() if self._kept else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._kept)[2]
                self._changed.wait(wait)

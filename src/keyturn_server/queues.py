"""Bounded queues, one a lane: what runs, what waits for it, and what is refused at once because too much waits.

A queue has no threads. Whoever brings a task works on it, and then on those that came meanwhile, if fewer than the
lane's are at work; else the task is left for these. So a request costs no hand-over where nobody waits.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from keyturn_server.lanes import Lane, Room

__all__ = ["Queue", "Standing", "standing", "watch"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a lane stands in this process. The totals are since its start.

    Attributes:
        waiting: tasks that wait.
        running: tasks that are worked on.
        begun: tasks that were begun, in total.
        refused: tasks that were refused because too many waited, or too long, in total.
    """

    waiting: int
    running: int
    begun: int
    refused: int


class Queue(Generic[T]):
    """The queue of one lane.

    Args:
        room: its bounds.
        work: does a task; it must not raise.
        refuse: answers a task that is not done; it must not raise.
        clock: seconds that only ever go up.
    """

    def __init__(
        self,
        room: Room,
        *,
        work: Callable[[T], None],
        refuse: Callable[[T], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._room = room
        self._work = work
        self._refuse = refuse
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: deque[tuple[float, T]] = deque()
        self._running = 0
        self._begun = 0
        self._refused = 0

    @property
    def is_full(self) -> bool:
        """Whether one more task would be refused. A moment later it may be otherwise."""
        return len(self._waiting) >= self._room.waiting

    def standing(self) -> Standing:
        """Return how the lane stands."""
        with self._lock:
            return Standing(len(self._waiting), self._running, self._begun, self._refused)

    def bring(self, task: T) -> None:
        """Work on the task and on what waits, or leave it waiting, or refuse it."""
        with self._lock:
            is_mine = self._running < self._room.running
            is_refused = not is_mine and len(self._waiting) >= self._room.waiting
            if is_mine:
                self._running += 1
                self._begun += 1
            elif is_refused:
                self._refused += 1
            else:
                self._waiting.append((self._clock(), task))
        if is_refused:
            self._refuse(task)
        elif is_mine:
            self._work_on(task)

    def turn_away(self, task: T) -> None:
        """Refuse a task, whatever room there is."""
        with self._lock:
            self._refused += 1
        self._refuse(task)

    def _work_on(self, first: T) -> None:
        task, is_late = first, False
        while True:
            try:
                if is_late:
                    self._refuse(task)
                else:
                    self._work(task)
            except BaseException:
                # The place is free again, whatever was raised.
                with self._lock:
                    self._running -= 1
                raise
            with self._lock:
                if not self._waiting:
                    self._running -= 1
                    return
                since, task = self._waiting.popleft()
                is_late = self._clock() - since > self._room.patience
                if is_late:
                    self._refused += 1
                else:
                    self._begun += 1


_watched: Final[dict[Lane, Queue[object]]] = {}


def watch(queues: Mapping[Lane, "Queue[object]"]) -> None:
    """Have :func:`standing` tell of these queues, those of this process."""
    _watched.clear()
    _watched.update(queues)


def standing() -> dict[str, tuple[int, int, int]]:
    """Return of each lane of this process how many requests wait, run, and were refused since its start.

    Empty in a process that does not serve by :mod:`keyturn_server.dispatch`.
    """
    return {
        str(lane): (now.waiting, now.running, now.refused)
        for lane, now in ((lane, queue.standing()) for lane, queue in _watched.items())
    }

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

from keyturn_server.transport.lanes import Lane, Room

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
        dropped: tasks that nobody wanted any more when it was their turn, in total.
    """

    waiting: int
    running: int
    begun: int
    refused: int
    dropped: int


def _always(_: object) -> bool:
    return True


class Queue(Generic[T]):
    """The queue of one lane.

    Args:
        room: its bounds.
        work: does a task; it must not raise.
        refuse: answers a task that is not done; it must not raise.
        is_wanted: whether anybody still waits for a task whose turn it is. It is not answered otherwise.
        clock: seconds that only ever go up.
    """

    def __init__(
        self,
        room: Room,
        *,
        work: Callable[[T], None],
        refuse: Callable[[T], None],
        is_wanted: Callable[[T], bool] = _always,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._room = room
        self._work = work
        self._refuse = refuse
        self._is_wanted = is_wanted
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: deque[tuple[float, T]] = deque()
        self._running = 0
        self._begun = 0
        self._refused = 0
        self._dropped = 0

    @property
    def is_full(self) -> bool:
        """Whether one more task would be refused. A moment later it may be otherwise."""
        return len(self._waiting) >= self._room.waiting

    def standing(self) -> Standing:
        """Return how the lane stands."""
        with self._lock:
            return Standing(len(self._waiting), self._running, self._begun, self._refused, self._dropped)

    def look(self, at: Callable[[T], None], *, waiting: float) -> None:
        """Look at each task that has waited for so many seconds, while it does; nothing is begun meanwhile."""
        with self._lock:
            until = self._clock() - waiting
            for since, task in self._waiting:
                if since > until:
                    break
                at(task)

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
            found = self._next()
            if found is None:
                return
            task, is_late = found

    def _next(self) -> tuple[T, bool] | None:
        """The next task and whether it has waited too long; None: there is none, and the place is free again."""
        with self._lock:
            while self._waiting:
                since, task = self._waiting.popleft()
                if not self._is_wanted(task):
                    self._dropped += 1
                    continue
                is_late = self._clock() - since > self._room.patience
                if is_late:
                    self._refused += 1
                else:
                    self._begun += 1
                return task, is_late
            self._running -= 1
            return None


_watched: Final[dict[Lane, Queue[object]]] = {}


def watch(queues: Mapping[Lane, "Queue[object]"]) -> None:
    """Have :func:`standing` tell of these queues, those of this process."""
    _watched.clear()
    _watched.update(queues)


def standing() -> dict[str, tuple[int, int, int, int]]:
    """Return of each lane of this process how many requests wait, run, were refused and were dropped since its start.

    Empty in a process that does not serve by :mod:`keyturn_server.transport.dispatch`.
    """
    return {
        str(lane): (now.waiting, now.running, now.refused, now.dropped)
        for lane, now in ((lane, queue.standing()) for lane, queue in _watched.items())
    }

"""The queue of a lane: what runs, what waits, what is refused, without a server."""

import threading
from collections.abc import Callable

import pytest

from keyturn_server.api_paths import is_api
from keyturn_server.transport.lanes import Lane, Room, lane_of, rooms_for
from keyturn_server.transport.queues import Queue, standing, watch

ROOM = Room(running=1, waiting=2, patience=5.0, retry_after=1)
SECONDS = 10


class Clock:
    """Seconds that go up when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Works:
    """A queue whose first task waits to be let go."""

    def __init__(self, room: Room = ROOM) -> None:
        self.clock = Clock()
        self.done: list[str] = []
        self.refused: list[str] = []
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.queue: Queue[str] = Queue(room, work=self._work, refuse=self.refused.append, clock=self.clock)

    def _work(self, task: str) -> None:
        if task == "first":
            self.begun.set()
            assert self.go_on.wait(SECONDS)
        self.done.append(task)

    def while_first_runs(self, then: Callable[[], None]) -> None:
        thread = threading.Thread(target=self.queue.bring, args=("first",))
        thread.start()
        assert self.begun.wait(SECONDS)
        try:
            then()
        finally:
            self.go_on.set()
            thread.join(SECONDS)
        assert not thread.is_alive()


def test_a_task_is_worked_on_by_whoever_brings_it():
    works = Works()
    works.queue.bring("alone")
    assert works.done == ["alone"]
    assert (works.queue.standing().running, works.queue.standing().begun) == (0, 1)


def test_what_nobody_wants_any_more_is_neither_begun_nor_refused():
    works = Works()
    works.queue._is_wanted = lambda task: task != "second"

    def more() -> None:
        works.queue.bring("second")
        works.queue.bring("third")

    works.while_first_runs(more)
    assert (works.done, works.refused) == (["first", "third"], [])
    standing_now = works.queue.standing()
    assert (standing_now.dropped, standing_now.begun, standing_now.running) == (1, 2, 0)


def test_what_comes_while_the_lane_is_busy_waits_and_is_worked_on_in_order_by_who_is_there():
    works = Works()

    def more() -> None:
        works.queue.bring("second")
        works.queue.bring("third")
        assert works.done == []
        assert works.queue.standing().waiting == 2

    works.while_first_runs(more)
    assert works.done == ["first", "second", "third"]
    assert works.refused == []


def test_one_more_than_may_wait_is_refused_at_once():
    works = Works()

    def more() -> None:
        for task in ("second", "third", "fourth"):
            works.queue.bring(task)
        assert works.queue.is_full
        assert works.refused == ["fourth"]

    works.while_first_runs(more)
    assert works.done == ["first", "second", "third"]
    assert works.queue.standing().refused == 1


def test_what_has_waited_too_long_is_refused_instead_of_begun():
    works = Works()

    def more() -> None:
        works.queue.bring("second")
        works.clock.now = 4.0
        works.queue.bring("third")
        works.clock.now = 6.0

    works.while_first_runs(more)
    assert works.done == ["first", "third"]
    assert works.refused == ["second"]


def test_as_many_run_at_once_as_the_lane_has_room_for():
    together = threading.Barrier(3)

    def work(_: int) -> None:
        together.wait(SECONDS)

    queue: Queue[int] = Queue(
        Room(running=3, waiting=0, patience=1, retry_after=1),
        work=work,
        refuse=lambda _: None,
    )
    threads = [threading.Thread(target=queue.bring, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    # Each waits for the two others, so none would have come back alone.
    assert not any(thread.is_alive() for thread in threads)
    assert not together.broken


def test_none_is_lost_or_done_twice_when_many_bring_at_once():
    done: list[int] = []
    queue: Queue[int] = Queue(
        Room(running=2, waiting=10_000, patience=60, retry_after=1), work=done.append, refuse=lambda _: None
    )

    def bring(first: int) -> None:
        for number in range(first, first + 500):
            queue.bring(number)

    threads = [threading.Thread(target=bring, args=(first,)) for first in range(0, 4000, 500)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert sorted(done) == list(range(4000))
    assert queue.standing().running == queue.standing().waiting == 0


def test_standing_tells_of_each_lane_by_name():
    queue: Queue[object] = Queue(ROOM, work=lambda _: None, refuse=lambda _: None)
    queue.turn_away("x")
    watch({Lane.API: queue})
    try:
        assert standing() == {"api": (0, 0, 1, 0)}
    finally:
        watch({})
    assert standing() == {}


def test_a_task_that_raises_whatever_it_may_leaves_its_place_to_others():
    def leave(_: str) -> None:
        raise SystemExit

    queue: Queue[str] = Queue(ROOM, work=leave, refuse=lambda _: None)
    for _ in range(5):
        with pytest.raises(SystemExit):
            queue.bring("one")
    assert queue.standing().running == 0


@pytest.mark.parametrize(
    ("method", "path", "lane"),
    [
        ("POST", "/token/", Lane.HASHING),
        ("POST", "/token/sliding/", Lane.HASHING),
        ("POST", "/auth/app/v1/auth/login", Lane.HASHING),
        ("POST", "/auth/browser/v1/auth/signup", Lane.HASHING),
        ("DELETE", "/me/", Lane.HASHING),
        ("POST", "/admin/login/", Lane.HASHING),
        ("OPTIONS", "/token/", Lane.API),
        ("POST", "/token/refresh/", Lane.API),
        ("POST", "/token/verify/", Lane.API),
        ("GET", "/auth/app/v1/auth/session", Lane.API),
        ("GET", "/me/", Lane.API),
        ("GET", "/home/", Lane.API),
        ("GET", "/home", Lane.PAGES),
        ("GET", "/admin/", Lane.PAGES),
        ("GET", "/static/web/assets/app.js", Lane.PAGES),
        ("GET", "/livez", Lane.PROBES),
        ("GET", "/readyz", Lane.PROBES),
        ("GET", "/health/live/", Lane.PROBES),
        ("GET", "/metrics", Lane.PAGES),
        ("POST", "/auth/reset-password/", Lane.HASHING),
    ],
)
def test_a_request_goes_into_the_lane_of_what_it_costs(method, path, lane):
    assert lane_of(method, path) is lane


@pytest.mark.parametrize("threads", [1, 2, 5, 8, 64])
def test_every_lane_has_a_thread_and_none_has_them_all(threads):
    rooms = rooms_for(threads)
    assert set(rooms) == set(Lane)
    assert all(room.running >= 1 for room in rooms.values())
    assert sum(rooms[lane].running for lane in (Lane.API, Lane.HASHING, Lane.PAGES)) <= max(threads, 3)


def test_only_a_whole_path_is_one_of_the_api():
    assert is_api("/token/refresh/")
    assert is_api("/auth/app/v1/config")
    assert not is_api("/token/refresh")
    assert not is_api("/tokens/")

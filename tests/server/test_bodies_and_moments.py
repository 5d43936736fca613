"""Bodies on their way, and answers that must not leave yet: what is kept without a thread, and how much of it."""

import threading
import time
from collections.abc import Callable
from typing import Any

from keyturn_server.transport.bodies import Bodies
from keyturn_server.transport.later import Later
from tests.server.toy import SECONDS


def test_answers_that_are_kept_leave_at_their_moments_in_order():
    later, all_sent = Later(most=3), threading.Event()
    sent: list[str] = []

    def last() -> None:
        sent.append("second")
        all_sent.set()

    def failing() -> None:
        raise ConnectionError

    now = time.monotonic()
    assert later.at(now + 0.2, last)
    assert later.at(now + 0.1, lambda: sent.append("first"))
    assert later.at(now + 0.15, failing)
    assert not later.at(now, lambda: sent.append("one too many"))
    assert all_sent.wait(SECONDS)
    assert time.monotonic() >= now + 0.2
    assert sent == ["first", "second"]


class _NeverComing:
    """A body of which nothing arrives."""

    def __call__(self) -> "_NeverComing":
        return self

    def add_done_callback(self, came: Callable[[Any], None]) -> None:
        """Never calls."""

    def cancel(self) -> None:
        """Nothing is under way."""


def test_bodies_are_bounded_in_number_and_in_bytes_and_make_room_when_they_are_given_up():
    now = [0.0]
    failed: list[int] = []
    bodies = Bodies(patience=10, most=2, most_bytes=100_000, clock=lambda: now[0])

    def read(length: int) -> bool:
        proto: Any = _NeverComing()
        return bodies.read(proto, length=length, most=100_000, done=lambda body, let_go: None, failed=failed.append)

    assert read(60_000)
    assert not read(50_000)  # 110,000 bytes
    now[0] = 5.0
    assert read(40_000)
    assert not read(0)  # the third
    now[0] = 11.0
    bodies.give_up_late_ones()
    assert (failed, len(bodies)) == ([408], 1)
    assert read(50_000)
    bodies.give_up_late_ones(patience=0)
    assert (failed, len(bodies)) == ([408, 408, 408], 0)


def test_large_bodies_that_were_announced_and_never_come_leave_room_for_small_ones():
    bodies = Bodies(patience=10, most=10, most_bytes=100_000)

    def read(length: int) -> bool:
        proto: Any = _NeverComing()
        return bodies.read(
            proto, length=length, most=100_000, done=lambda body, let_go: None, failed=lambda status: None
        )

    assert read(100_000)
    assert not read(100_000)
    assert all(read(16 * 1024) for _ in range(9))
    assert not read(1)  # the eleventh


class _Coming(_NeverComing):
    """A body that is there when somebody waits for it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def add_done_callback(self, came: Callable[[Any], None]) -> None:
        came(self)

    def cancelled(self) -> bool:
        return False

    def result(self) -> bytes:
        return self._body


def test_a_body_that_waits_for_its_turn_takes_room_until_it_is_let_go():
    bodies = Bodies(patience=10, most=10, most_bytes=100_000)
    came: list[Callable[[], None]] = []

    def read(length: int) -> bool:
        proto: Any = _Coming(bytes(length))
        return bodies.read(
            proto,
            length=length,
            most=100_000,
            done=lambda body, let_go: came.append(let_go),
            failed=lambda status: None,
        )

    assert read(60_000)
    assert len(bodies) == 0
    assert not read(60_000)
    assert read(40_000)
    came[0]()
    assert read(60_000)
    assert not read(20_000)

"""Answers at even distances of time."""

from datetime import timedelta

import pytest

from keyturn.defence.steady import steady

STEP = timedelta(milliseconds=250)


class Clock:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.mark.parametrize(
    ("took", "answered"), [(0.001, 0.25), (0.1, 0.25), (0.249, 0.25), (0.251, 0.5), (0.7, 0.75), (3.1, 3.25)]
)
def test_a_block_ends_at_the_next_moment_after_it_is_done(took, answered):
    clock = Clock()
    with steady(STEP, clock=clock, sleep=clock.sleep):
        clock.now += took
    assert clock.now - 1_000 == pytest.approx(answered)


def test_a_refusal_waits_as_well():
    clock = Clock()

    def refuse():
        with steady(STEP, clock=clock, sleep=clock.sleep):
            clock.now += 0.02
            raise LookupError

    with pytest.raises(LookupError):
        refuse()
    assert clock.now - 1_000 == pytest.approx(0.25)


def test_a_clock_that_stands_still_is_waited_for_not_at_all():
    clock = Clock()
    with steady(STEP, clock=clock, sleep=clock.sleep):
        pass
    assert clock.now == 1_000

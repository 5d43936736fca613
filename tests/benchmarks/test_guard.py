"""When the ratio guard measures again, and which figure counts."""

import pytest

from benchmarks.compare.guard import best


class Measuring:
    """Measurements whose results and durations are known beforehand."""

    def __init__(self, *ratios, seconds):
        self.now = 0.0
        self.left = list(ratios)
        self._seconds = seconds

    def __call__(self):
        self.now += self._seconds
        return self.left.pop(0)

    def clock(self):
        return self.now


def test_a_ratio_that_is_enough_is_measured_once():
    measuring = Measuring(6.1, 5.0, seconds=10)
    assert best(measuring, least=6, seconds=70, clock=measuring.clock) == 6.1
    assert measuring.left == [5.0]


@pytest.mark.parametrize(("second", "counts"), [(6.5, 6.5), (4.0, 5.0)])
def test_the_better_of_two_counts_where_the_first_is_not_enough(second, counts):
    measuring = Measuring(5.0, second, seconds=35)
    assert best(measuring, least=6, seconds=70, clock=measuring.clock) == counts


def test_nothing_is_measured_again_where_that_would_take_too_long():
    measuring = Measuring(5.0, 9.0, seconds=36)
    assert best(measuring, least=6, seconds=70, clock=measuring.clock) == 5.0
    assert measuring.left == [9.0]

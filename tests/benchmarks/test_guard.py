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


@pytest.mark.parametrize(("ratios", "counts"), [((5.0, 6.5), 6.5), ((5.0, 4.0, 6.1), 6.1), ((4.0, 5.0, 3.0), 5.0)])
def test_the_best_counts_where_the_first_is_not_enough(ratios, counts):
    measuring = Measuring(*ratios, seconds=35)
    assert best(measuring, least=6, seconds=105, clock=measuring.clock) == counts
    assert measuring.left == []


def test_nothing_is_measured_again_where_that_would_take_too_long():
    measuring = Measuring(5.0, 4.0, 9.0, seconds=36)
    assert best(measuring, least=6, seconds=105, clock=measuring.clock) == 5.0
    assert measuring.left == [9.0]

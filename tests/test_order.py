"""The order in which several workers do the tests (tests/services/order.py)."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.services.order import for_workers


class _Item:
    """As much of a test as the order looks at."""

    def __init__(self, nodeid, *marks, fixture=None, parameter=None):
        self.nodeid = nodeid
        self._marks = marks
        own = SimpleNamespace(scope="function", baseid="tests/room/test_room.py")
        common = SimpleNamespace(scope="session", baseid="tests")
        found = {"own": [own], "common": [common]}
        if fixture is not None:
            found[fixture] = [common, SimpleNamespace(scope="module", baseid="tests/room/test_room.py")]
        self._fixtureinfo = SimpleNamespace(name2fixturedefs=found)
        if parameter is not None:
            self.callspec = SimpleNamespace(indices={fixture: parameter})

    def get_closest_marker(self, name):
        return name if name in self._marks else None

    def __repr__(self):
        return self.nodeid


def item(*words: Any, **more: Any) -> Any:
    return _Item(*words, **more)


def shares(items, workers):
    """What worksteal gives to each at first."""
    left = list(items)
    for number in range(workers):
        size = len(left) // (workers - number)
        yield left[:size]
        del left[:size]


CHEAP = [item(f"cheap {number}") for number in range(40)]
SERVED = [item(f"served {number}", "server", fixture="server") for number in range(5)]
SLOW = [item(f"slow {number}", "slow") for number in range(3)]
# As chance has it: nothing stands beside its own.
DEAR = [SERVED[0], SLOW[0], *SERVED[1:3], SLOW[1], *SERVED[3:], SLOW[2]]
MIXED = [item for n, dear in enumerate(DEAR) for item in (*CHEAP[5 * n : 5 * n + 5], dear)]


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 7, 60])
def test_each_test_is_there_once(workers):
    assert sorted(map(repr, for_workers(MIXED, workers=workers))) == sorted(map(repr, MIXED))


def test_what_is_dear_stands_at_the_heads_of_the_shares_and_a_room_is_in_one_piece():
    heads = [[item for item in share if item not in CHEAP] for share in shares(for_workers(MIXED, workers=4), 4)]
    assert sorted(map(len, heads)) == [1, 1, 1, 5]
    assert SERVED in heads
    for head, share in zip(heads, shares(for_workers(MIXED, workers=4), 4), strict=True):
        assert share[: len(head)] == head


def test_what_is_cheap_keeps_its_order():
    assert [item for item in for_workers(MIXED, workers=4) if item in CHEAP] == CHEAP


def test_each_parameter_of_a_shared_fixture_is_a_room_of_its_own():
    items = [item(f"{n}", "server", fixture="server", parameter=n % 2) for n in range(8)]
    first, second = shares(for_workers([*items, *CHEAP], workers=2), 2)
    assert {tuple(first[:4]), tuple(second[:4])} == {tuple(items[::2]), tuple(items[1::2])}


def test_more_that_is_dear_than_a_share_can_hold_leaves_nothing_out():
    items = [item(f"{n}", "server", fixture="server") for n in range(9)]
    assert for_workers([*items, *CHEAP[:1]], workers=3)[:9] == items

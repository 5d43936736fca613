"""The order in which several workers do the tests: first what is dear, and what shares a server in one piece.

xdist's ``worksteal`` gives each worker an equal share of the list as it stands; who has nothing left takes from the end
of another one's. So what is dear stands at the heads of the shares, in rooms: it begins at once, and what workers take
from each other is cheap. The tests of a room share fixtures that outlive a test, which are made once more wherever a
room is taken apart all the same. Those that fill the machine by themselves, because they start servers and take long,
are one room, too, so that they do not stand in each other's way. Inside a room, and among all others, the order stays
the random one.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Any, Final

import pytest

__all__ = ["for_workers"]

# Guesses, in seconds, that shares are made even by: a test by itself, one beside others with the same servers, and what
# those cost to start.
_SLOW: Final = 10.0
_SERVED: Final = 0.05
_SERVERS: Final = 5.0
# Where fixtures come from that all tests have: plugins, and tests/conftest.py.
_COMMON: Final = ("", "tests")


def for_workers(items: Sequence[pytest.Item], *, workers: int) -> list[pytest.Item]:
    """Return all items, each worker's share with its rooms at the head.

    Args:
        items: in the order that chance gave them, which is the same in each worker.
        workers: how many there are.
    """
    rooms = sorted(_rooms(items), key=_cost, reverse=True)
    heads: list[list[pytest.Item]] = [[] for _ in range(workers)]
    costs = [0.0] * workers
    for room in rooms:
        least = costs.index(min(costs))
        heads[least] += room
        costs[least] += _cost(room)
    inside = {item for room in rooms for item in room}
    rest = [item for item in items if item not in inside]
    ordered: list[pytest.Item] = []
    for number, head in enumerate(heads):
        # As worksteal divides what is left among those who are left.
        share = (len(items) - len(ordered)) // (workers - number)
        left = max(share - len(head), 0)
        ordered += head + rest[:left]
        del rest[:left]
    return ordered + rest


def _rooms(items: Sequence[pytest.Item]) -> list[list[pytest.Item]]:
    """Return the tests that belong together, and each dear one that belongs to nobody."""
    keys = {item: _keys(item) for item in items}
    leaders: dict[Hashable, Hashable] = {}

    def leader(key: Hashable) -> Hashable:
        while leaders.setdefault(key, key) != key:
            key = leaders[key]
        return key

    for found in keys.values():
        for key in found:
            leaders[leader(key)] = leader(found[0])
    rooms = defaultdict(list)
    for item, found in keys.items():
        if found:
            rooms[leader(found[0])].append(item)
    return list(rooms.values())


def _keys(item: pytest.Item) -> list[Hashable]:
    """Return what a test has in common with others of its room; nothing for one that is in none."""
    shared = _shared(item)
    if shared or not (_is(item, "slow") or _is(item, "server")):
        return shared
    return ["slow servers"] if _is(item, "slow") and _is(item, "server") else [item.nodeid]


def _shared(item: pytest.Item) -> list[Hashable]:
    """Return its fixtures that outlive it, those of each parameter apart."""
    information: Any = getattr(item, "_fixtureinfo", None)
    definitions = {} if information is None else information.name2fixturedefs
    parameters = getattr(getattr(item, "callspec", None), "indices", {})
    return [
        (last.baseid, name, parameters.get(name))
        for name, [*_, last] in definitions.items()
        if last.scope != "function" and last.baseid not in _COMMON
    ]


def _cost(room: Sequence[pytest.Item]) -> float:
    """Guess what a room costs, in seconds."""
    slow = sum(_is(item, "slow") for item in room)
    served = sum(_is(item, "server") for item in room)
    if _shared(room[0]):
        return _SLOW * bool(slow) + _SERVERS * bool(served) + _SERVED * served
    return _SLOW * slow + _SERVERS * served


def _is(item: pytest.Item, mark: str) -> bool:
    return item.get_closest_marker(mark) is not None

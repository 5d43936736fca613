"""The counters in a cache, through Django's cache API: for many nodes that want no write to the database per login.

What it asks of a cache is that ``add`` and ``incr`` are atomic, as Valkey's, Redis's and Memcached's are, and that all
processes share it. A window is an entry that says when it ends; who finds it ended begins the next one by ``add``,
which one process wins. Its count is an entry of its own, named after the window, and so outlives no window.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache

from keyturn.defence.counted import Counted, Reading

__all__ = ["CacheCounters"]

_SUCCESS_KEPT: Final = 90 * 24 * 60 * 60
_SPARE: Final = 60
"""Seconds that entries outlive their use: an entry that expires between two steps would count from nothing."""
_UNLOCK_KEPT: Final = 8 * 24 * 60 * 60
_ROUNDS: Final = 8


class _Window(NamedTuple):
    """Milliseconds since 1970, how many windows in a row ended at the limit, and how often it was unlocked before."""

    ends_at: int
    level: int
    unlocked: int


class CacheCounters:
    """Counters in one of the project's caches. Every error of the cache is let through; see :mod:`.stores`.

    Args:
        alias: in ``CACHES``.
    """

    def __init__(self, alias: str) -> None:
        self._alias = alias

    @property
    def _cache(self) -> BaseCache:
        return caches[self._alias]

    def count(self, things: Sequence[Counted], *, now: int) -> list[Reading]:
        """Count one attempt under each key."""
        names = [name for thing in things for name in (_state(thing), _success(thing), _unlocks(thing.account))]
        found = self._cache.get_many(dict.fromkeys(names))
        return [self._count(thing, found, now) for thing in things]

    def _count(self, thing: Counted, found: Mapping[str, Any], now: int) -> Reading:
        window = self._window(thing, found.get(_state(thing)), int(found.get(_unlocks(thing.account), 0)), now)
        name = _number(thing, window.ends_at)
        number = self._add_one(name, _kept(thing, window, now))
        if number > thing.limit:
            # What is refused counts for nothing, and the first of them is told from the others.
            self._take_one(name)
            is_first = self._cache.add(f"{name}:refused", 1, timeout=_kept(thing, window, now))
            number = thing.limit + (1 if is_first else 2)
        right = found.get(_success(thing))
        return Reading(number, window.ends_at, None if right is None else int(right))

    def _window(self, thing: Counted, state: Any, unlocked: int, now: int) -> _Window:
        """The window of ``now``, begun if there is none; see :func:`.counters.count_sql` for its length."""
        for _ in range(_ROUNDS):
            window = None if state is None else _Window(*state)
            is_open = window is not None and now < window.ends_at <= now + thing.longest
            if window is not None and is_open and window.unlocked == unlocked:
                return window
            fresh = self._next(thing, window, unlocked, now)
            place = f"{_state(thing)}:{window.ends_at if window else 0}:{unlocked}"
            kept = _kept(thing, fresh, now)
            if self._cache.add(place, tuple(fresh), timeout=kept):
                self._cache.set(_state(thing), tuple(fresh), timeout=kept)
                return fresh
            state = self._cache.get(place)
            if state is not None:
                self._cache.set(_state(thing), state, timeout=_kept(thing, _Window(*state), now))
        raise TimeoutError("no window could be agreed upon")

    def _next(self, thing: Counted, window: _Window | None, unlocked: int, now: int) -> _Window:
        level = 0
        if (
            window is not None
            and window.unlocked == unlocked
            and window.ends_at <= now
            and window.ends_at + (thing.window << window.level) > now
            and int(self._cache.get(_number(thing, window.ends_at), 0)) >= thing.limit
        ):
            level = min(window.level + 1, thing.doublings)
        ends_at = now + (thing.window << level)
        # Counts are named after the ends of their windows.
        return _Window(ends_at + (window is not None and ends_at == window.ends_at), level, unlocked)

    def _add_one(self, name: str, kept: int) -> int:
        for _ in range(_ROUNDS):
            try:
                return int(self._cache.incr(name))
            except ValueError:
                self._cache.add(name, 0, timeout=kept)
        raise TimeoutError("a count could not be kept")

    def _take_one(self, name: str) -> None:
        try:
            self._cache.decr(name)
        except ValueError:
            return  # its window has ended

    def give_back(self, things: Sequence[tuple[Counted, Reading]], *, now: int, succeeded: str | None = None) -> None:
        """Take the attempt off again."""
        for thing, reading in things:
            if reading.window_ends_at > now:
                self._take_one(_number(thing, reading.window_ends_at))
            if thing.key == succeeded:
                self._cache.set(_success(thing), now, timeout=_SUCCESS_KEPT)

    def forget(self, account: str) -> None:
        """Begin anew with everything counted of an account."""
        self._add_one(_unlocks(account), _UNLOCK_KEPT)


def _kept(thing: Counted, window: _Window, now: int) -> int:
    """Seconds for which a window matters: until it ends, and as long again for the growth of the next one."""
    return (window.ends_at - now + (thing.window << window.level)) // 1_000 + _SPARE


def _state(thing: Counted) -> str:
    return f"keyturn:attempts:{thing.key}"


def _number(thing: Counted, ends_at: int) -> str:
    return f"keyturn:attempts:{thing.key}:{ends_at}:count"


def _success(thing: Counted) -> str:
    return f"keyturn:attempts:{thing.key}:right"


def _unlocks(account: str) -> str:
    return f"keyturn:attempts:{account or 'none'}:unlocks"

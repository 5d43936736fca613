"""Which store counts: the database, or the cache that ``KEYTURN["ATTEMPTS_CACHE"]`` names while it answers.

A cache that fails must not stop logins, nor let guesses through uncounted: the database counts instead. That is logged
when it begins and when it ends, and counted. What the cache had counted is not known to the database, so that a guesser
gains one window's worth of guesses by the change.
"""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Final

from keyturn import conf
from keyturn.defence.cache import CacheCounters
from keyturn.defence.counted import Counted, Reading, Store
from keyturn.defence.counters import DatabaseCounters

__all__ = ["count", "every", "fallbacks", "forget"]

logger = logging.getLogger("keyturn.defence")

_REST: Final = 5.0
"""Seconds for which a cache that failed is not asked again, so that not every login waits for its time-out."""


class _GuardedCache:
    """A cache whose failures stay here.

    Args:
        alias: in ``CACHES``.
    """

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.failures = 0
        self._counters = CacheCounters(alias)
        self._lock = threading.Lock()
        self._rests_until: float | None = None

    def try_count(self, things: Sequence[Counted], *, now: int) -> list[Reading] | None:
        """Count, or return None where the database must."""
        rests_until = self._rests_until
        if rests_until is not None and time.monotonic() < rests_until:
            self._failed(None)
            return None
        try:
            readings = self._counters.count(things, now=now)
        except Exception as error:  # noqa: BLE001 - each cache has errors of its own, without a common ancestor
            self._failed(error)
            return None
        if rests_until is not None:
            self._recovered()
        return readings

    def count(self, things: Sequence[Counted], *, now: int) -> list[Reading]:
        """See :class:`.counted.Store`; the cache's errors are let through."""
        return self._counters.count(things, now=now)

    def give_back(self, things: Sequence[tuple[Counted, Reading]], *, now: int, succeeded: str | None = None) -> None:
        """See :class:`.counted.Store`. What fails is given back by time alone."""
        try:
            self._counters.give_back(things, now=now, succeeded=succeeded)
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(error)

    def forget(self, account: str) -> None:
        """See :class:`.counted.Store`. What fails is forgotten by time alone."""
        try:
            self._counters.forget(account)
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(error)

    def _failed(self, error: Exception | None) -> None:
        with self._lock:
            self.failures += 1
            if error is None:
                return
            is_news = self._rests_until is None
            self._rests_until = time.monotonic() + _REST
        if is_news:
            logger.warning(
                "cache %r failed (%s); attempts are counted in the database until it answers again",
                self.alias,
                type(error).__name__,
            )

    def _recovered(self) -> None:
        with self._lock:
            was_failing = self._rests_until is not None
            self._rests_until = None
        if was_failing:
            logger.warning("cache %r answers again; attempts are counted there", self.alias)


_database: Final = DatabaseCounters()
_cache: _GuardedCache | None = None


def _configured() -> _GuardedCache | None:
    global _cache  # noqa: PLW0603 - the one memo of this module
    alias = conf.get().attempts_cache
    if alias is None:
        return None
    cache = _cache
    if cache is None or cache.alias != alias:
        cache = _cache = _GuardedCache(alias)
    return cache


def count(things: Sequence[Counted], *, now: int) -> tuple[Store, list[Reading]]:
    """Count an attempt, and say where.

    Args:
        things: what to count.
        now: milliseconds since 1970.
    """
    cache = _configured() if things else None
    if cache is not None:
        readings = cache.try_count(things, now=now)
        if readings is not None:
            return cache, readings
    return _database, _database.count(things, now=now) if things else []


def every() -> tuple[Store, ...]:
    """All stores that may hold counts now."""
    cache = _configured()
    return (_database,) if cache is None else (_database, cache)


def fallbacks() -> int:
    """How often this process found the cache failing, and did without it."""
    return 0 if _cache is None else _cache.failures


def forget() -> None:
    """Drop what this process remembers of a cache that failed."""
    global _cache  # noqa: PLW0603 - the one memo of this module
    _cache = None

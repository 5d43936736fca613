"""How this process follows the feed of revocations (:mod:`keyturn_server.observing.metrics`)."""

import time
from collections.abc import Callable
from math import isinf
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge

from keyturn_server.observing.metrics_shared import Following, publish

if TYPE_CHECKING:
    # At run time this module is there before Django's settings are.
    from keyturn.feed.watcher import Watcher

__all__ = ["tellers"]


def tellers(watcher: "Watcher") -> tuple[Callable[[], None], ...]:
    """What writes down how far this process has come."""
    from keyturn.defence import stores

    registry = CollectorRegistry()
    last_poll = Gauge(
        "keyturn_feed_last_poll_timestamp_seconds",
        "When the last good poll of the feed of revocations began, of the process that is furthest behind.",
        registry=registry,
        multiprocess_mode="livemin",
    )
    remembered = Gauge(
        "keyturn_feed_revocations",
        "Revocations that the process with the most of them remembers.",
        registry=registry,
        multiprocess_mode="livemax",
    )
    polls = Counter("keyturn_feed_polls", "Good polls of the feed, of all processes.", registry=registry)
    failures = Counter("keyturn_feed_poll_failures", "Failed polls of the feed, of all processes.", registry=registry)
    without_cache = Counter(
        "keyturn_attempts_without_cache",
        "Attempts counted in the database because the cache failed, of all processes.",
        registry=registry,
    )
    followed = (
        Following(polls, lambda: watcher.polls),
        Following(failures, lambda: watcher.failures),
        Following(without_cache, stores.fallbacks),
    )

    began = time.time()

    def tell() -> None:
        # Before its first poll a process is as far behind as it is old.
        lag = watcher.lag()
        last_poll.set(began if isinf(lag) else time.time() - lag)
        remembered.set(len(watcher))

    publish(registry)
    return (tell, *(each.tell for each in followed))

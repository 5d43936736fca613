"""How many requests there were and how long they took: by endpoint and by class of status, and by nothing else.

The names of endpoints are those of the URL configuration. No part of a path, no user and no address becomes a label, so
that nobody can fill the memory with names.
"""

from bisect import bisect_left
from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import Any, Final

from prometheus_client import CollectorRegistry, Histogram

from keyturn_server.observing import metrics_shared

__all__ = ["BUCKETS", "endpoint_of", "observe", "tellers"]

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds, seconds: a refresh is in the first ones, a login in the middle, a sign-up takes half a second."""

# Pages that have an endpoint for each model and act.
_AS_ONE: Final = frozenset({"admin", "account"})

_locked: Final = Lock()
# By endpoint and class of status: how many requests were in each bucket, the last one for all that were slower still,
# and their seconds together. What prometheus-client shares between processes costs several times as much to count in.
_counted: Final[dict[tuple[str, int], tuple[list[int], list[float]]]] = {}


@lru_cache(maxsize=1024)
def endpoint_of(name: str | None) -> str:
    """The label of an endpoint.

    Args:
        name: the URL's name, with its namespaces; None: the URL has none.
    """
    if not name:
        return "unnamed"
    first = name.partition(":")[0]
    return first if first in _AS_ONE else name.removeprefix("headless:").replace(":", "_").replace("-", "_")


def tellers() -> tuple[Callable[[], None], ...]:
    """What writes down the requests that this process has answered since it was last called."""
    registry = CollectorRegistry()
    durations = Histogram(
        "keyturn_http_request_duration_seconds",
        "Seconds from a request's arrival to its answer, by the URL's name and the class of the status.",
        labelnames=("endpoint", "status"),
        buckets=BUCKETS,
        registry=registry,
    )

    def tell() -> None:
        with _locked:
            news = dict(_counted)
            _counted.clear()
        for (endpoint, status), (buckets, seconds) in news.items():
            _add(durations.labels(endpoint=endpoint, status=f"{status}xx"), buckets, seconds[0])

    metrics_shared.publish(registry)
    return (tell,)


def _add(child: Any, buckets: list[int], seconds: float) -> None:
    """Add many observations at once: what ``Histogram.observe`` does for one (prometheus-client has no name for it)."""
    child._sum.inc(seconds)  # noqa: SLF001 - as said
    for bucket, times in zip(child._buckets, buckets, strict=True):  # noqa: SLF001 - as said
        if times:
            bucket.inc(times)


def observe(*, endpoint: str, status: int, seconds: float) -> None:
    """Count a request that has been answered.

    Args:
        endpoint: of :func:`endpoint_of`, or a word for what has no URL of its own.
        status: of HTTP.
        seconds: from its arrival to its answer.
    """
    key = (endpoint, status // 100)
    number = bisect_left(BUCKETS, seconds)
    with _locked:
        counted = _counted.get(key)
        if counted is None:
            counted = _counted[key] = ([0] * (len(BUCKETS) + 1), [0.0])
        counted[0][number] += 1
        counted[1][0] += seconds

"""What an operator watches, in Prometheus's text format, of all workers of this machine together.

prometheus-client shares the numbers of several processes through files in a directory of their own, named by the
environment variable ``PROMETHEUS_MULTIPROC_DIR``. The server process makes one for its workers; under another WSGI
server, or where the variable was not set before the start, a process tells its own numbers only.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

if TYPE_CHECKING:
    # At run time this module is there before Django's settings are.
    from keyturn.feed.watcher import Watcher

__all__ = ["exposition", "follow", "publish", "shared_directory"]

_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
_LAST_POLL: Final = "keyturn_feed_last_poll_timestamp_seconds"


@contextmanager
def shared_directory() -> Iterator[None]:
    """Have a directory for the workers' numbers, unless the operator has named one. Before any worker is started."""
    if os.environ.get(_VARIABLE):
        yield
        return
    directory = tempfile.mkdtemp(prefix="keyturn-metrics-")
    os.environ[_VARIABLE] = directory
    try:
        yield
    finally:
        del os.environ[_VARIABLE]
        shutil.rmtree(directory, ignore_errors=True)


def follow(watcher: "Watcher") -> None:
    """Write down after each poll of the feed how this process stands."""
    from keyturn.defence import stores

    registry = CollectorRegistry()
    last_poll = Gauge(
        _LAST_POLL,
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
    told = {polls: 0, failures: 0, without_cache: 0}

    def tell(_connection: object) -> None:
        last_poll.set(time.time() - watcher.lag())
        remembered.set(len(watcher))
        totals = ((polls, watcher.polls), (failures, watcher.failures), (without_cache, stores.fallbacks()))
        for counter, total in totals:
            counter.inc(max(total - told[counter], 0))
            told[counter] = total

    watcher.each_poll(tell)
    publish(registry)


def publish(registry: CollectorRegistry) -> None:
    """Have the numbers of a registry told where this process shares no directory with others."""
    _own.append(registry)


# What this process tells where it shares no directory with others.
_own: Final[list[CollectorRegistry]] = []


class _Lag:
    """How far the process that is furthest behind is behind, computed when somebody asks: a stuck one cannot say."""

    def __init__(self, collect: Callable[[], Iterable[Metric]]) -> None:
        self._collect = collect

    def collect(self) -> Iterator[Metric]:
        """The collected metrics, and the lag."""
        for metric in self._collect():
            yield metric
            if metric.name == _LAST_POLL and metric.samples:
                since = min(sample.value for sample in metric.samples)
                yield GaugeMetricFamily(
                    "keyturn_feed_lag_seconds",
                    "Seconds since the last good poll of the feed, of the process that is furthest behind."
                    " Past 1, that process reads the database with every request.",
                    value=max(time.time() - since, 0),
                )


def exposition() -> bytes:
    """The numbers of all live workers, in Prometheus's text format."""
    registry = CollectorRegistry()
    directory = os.environ.get(_VARIABLE)
    if directory:
        _bury_the_dead(Path(directory))
        collector = MultiProcessCollector(None, path=directory)  # type: ignore[no-untyped-call] # it has no types
        registry.register(_Lag(collector.collect))
    else:
        for own in _own:
            registry.register(_Lag(own.collect))
    return generate_latest(registry)


def _bury_the_dead(directory: Path) -> None:
    """Drop what processes left behind that were killed: a worker that was replaced would count as furthest behind."""
    for file in directory.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid, str(directory))  # type: ignore[no-untyped-call] # it has no types
        except PermissionError:
            continue

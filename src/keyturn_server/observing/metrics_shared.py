"""The numbers of all workers of this machine together, in Prometheus's text format.

prometheus-client shares the numbers of several processes through files in a directory of their own, named by the
environment variable ``PROMETHEUS_MULTIPROC_DIR``. The server process makes one for its workers; under another WSGI
server, or where the variable was not set before the start, a process tells its own numbers only.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, generate_latest, values
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from keyturn_server.observing.metrics_directory import VARIABLE, reading

__all__ = ["Following", "exposition", "publish", "share"]

# By a moment's name: the name of its age, and what that is. A process that is stuck cannot say how late it is, so ages
# are computed when somebody asks. A moment of 0 stands for none.
_AGES: Final[Mapping[str, tuple[str, str]]] = {
    "keyturn_feed_last_poll_timestamp_seconds": (
        "keyturn_feed_lag_seconds",
        "Seconds since the last good poll of the feed, of the process furthest behind. Past 1, it reads the database.",
    ),
    "keyturn_signing_key_activated_timestamp_seconds": (
        "keyturn_signing_key_age_seconds",
        "Seconds since the key that signs took over; 0 where the settings have a key of their own.",
    ),
    "keyturn_deliveries_oldest_timestamp_seconds": (
        "keyturn_deliveries_oldest_seconds",
        "Seconds that the oldest delivery in the queue has waited; 0 where none waits.",
    ),
}


def share() -> None:
    """Have numbers that are made from now on go to the directory, if there is one by now.

    prometheus-client looks for it when it is imported, which a process that was forked has done before there was one.
    """
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call] # it has no types


# What this process tells where it shares no directory with others.
_own: Final[list[CollectorRegistry]] = []


def publish(registry: CollectorRegistry) -> None:
    """Have the numbers of a registry told where this process shares no directory with others."""
    _own.append(registry)


class Following:
    """A counter that follows a number of this process that only grows and is kept elsewhere.

    Args:
        counter: a counter, or a counter's child.
        total: returns the number.
    """

    def __init__(self, counter: Counter, total: Callable[[], float]) -> None:
        self._counter = counter
        self._total = total
        self._told = 0.0

    def tell(self) -> None:
        """Add what has come since the last time."""
        total = self._total()
        # After a fork the number may begin anew.
        self._counter.inc(max(total - self._told, 0))
        self._told = total


class _WithAges:
    """What a collector tells, and the age of each moment in it."""

    def __init__(self, collect: Callable[[], Iterable[Metric]]) -> None:
        self._collect = collect

    def collect(self) -> Iterator[Metric]:
        """The collected metrics, and the ages."""
        for metric in self._collect():
            yield metric
            if metric.name in _AGES and metric.samples:
                name, about = _AGES[metric.name]
                family = GaugeMetricFamily(name, about, labels=tuple(metric.samples[0].labels))
                for sample in metric.samples:
                    age = time.time() - sample.value if sample.value else 0.0
                    family.add_metric(tuple(sample.labels.values()), max(age, 0.0))
                yield family


def exposition() -> bytes:
    """The numbers of all live workers, in Prometheus's text format."""
    registry = CollectorRegistry()
    directory = os.environ.get(VARIABLE)
    if directory:
        _bury_the_dead(Path(directory))
        collector = MultiProcessCollector(None, path=directory)  # type: ignore[no-untyped-call] # it has no types
        registry.register(_WithAges(collector.collect))
        with reading(Path(directory)):
            return generate_latest(registry)
    for own in _own:
        registry.register(_WithAges(own.collect))
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

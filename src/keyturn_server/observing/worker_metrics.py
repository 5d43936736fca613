"""How the worker processes are: memory, processor, database connections, queues, and what they run."""

import os
import platform
import sys
from collections.abc import Callable, Mapping
from time import process_time
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from keyturn_server.observing.metrics_shared import Following, publish

__all__ = ["Lanes", "follow_queues", "tellers"]

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")

Lanes = Mapping[str, tuple[int, int, int, int]]
"""Of each lane: how many requests wait, run, were refused, and were dropped since the process began."""

_lanes: Callable[[], Lanes] = dict


def follow_queues(standing: Callable[[], Lanes]) -> None:
    """Have the numbers tell of this process's queues, whose lanes are the labels."""
    global _lanes  # noqa: PLW0603 - those of this process
    _lanes = standing


def tellers() -> tuple[Callable[[], None], ...]:
    """What writes down how this process is."""
    registry = CollectorRegistry()
    _tell_build(registry)
    publish(registry)
    return (_process(registry), _pool(registry), _hashes(registry), _queues(registry), _readiness(registry))


def _tell_build(registry: CollectorRegistry) -> None:
    import django
    from django.db import connection

    from keyturn import __version__

    build = Gauge(
        "keyturn_build_info",
        "Always 1; its labels say what runs.",
        labelnames=("version", "python", "django", "database"),
        registry=registry,
        multiprocess_mode="livemax",
    )
    build.labels(
        version=__version__,
        python=platform.python_version(),
        django=django.get_version(),
        database=connection.vendor,
    ).set(1)
    workers = Gauge("keyturn_workers", "Worker processes.", registry=registry, multiprocess_mode="livesum")
    workers.set(1)


def _process(registry: CollectorRegistry) -> Callable[[], None]:
    memory = Gauge(
        "keyturn_resident_memory_bytes",
        "Memory of the worker processes together.",
        registry=registry,
        multiprocess_mode="livesum",
    )
    processor = Counter(
        "keyturn_cpu_seconds", "Processor time of the worker processes together, user and system.", registry=registry
    )
    used = Following(processor, process_time)

    def tell() -> None:
        used.tell()
        if sys.platform == "linux":
            # proc(5): statm, its second number, in pages.
            with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - read each second
                memory.set(int(statm.read().split()[1]) * _PAGE)

    return tell


def _pool(registry: CollectorRegistry) -> Callable[[], None]:
    connections = Gauge(
        "keyturn_db_pool_connections",
        "Connections that the processes keep: in use, or idle. None on SQLite.",
        labelnames=("state",),
        registry=registry,
        multiprocess_mode="livesum",
    )
    waiting = Gauge(
        "keyturn_db_pool_waiting",
        "Requests that wait for a connection, in all processes.",
        registry=registry,
        multiprocess_mode="livesum",
    )
    errors = Counter("keyturn_db_pool_errors", "Requests that waited for a connection in vain.", registry=registry)
    in_use, idle = connections.labels(state="in_use"), connections.labels(state="idle")
    standing: Any = None
    failed = Following(errors, lambda: standing.failed)

    def tell() -> None:
        nonlocal standing
        keeper = _keeper()
        if keeper is None:
            return
        standing = keeper.standing()
        idle.set(standing.idle)
        in_use.set(standing.in_use)
        waiting.set(standing.waiting)
        failed.tell()

    return tell


def _keeper() -> Any:
    """Who keeps the connections to the default database; None before the first one, and on SQLite."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return None
    # Loads psycopg.
    from keyturn_server.postgresql.base import keeper_of

    return keeper_of(connection)


def _hashes(registry: CollectorRegistry) -> Callable[[], None]:
    from keyturn_server import hashers

    waiting = Gauge(
        "keyturn_hash_queue_waiting",
        "Password hashes that wait for their turn, in all processes.",
        registry=registry,
        multiprocess_mode="livesum",
    )
    computed = Counter("keyturn_hashes", "Password hashes that were computed.", registry=registry)
    spent = Counter("keyturn_hash_seconds", "Seconds spent on password hashes.", registry=registry)
    standing = hashers.standing()
    followed = (
        Following(computed, lambda: standing.computed),
        Following(spent, lambda: standing.seconds),
    )

    def tell() -> None:
        nonlocal standing
        standing = hashers.standing()
        waiting.set(standing.waiting)
        for each in followed:
            each.tell()

    return tell


def _readiness(registry: CollectorRegistry) -> Callable[[], None]:
    from keyturn_server.observing import readiness

    ready = Gauge(
        "keyturn_ready",
        "1 if every process is ready: a probe found nothing wrong last, and the feed is followed; else 0.",
        registry=registry,
        multiprocess_mode="livemin",
    )
    return lambda: ready.set(readiness.holds())


def _queues(registry: CollectorRegistry) -> Callable[[], None]:
    def of_lanes(name: str, about: str) -> Gauge:
        return Gauge(name, about, labelnames=("lane",), registry=registry, multiprocess_mode="livesum")

    waiting = of_lanes("keyturn_queue_waiting", "Requests that wait for their turn, in all processes, by lane.")
    running = of_lanes("keyturn_queue_running", "Requests that are worked on, in all processes, by lane.")
    refused = Counter(
        "keyturn_queue_refused",
        "Requests that were answered 503 because too many waited, or too long, by lane.",
        labelnames=("lane",),
        registry=registry,
    )
    dropped = Counter(
        "keyturn_queue_abandoned",
        "Requests whose clients had gone away when it was their turn, by lane.",
        labelnames=("lane",),
        registry=registry,
    )
    now: Lanes = {}
    followed: dict[str, tuple[Following, Following]] = {}

    def total(lane: str, number: int) -> Callable[[], float]:
        return lambda: now[lane][number]

    def tell() -> None:
        nonlocal now
        now = _lanes()
        for lane, (wait, run, _, _) in now.items():
            waiting.labels(lane=lane).set(wait)
            running.labels(lane=lane).set(run)
            if lane not in followed:
                followed[lane] = (
                    Following(refused.labels(lane=lane), total(lane, 2)),
                    Following(dropped.labels(lane=lane), total(lane, 3)),
                )
            for each in followed[lane]:
                each.tell()

    return tell

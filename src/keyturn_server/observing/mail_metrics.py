"""What an operator watches of the mail: how deliveries went, and what waits."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from keyturn_server.observing.metrics_shared import Following, publish

if TYPE_CHECKING:
    # At run time this module is there before Django's settings are.
    from keyturn.feed.watcher import Watcher
    from keyturn.mail.courier import Courier

__all__ = ["follow"]

_OUTCOMES: Final = ("made", "put_off", "given_up")
# Seconds between two looks at the queue, a statement each.
_EVERY: Final = 15.0


def follow(couriers: "Sequence[Courier]", watcher: "Watcher") -> None:
    """Write down after each poll of the feed what this process's couriers have done, and now and then what waits."""
    registry = CollectorRegistry()
    deliveries = Counter(
        "keyturn_deliveries",
        "Deliveries out of the queue, of all processes: of mail and of everything else, by how they went.",
        labelnames=("lane", "outcome"),
        registry=registry,
    )
    followed = [
        Following(deliveries.labels(lane=courier.lane.value, outcome=outcome), _count_of(courier, outcome))
        for courier in couriers
        for outcome in _OUTCOMES
    ]
    look = _Queue(registry)

    def tell(connection: object) -> None:
        for each in followed:
            each.tell()
        look.tell(connection)

    watcher.each_poll(tell)
    publish(registry)


def _count_of(courier: "Courier", outcome: str) -> Callable[[], float]:
    return lambda: getattr(courier.counted, outcome)


class _Queue:
    """What waits in the queue, as this process last saw it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._waiting = Gauge(
            "keyturn_deliveries_waiting",
            "Deliveries in the queue that were not given up.",
            labelnames=("lane",),
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._oldest = Gauge(
            "keyturn_deliveries_oldest_timestamp_seconds",
            "When the oldest delivery in the queue was put there; 0 where none waits.",
            labelnames=("lane",),
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._next = float("-inf")

    def tell(self, connection: object) -> None:
        """Look, if it is time to. In the thread and with the connection that polls the feed."""
        from keyturn.mail import queue, waiting

        if time.monotonic() < self._next or getattr(connection, "alias", None) != queue.database():
            return
        self._next = time.monotonic() + _EVERY
        for lane, found in waiting.standing().items():
            self._waiting.labels(lane=lane.value).set(found.count)
            self._oldest.labels(lane=lane.value).set(found.since.timestamp() if found.since else 0)

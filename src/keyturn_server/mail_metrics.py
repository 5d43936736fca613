"""What an operator watches of the mail: how deliveries went (:mod:`keyturn_server.metrics`)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter

from keyturn_server import metrics

if TYPE_CHECKING:
    # At run time this module is there before Django's settings are.
    from keyturn.feed.watcher import Watcher
    from keyturn.mail.courier import Courier

__all__ = ["follow"]

_OUTCOMES = ("made", "put_off", "given_up")


def follow(couriers: "Sequence[Courier]", watcher: "Watcher") -> None:
    """Write down after each poll of the feed what this process's couriers have done."""
    registry = CollectorRegistry()
    deliveries = Counter(
        "keyturn_deliveries",
        "Deliveries out of the queue, of all processes: of mail and of everything else, by how they went.",
        labelnames=("lane", "outcome"),
        registry=registry,
    )
    counters = [
        (courier, outcome, deliveries.labels(lane=courier.lane.value, outcome=outcome))
        for courier in couriers
        for outcome in _OUTCOMES
    ]
    told = [0] * len(counters)

    def tell(_connection: object) -> None:
        for number, (courier, outcome, counter) in enumerate(counters):
            total = getattr(courier.counted, outcome)
            counter.inc(max(total - told[number], 0))
            told[number] = total

    watcher.each_poll(tell)
    metrics.publish(registry)

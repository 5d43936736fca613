"""What the engine does: logins, refreshes, reuse, sessions that begin and end, the signing key's age."""

from collections import Counter as Totals
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Final
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter, Gauge

from keyturn_server.observing.metrics_shared import Following, publish

__all__ = ["tellers"]


class _Ended:
    """Sessions that this process has ended, by reason."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._totals: Totals[str] = Totals()

    def add(self, reason: str, times: int) -> None:
        with self._lock:
            self._totals[reason] += times

    def total(self, reason: str) -> int:
        return self._totals[reason]


_ended: Final = _Ended()


def _count_ended(*, session_ids: Sequence[UUID], reason: str, **_: object) -> None:
    """Count once the revocation is committed (the signal is sent inside its transaction)."""
    from django.db import transaction

    from keyturn.sessions.statements import database

    transaction.on_commit(lambda: _ended.add(reason, len(session_ids)), using=database(), robust=True)


def tellers() -> tuple[Callable[[], None], ...]:
    """What writes down what this process has done."""
    from keyturn.sessions import opening
    from keyturn.sessions.revocation import RevokeReason, sessions_revoked
    from keyturn.trail import tally

    sessions_revoked.connect(_count_ended, dispatch_uid="keyturn_server.observing.engine_metrics")
    registry = CollectorRegistry()
    events = Counter(
        "keyturn_events",
        "Logins, refused logins, refreshes and reuse of refresh tokens, of all processes.",
        labelnames=("event",),
        registry=registry,
    )
    opened = Counter("keyturn_sessions_opened", "Sessions that began, of all processes.", registry=registry)
    ended = Counter(
        "keyturn_sessions_ended",
        "Sessions that were ended before their time, of all processes, by the reason in their row.",
        labelnames=("reason",),
        registry=registry,
    )
    reasons = [word for name, word in vars(RevokeReason).items() if name.isupper()]
    followed = [
        Following(opened, opening.opened_total),
        *(Following(events.labels(event=name.value), _of(tally.total, name)) for name in tally.Tallied),
        *(Following(ended.labels(reason=reason), _of(_ended.total, reason)) for reason in reasons),
    ]
    activated = Gauge(
        "keyturn_signing_key_activated_timestamp_seconds",
        "When the key that signs access tokens took over; 0 where the settings have a key of their own.",
        registry=registry,
        multiprocess_mode="livemostrecent",
    )

    publish(registry)
    return (*(each.tell for each in followed), lambda: activated.set(_activated_at()))


def _of(total: Callable[[Any], float], what: Any) -> Callable[[], float]:
    return lambda: total(what)


def _activated_at() -> float:
    from keyturn.clock import utc_now
    from keyturn.keys.ring import remembered

    known = remembered()
    active = None if known is None else known.ring.active(utc_now())
    return 0.0 if active is None else active.activates_at.timestamp()

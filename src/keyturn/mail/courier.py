"""Each process's courier: a thread that delivers what is in the queue, at once when something is put there here."""

import atexit
import logging
import os
import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Lock, Thread, current_thread
from typing import Final
from weakref import WeakSet

from django.db import Error, connections

from keyturn import conf
from keyturn.clock import utc_now
from keyturn.in_tests import in_test_environment
from keyturn.mail import queue
from keyturn.mail.carriers import MailCarrier, Refused, carrier, is_unreachable, why
from keyturn.mail.packing import CannotBeOpenedError, opened
from keyturn.mail.queue import Claim, Lane

__all__ = ["INTERVAL", "Courier", "Deliveries", "after_commit", "couriers", "deliver_due"]

logger = logging.getLogger("keyturn.mail")

INTERVAL: Final = 5.0
"""Seconds between two looks at a queue that nobody here has put anything into."""

_PRUNE_EVERY_TURNS: Final = 720


@dataclass(slots=True)
class Deliveries:
    """How deliveries went, counted.

    Args:
        made: taken over by somebody.
        put_off: to be tried again.
        given_up: refused for good, or too old.
    """

    made: int = 0
    put_off: int = 0
    given_up: int = 0


def deliver_due(
    *, lane: Lane = Lane.MAIL, now: datetime | None = None, counted: Deliveries | None = None
) -> Deliveries:
    """Deliver what is due, in this thread, and say how it went. Meant to be called outside of transactions.

    Where the mail server cannot be talked to at all, the other mails are left for the next call: each would wait for it
    anew.

    Args:
        lane: mail, or everything else.
        now: aware; None: the present moment, at every step.
        counted: counted on; None: from 0.
    """
    total = Deliveries() if counted is None else counted
    post = MailCarrier()
    try:
        more = True
        while more:
            more = False
            for claim in queue.claims(lane=lane, now=now):
                more = True
                if not _deliver(claim, post=post, now=now, total=total) and lane is Lane.MAIL:
                    return total
    finally:
        post.rest()
    return total


def _deliver(claim: Claim, *, post: MailCarrier, now: datetime | None, total: Deliveries) -> bool:
    """Make one delivery and settle its row; False where another would meet the same obstacle."""
    until = None
    try:
        content = opened(claim.sealed, kind=claim.kind)
        until = float(content["until"])
        deliver = post if content["carrier"] == Lane.MAIL.value else carrier(content["carrier"])
        deliver(content["payload"])
    except Refused as refused:
        _give_up(claim, str(refused), now=now, total=total)
        return True
    except Exception as error:  # noqa: BLE001 - whatever a back end raises, the row must be settled
        reason = str(error) if isinstance(error, CannotBeOpenedError) else why(error)
        at = now or utc_now()
        # What cannot be opened does not say how long it is good for: a day.
        last = until if until is not None else claim.created_at.timestamp() + 86_400
        if (at + queue.wait(claim.attempts)).timestamp() > last:
            _give_up(claim, reason, now=now, total=total)
            return True
        queue.put_off(claim, why=reason, now=at)
        total.put_off += 1
        logger.warning("put off: %s %d, attempt %d: %s", claim.kind, claim.id, claim.attempts, reason)
        return not is_unreachable(error)
    queue.remove(claim)
    total.made += 1
    return True


def _give_up(claim: Claim, reason: str, *, now: datetime | None, total: Deliveries) -> None:
    queue.give_up(claim, why=reason, now=now or utc_now())
    total.given_up += 1
    logger.error("given up: %s %d after %d attempts: %s", claim.kind, claim.id, claim.attempts, reason)


_all: "WeakSet[Courier]" = WeakSet()


class Courier:
    """One lane's thread in this process. All methods may be called from any thread.

    Args:
        lane: mail, or everything else.
        interval: seconds between two looks at the queue.

    Attributes:
        lane: as given.
        counted: how deliveries went since the start.
        turns: how often the queue was looked at since.
    """

    def __init__(self, lane: Lane, *, interval: float = INTERVAL) -> None:
        self.lane = lane
        self._interval = interval
        self._begin_anew()
        _all.add(self)

    def _begin_anew(self) -> None:
        self.counted = Deliveries()
        self.turns = 0
        self._lock = Lock()
        self._pid = os.getpid()
        self._thread: Thread | None = None
        self._stop = Event()
        self._woken = Event()
        self._failing = False

    def begin_anew_in_child(self) -> None:
        """For the child of a fork: nothing runs there."""
        self._begin_anew()

    def wake(self) -> None:
        """Look at the queue now."""
        self._woken.set()

    def start(self) -> None:
        """Start, if it does not run."""
        thread = self._thread
        if thread is not None and thread.is_alive() and not self._stop.is_set():
            return
        with self._lock:
            if self._thread is not None and self._thread.is_alive() and not self._stop.is_set():
                return
            self._stop, self._woken = Event(), Event()
            self._thread = Thread(
                target=self._run, args=(self._stop, self._woken), name=f"keyturn-{self.lane.value}", daemon=True
            )
            self._thread.start()

    def stop(self, timeout: float = 5.0) -> bool:
        """End the thread once its delivery is made; say within ``timeout`` seconds whether it has ended."""
        thread = self._thread
        self._stop.set()
        self._woken.set()
        if thread is not None and thread is not current_thread():
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def _run(self, stop: Event, woken: Event) -> None:
        while not stop.is_set():
            woken.clear()
            self._turn(prune=self.turns % _PRUNE_EVERY_TURNS == _PRUNE_EVERY_TURNS - 1)
            self.turns += 1
            # Spread, so that processes started together do not look together.
            woken.wait(self._interval * random.uniform(0.8, 1.2))  # noqa: S311 - no secret

    def _turn(self, *, prune: bool) -> None:
        """Deliver what is due. Whatever goes wrong, there will be another turn."""
        try:
            deliver_due(lane=self.lane, counted=self.counted)
            if prune:
                queue.prune(now=utc_now())
            self._failing = False
        except Error as error:
            if not self._failing:
                self._failing = True
                logger.warning("the queue of outgoing mail cannot be read: %s", type(error).__name__)
        except Exception:
            logger.exception("the courier failed, and goes on")
        finally:
            # No connection is held while there is nothing to do; a pool gets it back.
            with suppress(Exception):
                connections[queue.database()].close()


_couriers: dict[Lane, Courier] = {}
_making = Lock()


def couriers() -> tuple[Courier, ...]:
    """Those of this process: one for mail, one for everything else. They do not run before they are started."""
    with _making:
        if not _couriers:
            _couriers.update({lane: Courier(lane) for lane in Lane})
            for each in _couriers.values():
                atexit.register(each.stop, 1.0)
    return tuple(_couriers.values())


def after_commit() -> None:
    """See to it that what was just put into the queue is delivered, as the settings say by whom.

    In Django's test environment at once and in this thread, so that ``django.core.mail.outbox`` holds it.
    """
    how = conf.get().mail_delivery
    if how == "command":
        return
    if in_test_environment():
        for lane in Lane:
            deliver_due(lane=lane)
        return
    for each in couriers():
        if how == "at_once" and each.lane is Lane.MAIL:
            deliver_due(lane=each.lane, counted=each.counted)
        each.start()
        each.wake()


def _after_fork() -> None:
    for each in tuple(_all):
        each.begin_anew_in_child()


os.register_at_fork(after_in_child=_after_fork)

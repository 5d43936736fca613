"""What an operator watches: each process's numbers, written down once a second by a thread of its own.

A request pays for none of it but for :func:`~keyturn_server.observing.request_metrics.observe`. The thread needs no
database, so that the numbers go on when the database does not; what takes a statement follows a poll of the feed
instead. The names are on a page, ``docs/operations.md``.
"""

import atexit
import logging
from collections.abc import Callable, Sequence
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from keyturn_server.observing import engine_metrics, feed_metrics, request_metrics, worker_metrics
from keyturn_server.observing.metrics_directory import bury, shared_directory
from keyturn_server.observing.metrics_shared import exposition, share

if TYPE_CHECKING:
    # At run time this module is there before Django's settings are.
    from keyturn.feed.watcher import Watcher

__all__ = ["bury", "exposition", "follow", "share", "shared_directory"]

# Seconds.
_EVERY: Final = 1.0

_log: Final = logging.getLogger(__name__)


def follow(watcher: "Watcher") -> None:
    """Write down how this process stands for as long as it lives. Once, before its first request."""
    tellers = (
        *request_metrics.tellers(),
        *feed_metrics.tellers(watcher),
        *engine_metrics.tellers(),
        *worker_metrics.tellers(),
    )
    # Each at once, so that whoever asks early finds every name.
    _tell(tellers)
    # What came in the last second; a process that is killed takes it along.
    atexit.register(_tell, tellers)
    Thread(target=_go_on, args=(tellers,), name="keyturn-metrics", daemon=True).start()


def _go_on(tellers: Sequence[Callable[[], None]]) -> None:
    never = Event()
    while not never.wait(_EVERY):
        _tell(tellers)


def _tell(tellers: Sequence[Callable[[], None]]) -> None:
    for each in tellers:
        try:
            each()
        except Exception:  # noqa: BLE001 - the thread outlives whatever one number meets
            _log.exception("a number of /metrics could not be written down")

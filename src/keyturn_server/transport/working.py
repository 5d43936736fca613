"""A worker process: its application loaded, its memory settled, its requests served until it is told to stop."""

import gc
import os
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from socket import socket
from typing import TYPE_CHECKING, Final

from keyturn_server.signals import obey_parent
from keyturn_server.transport.forked import tell_ready
from keyturn_server.transport.granian_calls import Stop, Wire
from keyturn_server.transport.granian_calls import serve as serve_http

if TYPE_CHECKING:
    # Reads Django's settings, which the server process must not have to do before it names this module's function.
    from keyturn_server.transport.dispatch import Dispatcher

__all__ = ["Orders", "load_all", "settle", "work"]

# Seconds in which clients are sent elsewhere, answer by answer, before connections that are idle are ended. A request
# that meets the end of its connection on the way would be lost.
_FAREWELL: Final = 1.5
# Objects made and not freed before the collector looks at the young ones. Django's own are frozen; a request leaves
# hardly any cycle, and each look stops all threads.
_YOUNG: Final = 20_000


@dataclass(frozen=True, slots=True)
class Orders:
    """What a worker is to do.

    Attributes:
        wire: how connections are treated.
        threads: that may hold a database connection at once.
    """

    wire: Wire
    threads: int


def load_all() -> None:
    """Load the program, whatever a worker imports and makes when it begins included."""
    from keyturn_server.observing import metrics, starting
    from keyturn_server.transport import dispatch
    from keyturn_server.transport.worker import load

    metrics.share()
    load()
    # What these import is there by now.
    del dispatch, starting


def work(number: int, listener: socket, telling: socket, orders: Orders) -> None:
    """Be a worker process, until told to stop.

    Args:
        number: of this worker, from 1.
        listener: a bound socket, perhaps listened on already.
        telling: the server is told here once requests are taken.
        orders: what to do.
    """
    stop = Stop()
    serving: list[Dispatcher] = []

    def end() -> None:
        if not serving:
            # Nobody has asked for anything yet.
            os._exit(0)
        _take_leave(serving[0])
        stop.set()

    obey_parent(end)
    dispatcher = _prepare(orders.threads)
    settle()
    dispatcher.start()
    serving.append(dispatcher)
    # The worker listens on its socket before it serves: whoever connects meanwhile waits for a moment.
    listener.listen(orders.wire.backlog)
    tell_ready(telling)
    serve_http(
        dispatcher.take,
        number=number,
        listener=listener.detach(),
        wire=orders.wire,
        threads=dispatcher.threads,
        stop=stop,
    )


def settle() -> None:
    """Have the collector leave alone what stays, and look at the rest now and then."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)


def _prepare(threads: int) -> "Dispatcher":
    """Load everything the first request would."""
    # All of these read the settings.
    from corsheaders.conf import conf
    from django.conf import settings

    from keyturn.api.origins import web_origins
    from keyturn_server.observing.request_metrics import observe
    from keyturn_server.observing.worker_metrics import follow_queues
    from keyturn_server.transport.dispatch import Dispatcher
    from keyturn_server.transport.lanes import rooms_for
    from keyturn_server.transport.queues import standing
    from keyturn_server.transport.worker import begin, load

    follow_queues(standing)
    application = load()
    begin()

    def may_read(origin: str) -> bool:
        return bool(conf.CORS_ALLOW_ALL_ORIGINS) or origin in conf.CORS_ALLOWED_ORIGINS or origin in web_origins()

    return Dispatcher(
        application,
        rooms=rooms_for(threads),
        most_bytes=(int(settings.KEYTURN["MAX_BODY_BYTES"]), int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)),
        may_read=may_read,
        refused=lambda status, seconds: observe(
            endpoint="overload" if status == HTTPStatus.SERVICE_UNAVAILABLE else "refused",
            status=status,
            seconds=seconds,
        ),
    )


def _take_leave(dispatcher: "Dispatcher") -> None:
    """Have every client that is still talking to this process find another one."""
    # Not loaded in the server process, see above.
    from keyturn_server.observing import readiness

    readiness.end()
    dispatcher.end()
    if dispatcher.was_asked_lately():
        time.sleep(_FAREWELL)
    dispatcher.give_up_bodies()
    # One that is late by now, or will be, does not hold the process up.
    threading.Thread(target=_hurry, args=(dispatcher,), name="keyturn-farewell", daemon=True).start()


def _hurry(dispatcher: "Dispatcher") -> None:
    while True:
        time.sleep(0.25)
        dispatcher.give_up_bodies()

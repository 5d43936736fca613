"""How Granian calls us: its RSGI worker, without an event loop.

Granian's Python side runs an RSGI application as tasks of asyncio. Ours needs no task: a request is taken in by the
thread that Granian brings it in, and a body by the thread that Granian tells of it. This module stands in for the event
loop and for the scheduler that Granian expects, and is the only one that knows this side of Granian, which its authors
may change with any minor version (docs/adr/0037).
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from granian._granian import CallbackScheduler, RSGIWorker, SocketHolder, WorkerSignal
from granian.http import HTTP1Settings

__all__ = ["Stop", "Wire", "serve"]

# Granian's own threads that speak HTTP, and those that read files for it, of which there is nothing to read.
_HTTP_THREADS: Final = 1
_FILE_THREADS: Final = 1
# Seconds after which a thread that had nothing to do ends.
_IDLE: Final = 30
_NO_METRICS: Final = (None, None)
# What Granian says of their types is of an earlier version.
_rsgi_worker: Final[Any] = RSGIWorker
_socket_holder: Final[Any] = SocketHolder


@dataclass(frozen=True, slots=True)
class Wire:
    """How connections are treated.

    Attributes:
        connections: at once; more wait in the kernel.
        backlog: connections the kernel holds for a process that is busy.
        header_seconds: how long a request's head may take, and a connection be idle.
        certificate: a PEM file, for HTTPS.
        key: its private key, a PEM file.
    """

    connections: int
    backlog: int
    header_seconds: int
    certificate: Path | None = None
    key: Path | None = None


class Stop:
    """Tells a worker to stop: it takes no more connections, ends idle ones, and answers what it has begun."""

    def __init__(self) -> None:
        self.signal = WorkerSignal()
        self._lock = threading.Lock()
        self._is_set = False

    def set(self) -> None:
        """Stop. A second call does nothing."""
        with self._lock:
            was_set, self._is_set = self._is_set, True
        if not was_set:
            self.signal.set()


class _Loop:
    """Stands in for an event loop: what is to be called soon is called at once."""

    def call_soon(self, callback: Callable[..., object], *arguments: Any, context: Any = None) -> None:
        callback(*arguments)

    call_soon_threadsafe = call_soon


class _Scheduler(CallbackScheduler):
    """Hands each request to ``take``, in the thread it is brought in."""

    __slots__ = ()

    def __init__(
        self, loop: _Loop, nothing: None, task: None, enter: None, leave: None, take: Callable[[Any, Any], None]
    ) -> None:
        super().__init__()

        def schedule(brought: Any) -> None:
            take(brought.scope, brought.proto)

        self._schedule_fn = schedule

    def __new__(cls, *arguments: Any) -> Self:
        # Granian's own class takes all but the last.
        return super().__new__(cls, *arguments[:-1])


def serve(
    take: Callable[[Any, Any], None], *, number: int, listener: int, wire: Wire, threads: int, stop: Stop
) -> None:
    """Serve a listening socket until told to stop and everything is answered.

    Args:
        take: called with each request's scope and protocol (:mod:`keyturn_server.transport.rsgi`); it must not raise.
        number: of this worker, for the log.
        listener: the socket's file descriptor; it is closed in the end.
        wire: how connections are treated.
        threads: those that ``take`` is called in at most.
        stop: ends it.
    """
    http = HTTP1Settings(header_read_timeout=wire.header_seconds * 1000)
    is_secure = wire.certificate is not None
    tls: tuple[Any, ...] = (is_secure, _path(wire.certificate), _path(wire.key), None, "tls1.3", None, [], False)
    worker = _rsgi_worker(
        number,
        (None, _socket_holder(listener, False, wire.backlog)),
        None,
        _HTTP_THREADS,
        _FILE_THREADS,
        threads,
        _IDLE,
        wire.connections,
        # The frames of HTTP/2 would come without the limits of time that heads have.
        "1",
        http,
        None,
        False,
        None,
        *tls,
        _NO_METRICS,
    )
    ended = threading.Event()
    stop.signal.add_cb(ended.set)
    loop = _Loop()
    scheduler = _Scheduler(loop, None, None, None, None, take)
    worker.serve_mtr(scheduler, loop, stop.signal)
    ended.wait()


def _path(file: Path | None) -> str | None:
    return None if file is None else str(file.resolve())

"""From a request that has arrived to its answer: its body is waited for, its lane has room or not, and Django answers.

All this happens in the threads that Granian calls us in. There are more of them than the lanes let work at once, so
there always is one to take a request in, or to refuse it.
"""

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final

from keyturn.defence.steady import postponed
from keyturn_server.api_paths import is_api
from keyturn_server.observing import request_ids
from keyturn_server.observing.watching import ARRIVED
from keyturn_server.refusals import CODES
from keyturn_server.transport.bodies import Bodies
from keyturn_server.transport.lanes import Lane, Room, lane_of
from keyturn_server.transport.later import Later
from keyturn_server.transport.queues import Queue, watch
from keyturn_server.transport.rsgi import Application, Proto, Scope, call, environ_of

__all__ = ["SPARE_THREADS", "Dispatcher"]

_log: Final = logging.getLogger(__name__)

SPARE_THREADS: Final = 2
"""Threads on top of the lanes': one takes requests in while another is told of a body."""

# Seconds a body may take, which a browser on a bad line does not, and seconds once the process is to end.
_BODY_PATIENCE: Final = 15.0
_LAST_PATIENCE: Final = 2.0
# Seconds.
_LATELY: Final = 10.0
# Seconds between two looks for bodies that are late, and for requests that have waited for long: most are answered
# before anybody looks.
_LOOK_EVERY: Final = 0.5
_MOST_BODIES: Final = 4096
_MOST_BYTES: Final = 64 * 1024 * 1024
_MOST_POSTPONED: Final = 1024
# Seconds until what was written has left.
_LEAVING: Final = 0.2
_BUSY: Final = "The server is busy; try again in a moment."
_SENTENCES: Final = {400: "The request broke off.", 503: _BUSY}


_Answer = tuple[int, list[tuple[str, str]], bytes]


class _Task:
    """A request that has arrived whole."""

    __slots__ = ("arrived", "body", "is_unread", "lane", "let_go", "proto", "scope", "watched")

    def __init__(self, scope: Scope, proto: Proto, lane: Lane, arrived: float) -> None:
        self.scope = scope
        self.proto = proto
        self.lane = lane
        self.arrived = arrived
        self.body = b""
        self.let_go: Callable[[], None] = _nothing
        self.watched: Any = None
        # Whether a body that nobody will read is on its way.
        self.is_unread = False

    def watch(self) -> None:
        """Notice from now on whether the client goes away."""
        if self.watched is None:
            self.watched = self.proto.client_disconnect()

    def is_wanted(self) -> bool:
        """Whether the client is still there, as far as it was watched. It is watched no longer."""
        watched, self.watched = self.watched, None
        if watched is None:
            return True
        # The server cannot end while it is under way; what is there already is not cancelled.
        return bool(watched.cancel())

    def needs_no_body(self) -> None:
        """Let go of the body."""
        self.body = b""
        self.let_go()
        self.let_go = _nothing


def _nothing() -> None:
    """There is nothing to do."""


class Dispatcher:
    """Answers requests with a WSGI application.

    Args:
        application: answers.
        rooms: what may run and wait.
        most_bytes: the largest body of a call of the API, and of any other request.
        may_read: whether a page of this origin may read that it was refused.
        refused: told of each request that is answered here and not by the application: its status, and the seconds
            since it arrived.
        body_seconds: how long a body may take to arrive.
    """

    def __init__(
        self,
        application: Application,
        *,
        rooms: Mapping[Lane, Room],
        most_bytes: tuple[int, int],
        may_read: Callable[[str], bool],
        refused: Callable[[int, float], None],
        body_seconds: float = _BODY_PATIENCE,
    ) -> None:
        self._application = application
        self._rooms = rooms
        self._most_for_api, self._most_for_pages = most_bytes
        self._may_read = may_read
        self._told = refused
        self._bodies = Bodies(patience=body_seconds, most=_MOST_BODIES, most_bytes=_MOST_BYTES)
        self._queues = {
            lane: Queue(room, work=self._answer, refuse=self._turn_away, is_wanted=_is_wanted)
            for lane, room in rooms.items()
        }
        self._later = Later(most=_MOST_POSTPONED)
        self._is_ending = threading.Event()
        self._last_taken = -_LATELY

    @property
    def threads(self) -> int:
        """How many threads this needs."""
        return sum(room.running for room in self._rooms.values()) + SPARE_THREADS

    @property
    def is_ending(self) -> bool:
        """Whether the process is about to end."""
        return self._is_ending.is_set()

    def was_asked_lately(self) -> bool:
        """Whether a client may well be about to ask again."""
        return perf_counter() - self._last_taken < _LATELY

    def start(self) -> None:
        """Begin: late bodies are given up from now on, and the queues tell how they stand."""
        threading.Thread(target=self._keep_looking, name="keyturn-looking", daemon=True).start()
        watch(self._queues)  # type: ignore[arg-type] # a queue of these tasks is not looked into

    def end(self) -> None:
        """Have clients go elsewhere: from now on each answer is the last one on its connection."""
        self._is_ending.set()

    def give_up_bodies(self) -> None:
        """Wait no longer for bodies that have been on their way for a while."""
        self._bodies.give_up_late_ones(patience=_LAST_PATIENCE)

    def take(self, scope: Scope, proto: Proto) -> None:
        """Take in a request. Its answer is sent from here or from another thread, whatever happens."""
        try:
            self._take(scope, proto)
        except Exception:  # noqa: BLE001 - nobody above would answer
            _log.exception("a request could not be taken in")
            with contextlib.suppress(Exception):
                self._break_off(_Task(scope, proto, Lane.API, perf_counter()), 500)

    def _take(self, scope: Scope, proto: Proto) -> None:
        path = scope.path
        lane = lane_of(scope.method, path)
        now = self._last_taken = perf_counter()
        task = _Task(scope, proto, lane, now)
        queue = self._queues[lane]
        headers = scope.headers
        told = headers.get("content-length")
        if told is None and "transfer-encoding" not in headers:
            queue.bring(task)
            return
        length = int(told) if told is not None and told.isdigit() else None
        most = self._most_for_api if is_api(path) else self._most_for_pages
        if length is not None and not 0 < length <= most:
            # The application refuses what is too large by what the head says.
            task.is_unread = length > 0
            queue.bring(task)
        elif queue.is_full or not self._bodies.read(
            proto,
            length=length,
            most=most,
            done=lambda body, let_go: self._bring(queue, task, body, let_go),
            failed=lambda status: self._break_off(task, status),
        ):
            task.is_unread = True
            queue.turn_away(task)

    def _bring(self, queue: "Queue[_Task]", task: _Task, body: bytes, let_go: Callable[[], None]) -> None:
        task.body, task.let_go = body, let_go
        queue.bring(task)

    def _break_off(self, task: _Task, status: int) -> None:
        task.is_unread = True
        self._refuse(task, status)

    def _keep_looking(self) -> None:
        """Give up bodies that are late, and notice whose clients go away while they wait for their turn."""
        while True:
            time.sleep(_LOOK_EVERY)
            self._bodies.give_up_late_ones()
            for queue in self._queues.values():
                queue.look(_Task.watch, waiting=_LOOK_EVERY)

    def _answer(self, task: _Task) -> None:
        try:
            environ = environ_of(task.scope, task.body)
            environ[ARRIVED] = task.arrived
            moments: list[float] = []
            before = postponed.set(moments)
            try:
                call(self._application, environ, lambda *answer: self._send_at(moments, task, answer))
            finally:
                postponed.reset(before)
        except BaseException:  # noqa: BLE001 - nobody above would answer; a view's SystemExit ends no thread of ours
            _log.exception("the application failed")
            # It has told how it fared itself.
            self._refuse(task, 500, is_told=True)
        finally:
            task.needs_no_body()

    def _send_at(self, moments: list[float], task: _Task, answer: _Answer) -> None:
        """Send an answer, not before the last of the moments that it must not precede."""
        moment = max(moments, default=0.0)
        if not moments or not self._later.at(moment, lambda: self._send(task, *answer)):
            time.sleep(max(0.0, moment - time.monotonic()))
            self._send(task, *answer)

    def _turn_away(self, task: _Task) -> None:
        self._refuse(task, 503)

    def _refuse(self, task: _Task, status: int, *, is_told: bool = False) -> None:
        task.needs_no_body()
        code, sentence = CODES[status]
        body = json.dumps({"detail": _SENTENCES.get(status, sentence), "code": code}).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Cache-Control", "no-store"),
            (request_ids.HEADER, request_ids.kept_or_made(task.scope.headers.get("x-request-id"))),
        ]
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append(("Retry-After", str(self._rooms[task.lane].retry_after)))
        origin = task.scope.headers.get("origin")
        if origin is not None and self._may_read(origin):
            headers += _readable_by(origin)
        self._send(task, status, headers, body)
        if not is_told:
            self._told(status, perf_counter() - task.arrived)

    def _send(self, task: _Task, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        if self._is_ending.is_set() or task.is_unread:
            # RFC 9112 section 9.6: the client will not send another request here. Behind a body that is not read
            # (section 9.3), it would wait for as long as the thread that brought this one is at work on others.
            headers = [*headers, ("Connection", "close")]
        if _says_more(headers, body) and task.scope.method != "HEAD":
            # What is let go before its end breaks off (RFC 9112 section 8), as with any WSGI server. At once, the
            # connection could end before anything has left: browsers send a request again that got no head.
            held = [task.proto.response_stream(status, headers)]
            held[0].send_bytes(body)
            self._later.at(time.monotonic() + _LEAVING, held.clear)
        else:
            task.proto.response_bytes(status, headers, body)


def _says_more(headers: list[tuple[str, str]], body: bytes) -> bool:
    """Whether an answer promises more than it has."""
    said = next((value for name, value in headers if name.lower() == "content-length"), "")
    return said.isdigit() and 0 < len(body) < int(said)


def _is_wanted(task: _Task) -> bool:
    if task.is_wanted():
        return True
    task.needs_no_body()
    return False


def _readable_by(origin: str) -> list[tuple[str, str]]:
    return [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Expose-Headers", "Retry-After"),
        ("Vary", "origin"),
    ]

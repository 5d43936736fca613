"""A toy application behind our dispatcher and a real HTTP server, in the test's process. No Django."""

import json
import threading
from collections.abc import Callable
from typing import Any

from keyturn_server.transport.dispatch import Dispatcher
from keyturn_server.transport.granian_calls import Stop, Wire, serve
from keyturn_server.transport.lanes import Lane, Room
from keyturn_server.transport.listening import Address, listener
from tests.services.ports import LOOPBACK

__all__ = ["ROOM", "SECONDS", "Served"]

SECONDS = 20
ROOM = Room(running=1, waiting=1, patience=60, retry_after=7)


class Served:
    """The application, served from its making on. What a query string asks of it is read in ``_application``."""

    def __init__(
        self, *, room: Room = ROOM, body_seconds: float = 60, header_seconds: int = 30, silence: float = 60
    ) -> None:
        self.seen: list[dict[str, Any]] = []
        self.refused: list[int] = []
        self.held = threading.Semaphore(0)
        self.let_go = threading.Event()
        self.dispatcher = Dispatcher(
            self._application,
            rooms=dict.fromkeys(Lane, room),
            most_bytes=(100, 1000),
            may_read=lambda origin: origin == "https://app.example.com",
            refused=lambda status, seconds: self.refused.append(status),
            body_seconds=body_seconds,
        )
        self.dispatcher.start()
        bound = listener(Address(LOOPBACK, 0), silence=silence)
        self.port: int = bound.getsockname()[1]
        bound.listen(50)
        self._stop = Stop()
        self._thread = threading.Thread(
            target=serve,
            args=(self.dispatcher.take,),
            kwargs={
                "number": 1,
                "listener": bound.detach(),
                "wire": Wire(connections=1000, backlog=50, header_seconds=header_seconds),
                "threads": self.dispatcher.threads,
                "stop": self._stop,
            },
        )
        self._thread.start()

    def stop(self) -> None:
        self.let_go.set()
        self._stop.set()
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()

    def _application(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        body = environ["wsgi.input"].read()
        self.seen.append({**environ, "body": body})
        if environ["QUERY_STRING"] == "hold":
            self.held.release()
            assert self.let_go.wait(SECONDS)
        if environ["QUERY_STRING"] == "fail":
            raise RuntimeError("on purpose")
        if environ["QUERY_STRING"] == "short":
            start("200 OK", [("Content-Type", "application/json"), ("Content-Length", "512")])
            return [b"{"] if environ["REQUEST_METHOD"] != "HEAD" else []
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"body": body.decode(), "length": environ.get("CONTENT_LENGTH")}).encode()]

"""Many callers who knock at once, each on a connection of its own that is kept open between the knocks."""

import http.client
import json
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from tests.services.ports import LOOPBACK

__all__ = ["Answer", "Ask", "Crowd"]

_SECONDS = 30
_AGENT = "keyturn-proof/1"


@dataclass(frozen=True)
class Ask:
    """One request: GET without a body, POST with one."""

    path: str
    body: Mapping[str, Any] | None = None
    bearer: str | None = None


@dataclass(frozen=True)
class Answer:
    """What came back; every answer of the API is JSON."""

    status: int
    json: Any


class Crowd:
    """So many callers of one server.

    Args:
        port: of the server, on loopback.
        size: how many can ask at once.
    """

    def __init__(self, port: int, size: int) -> None:
        self._connections = [http.client.HTTPConnection(LOOPBACK, port, timeout=_SECONDS) for _ in range(size)]
        self._threads = ThreadPoolExecutor(size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._threads.shutdown(cancel_futures=True)
        for connection in self._connections:
            connection.close()

    def ask(self, question: Ask) -> Answer:
        """Ask alone."""
        return self.ask_at_once([question])[0]

    def ask_at_once(self, questions: Sequence[Ask]) -> list[Answer]:
        """Ask all of these at the same moment; the answers come in the order of the questions."""
        together = threading.Barrier(len(questions), timeout=_SECONDS)
        asked = [
            self._threads.submit(_ask, connection, question, together)
            for connection, question in zip(self._connections, questions, strict=False)
        ]
        assert len(asked) == len(questions), "the crowd is too small for so many questions"
        return [future.result(_SECONDS) for future in asked]


def _ask(connection: http.client.HTTPConnection, question: Ask, together: threading.Barrier) -> Answer:
    headers = {"User-Agent": _AGENT, "Accept": "application/json"}
    body = None
    if question.body is not None:
        body = json.dumps(question.body)
        headers["Content-Type"] = "application/json"
    if question.bearer is not None:
        headers["Authorization"] = f"Bearer {question.bearer}"
    together.wait()
    connection.request("GET" if body is None else "POST", question.path, body=body, headers=headers)
    response = connection.getresponse()
    content = response.read()
    return Answer(response.status, json.loads(content) if content else None)

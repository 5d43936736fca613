"""The server's whole program in this process: requests as Granian hands them over, and no socket."""

import time
from collections.abc import Mapping
from typing import Any

__all__ = ["Program", "Scope"]


class _Headers(dict[str, str]):
    """A request's headers, as Granian has them."""

    def items(self) -> Any:
        """A list."""
        return list(super().items())

    def keys(self) -> Any:
        """The same of the names."""
        return list(super().keys())

    def get(self, key: str, default: Any = None) -> Any:
        """The first value of a name."""
        return super().get(key, default)


class Scope:
    """A request but for its body, as Granian has it.

    Args:
        method: as on the request's line.
        path: decoded.
        headers: names in small letters.
        query: what stands behind the question mark, as it came.
    """

    http_version = "1.1"
    server = "127.0.0.1:8000"
    client = "127.0.0.1:50000"
    scheme = "http"
    authority: str | None = None

    def __init__(self, method: str, path: str, headers: Mapping[str, str], *, query: str = "") -> None:
        self.method = method
        self.path = path
        self.query_string = query
        self.headers: Any = _Headers(headers)


class Program:
    """The program; the environment, as it is when this is made, names its database."""

    def __init__(self) -> None:
        from keyturn_server.transport import rsgi, worker  # noqa: PLC0415 - after the environment is set

        self._application = worker.load()
        self._rsgi = rsgi

    def answer(self, scope: Scope, body: bytes) -> tuple[int, bytes]:
        """Return the status and the body of the answer.

        Raises:
            Exception: whatever the program raised.
        """
        answers: list[tuple[Any, ...]] = []
        environ = self._rsgi.environ_of(scope, body)
        environ["keyturn.arrived"] = time.perf_counter()
        self._rsgi.call(self._application, environ, lambda *answer: answers.append(answer))
        status, _, told = answers[0]
        return int(status), bytes(told)

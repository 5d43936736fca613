"""The honest clients, a process of its own: ``python -m benchmarks.soak.honest`` (:mod:`benchmarks.soak.orders`).

The first order: ``port``; ``sessions`` (their tokens); ``lanes`` (how many connections do what). Each further order:
``seconds``, and ``only`` (one kind of request, as fast as it goes). A connection sends its next request as soon as
the one before is answered; one that was answered 503 is sent again when ``Retry-After`` says so; log-ins come once a
second. A refreshed pair is the one that the others use from then on.
"""

import json
import re
import selectors
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from benchmarks.asking import percentile
from benchmarks.compare.peer import PASSWORD, USERS
from benchmarks.driving import Connection
from benchmarks.soak.orders import obey

__all__ = ["Honest"]

_ADDRESSES: Final = 200
"""That log-ins come from, so that no limit for one address is met."""
_BETWEEN_LOGINS: Final = 1.0
_PATIENCE: Final = 30.0
_RETRY_AFTER: Final = re.compile(rb"\r\nretry-after: (\d+)")


def _post(path: str, **body: str) -> bytes:
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nContent-Type: application/json"
    return f"{head}\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data


class Honest:
    """All of them.

    Args:
        order: the first one.
    """

    def __init__(self, order: dict[str, Any]) -> None:
        self._port = order["port"]
        self._pairs: list[dict[str, str]] = order["sessions"]
        self._kinds: list[str] = [kind for kind, count in order["lanes"].items() for _ in range(count)]
        numbers: Counter[str] = Counter()
        self._session_of: list[int] = []
        for kind in self._kinds:
            self._session_of.append(numbers[kind] % len(self._pairs))
            numbers[kind] += 1
        assert numbers["refresh"] == len(self._pairs), "each session is refreshed by one connection"
        self._connections = [Connection(self._port, lane) for lane in range(len(self._kinds))]
        self._logins = 0
        self._deadline = 0.0
        self._between_logins = _BETWEEN_LOGINS

    def _request(self, lane: int) -> bytes:
        pair = self._pairs[self._session_of[lane]]
        kind = self._kinds[lane]
        if kind == "refresh":
            return _post("/token/refresh/", refresh=pair["refresh"])
        if kind == "get":
            head = f"GET /home/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {pair['access']}"
            return f"{head}\r\n\r\n".encode()
        if kind == "verify":
            return _post("/token/verify/", token=pair["access"])
        # Another user from another address each time.
        self._logins += 1
        self._connections[lane].socket.close()
        address = f"127.0.2.{self._logins % _ADDRESSES + 1}"
        self._connections[lane] = Connection(self._port, lane, address=address)
        return _post("/token/", username=f"user{self._logins % (USERS - 1) + 1}", password=PASSWORD)

    def work(self, order: dict[str, Any]) -> dict[str, Any]:
        """Work for so many seconds."""
        seconds = float(order["seconds"])
        took: dict[str, list[float]] = {kind: [] for kind in self._kinds}
        refused: dict[str, Counter[str]] = {kind: Counter() for kind in self._kinds}
        processor = time.process_time()
        began = time.perf_counter()
        self._deadline = began + seconds
        only = order.get("only")
        self._between_logins = 0.0 if only else _BETWEEN_LOGINS
        due = {lane: began for lane, kind in enumerate(self._kinds) if only in {None, kind}}
        with selectors.DefaultSelector() as selector:
            while due or selector.get_map():
                now = time.perf_counter()
                for lane in [lane for lane, at in due.items() if at <= now]:
                    del due[lane]
                    request = self._request(lane)
                    connection = self._connections[lane]
                    selector.register(connection.socket, selectors.EVENT_READ, connection)
                    connection.send(request)
                wait = max(0.0, min(due.values(), default=now + _PATIENCE) - now)
                ready = selector.select(timeout=wait)
                if not ready and not due:
                    waiting = sorted(self._kinds[key.data.lane] for key in selector.get_map().values())
                    raise TimeoutError(f"no answer for {_PATIENCE} s to {', '.join(waiting)}")
                for key, _ in ready:
                    self._read(key.data, took, refused, due, selector.unregister)
        return {
            "seconds": time.perf_counter() - began,
            "processor": time.process_time() - processor,
            "kinds": {
                kind: {
                    "answers": len(times),
                    "refused": dict(refused[kind]),
                    **{f"p{share}": percentile(times, share / 100) for share in (50, 95, 99)},
                }
                for kind, times in took.items()
            },
        }

    def _read(
        self,
        connection: Connection,
        took: dict[str, list[float]],
        refused: dict[str, Counter[str]],
        due: dict[int, float],
        forget: Callable[[Any], object],
    ) -> None:
        lane, kind = connection.lane, self._kinds[connection.lane]
        again = 0.0
        try:
            read = connection.read()
        except ConnectionError:
            forget(connection.socket)
            refused[kind]["hung up"] += 1
            connection.socket.close()
            self._connections[lane] = Connection(self._port, lane)
        else:
            if read is None:
                return
            forget(connection.socket)
            head, body = read
            if head.startswith(b"http/1.1 2"):
                took[kind].append(1_000 * (time.perf_counter() - connection.sent))
                if kind == "refresh":
                    self._pairs[self._session_of[lane]] = json.loads(body)
            else:
                refused[kind][head[9:12].decode()] += 1
                told = _RETRY_AFTER.search(head)
                again = float(told[1]) if told else 0.0
        at = max(time.perf_counter() + again, connection.sent + (self._between_logins if kind == "login" else 0.0))
        if at < self._deadline:
            due[lane] = at


if __name__ == "__main__":
    obey(lambda order: Honest(order).work)

"""A closed-loop HTTP/1.1 client on loopback: a few connections, each with one request under way at any time."""

import json
import selectors
import socket
import time
import urllib.request
from collections.abc import Callable, Sequence

__all__ = ["Driver", "log_in", "wait_until"]


def wait_until(condition: Callable[[], bool], *, seconds: float) -> None:
    """Wait for a condition.

    Raises:
        TimeoutError: it did not come true in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)


def log_in(port: int, username: str, password: str) -> str:
    """Sign in on a server of ours and return the access token."""
    body = json.dumps({"username": username, "password": password}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/token/", body, {"Content-Type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        access: str = json.load(answer)["access"]
    return access


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""

    def is_answered(self) -> bool:
        """Read what is there; say whether an answer is complete, and refuse any but 200."""
        chunk = self.socket.recv(65_536)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        self.received += chunk
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return False
        if not head.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(head.split(b"\r\n", 1)[0].decode())
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
        )
        if len(body) < length:
            return False
        self.received = body[length:]
        return True


class Driver:
    """Sends requests in turn over its connections.

    Args:
        port: on loopback.
        requests: whole requests, as bytes.
        connections: kept alive from run to run.
    """

    def __init__(self, port: int, requests: Sequence[bytes], *, connections: int) -> None:
        self._requests = requests
        self._connections = [_Connection(port) for _ in range(connections)]
        self._next = 0

    def run(self, *, seconds: float) -> float:
        """Send and receive for so long.

        Returns:
            Answers a second.

        Raises:
            ConnectionError: an answer was not 200.
        """
        answered = 0
        began = time.perf_counter()
        with selectors.DefaultSelector() as selector:
            for connection in self._connections:
                selector.register(connection.socket, selectors.EVENT_READ, connection)
                self._send(connection)
            waiting = len(self._connections)
            while waiting:
                going_on = time.perf_counter() - began < seconds
                for key, _ in selector.select(timeout=10):
                    if key.data.is_answered():
                        answered += 1
                        if going_on:
                            self._send(key.data)
                        else:
                            waiting -= 1
                            selector.unregister(key.fileobj)
        return answered / (time.perf_counter() - began)

    def send(self, count: int) -> int:
        """Send so many requests over the first connection, one after the other.

        Returns:
            how many were answered: all of them.

        Raises:
            ConnectionError: an answer was not 200.
        """
        connection = self._connections[0]
        for _ in range(count):
            self._send(connection)
            while not connection.is_answered():
                pass
        return count

    def _send(self, connection: _Connection) -> None:
        connection.socket.sendall(self._requests[self._next])
        self._next = (self._next + 1) % len(self._requests)

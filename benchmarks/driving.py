"""A closed-loop HTTP/1.1 client on loopback: a few connections, each with one request under way at any time.

Bare sockets and one selector, since whatever the client burns the servers beside it on the same cores lack.
"""

import selectors
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["Connection", "Driver", "Run", "wait_until"]

_PATIENCE: Final = 30
"""Seconds without any answer after which a run is given up."""
_GOOD: Final = b"http/1.1 2"
_LAST_CHUNK: Final = b"0\r\n\r\n"


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


@dataclass(frozen=True, slots=True)
class Run:
    """What a run came to.

    Args:
        seconds: from the first request to the last answer.
        processor: seconds of processor time that this client used.
        latencies: seconds from a request's first byte to its answer's last, in the order of the answers.
    """

    seconds: float
    processor: float
    latencies: list[float]

    @property
    def answers(self) -> int:
        """How many there were."""
        return len(self.latencies)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


class Connection:
    """A kept connection with one request under way at any time.

    Args:
        port: on loopback.
        lane: its number.
        address: on loopback as well, that it comes from.
    """

    def __init__(self, port: int, lane: int, *, address: str = "127.0.0.1") -> None:
        self.lane = lane
        self.sent = 0.0
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE, source_address=(address, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def send(self, request: bytes) -> None:
        """Send a whole request."""
        self.sent = time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> tuple[bytes, bytes] | None:
        """Read what is there; return head, in small letters, and body once the answer is complete.

        Raises:
            ConnectionError: the connection was closed, or nobody can know where the answer ends.
        """
        chunk = self.socket.recv(65_536)
        if not chunk:
            raise ConnectionError(f"the server closed the connection after {self._received[:200]!r}")
        received = self._received = self._received + chunk if self._received else chunk
        end = received.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = received[:end].lower()
        at = head.find(b"\r\ncontent-length:")
        if at >= 0:
            whole = end + 4 + int(head[at + 17 :].split(b"\r\n", 1)[0])
            if len(received) < whole:
                return None
        elif b"\r\ntransfer-encoding: chunked" in head:
            if not received.endswith(_LAST_CHUNK):
                return None
        elif not head.startswith((b"http/1.1 204", b"http/1.1 205")):
            raise ConnectionError(f"neither length nor chunks: {head[:200]!r}")
        # One request at a time, so nothing of the next answer can be there yet.
        self._received = b""
        return head, received[end + 4 :]

    def answer(self) -> bytes | None:
        """Read what is there; return the whole body once it is complete.

        Raises:
            ConnectionError: the answer is not 2xx, or the connection was closed.
        """
        read = self.read()
        if read is None:
            return None
        head, body = read
        if not head.startswith(_GOOD):
            raise _refusal(head, body)
        return body


def _refusal(head: bytes, body: bytes) -> ConnectionError:
    return ConnectionError((head + b"\r\n\r\n" + body)[:600].decode("utf-8", "replace"))


class Driver:
    """Sends requests in turn over its connections; a subclass may make each from the answers before.

    Args:
        port: on loopback.
        requests: whole requests, as bytes; may be empty in a subclass that makes its own.
        connections: kept alive from run to run.
    """

    def __init__(self, port: int, requests: Sequence[bytes], *, connections: int) -> None:
        self._requests = requests
        self._connections = [Connection(port, lane) for lane in range(connections)]
        self._next = 0

    def next_request(self, lane: int) -> bytes:
        """Return what a connection, the lane, sends next."""
        del lane
        request = self._requests[self._next]
        self._next = (self._next + 1) % len(self._requests)
        return request

    def answered(self, lane: int, body: bytes) -> None:
        """Take note of an answer."""

    def refused(self, lane: int, head: bytes, body: bytes) -> None:
        """Take note of an answer that is not 2xx. It is not counted as an answer.

        Raises:
            ConnectionError: always; a subclass may know better.
        """
        del lane
        raise _refusal(head, body)

    def run(self, *, seconds: float = 0, count: int = 0) -> Run:
        """Send and receive for so long, or so often.

        Args:
            seconds: after which no request is sent any more.
            count: instead: how many requests are sent in all.

        Raises:
            ConnectionError: an answer was not 2xx.
            TimeoutError: none came for half a minute.
        """
        latencies: list[float] = []
        unsent = count or -1
        lanes = self._connections[:count] if count else self._connections
        processor = time.process_time()
        began = time.perf_counter()
        deadline = began + seconds if seconds else float("inf")
        with selectors.DefaultSelector() as selector:
            for connection in lanes:
                selector.register(connection.socket, selectors.EVENT_READ, connection)
                self._send(connection)
                unsent -= 1
            waiting = len(lanes)
            while waiting:
                ready = selector.select(timeout=_PATIENCE)
                if not ready:
                    raise TimeoutError(f"no answer for {_PATIENCE} s")
                for key, _ in ready:
                    connection = key.data
                    read = connection.read()
                    if read is None:
                        continue
                    head, body = read
                    now = time.perf_counter()
                    if head.startswith(_GOOD):
                        latencies.append(now - connection.sent)
                        self.answered(connection.lane, body)
                    else:
                        self.refused(connection.lane, head, body)
                    if now < deadline and unsent:
                        self._send(connection)
                        unsent -= 1
                    else:
                        waiting -= 1
                        selector.unregister(connection.socket)
        return Run(time.perf_counter() - began, time.process_time() - processor, latencies)

    def send(self, count: int) -> int:
        """Send so many requests over the first connection, one after the other.

        Returns:
            how many were answered: all of them.

        Raises:
            ConnectionError: an answer was not 2xx.
        """
        connection = self._connections[0]
        for _ in range(count):
            self._send(connection)
            while (body := connection.answer()) is None:
                pass
            self.answered(0, body)
        return count

    def close(self) -> None:
        """Hang up."""
        for connection in self._connections:
            connection.socket.close()

    def _send(self, connection: Connection) -> None:
        connection.send(self.next_request(connection.lane))

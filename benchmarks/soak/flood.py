"""The flood, a process of its own: ``python -m benchmarks.soak.flood`` (:mod:`benchmarks.soak.orders`).

The first order: ``port``, ``connections``, ``bait``, ``seed``. Each further order: ``seconds``. Every connection sends
the next request of the catalogue, in an order by chance, as soon as the one before is answered or was hung up on.
"""

import random
import selectors
import socket
import time
from collections import Counter
from contextlib import suppress
from typing import Any, Final

from benchmarks.soak.malformed import Bait, Malformed, catalogue
from benchmarks.soak.orders import obey

__all__ = ["Flood"]

_ADDRESSES: Final = 8
"""That the flood comes from."""
_PATIENCE: Final = 10.0
"""Seconds without an answer after which a connection is given up."""
_BODILESS: Final = ("204", "205", "304")


class _Attacker:
    """One connection: what is under way on it."""

    def __init__(self, port: int, number: int) -> None:
        self._port = port
        self._address = f"127.0.1.{number % _ADDRESSES + 1}"
        self.socket: socket.socket | None = None
        self.sent = 0.0
        self._rest = memoryview(b"")
        self._received = b""
        self.request: Malformed | None = None

    def begin(self, request: Malformed) -> socket.socket:
        """Take the next request on, over the connection that is there or a new one."""
        if self.socket is None:
            self.socket = socket.socket()
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.bind((self._address, 0))
            self.socket.setblocking(False)
            # Under way, or refused: writing will tell.
            self.socket.connect_ex(("127.0.0.1", self._port))
        self.request, self._rest, self._received = request, memoryview(request.data), b""
        self.sent = time.perf_counter()
        return self.socket

    def write(self) -> bool:
        """Send what goes; whether there is more."""
        assert self.socket is not None
        assert self.request is not None
        try:
            while self._rest:
                self._rest = self._rest[self.socket.send(self._rest) :]
        except BlockingIOError:
            return True
        except OSError:
            # Refused before it was read; the answer may be there all the same.
            self._rest = memoryview(b"")
        if not self.request.is_whole:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
        return False

    def read(self) -> str | None:
        """Read what is there; the status once the answer is complete or was cut off, "none" where there is none."""
        assert self.socket is not None
        assert self.request is not None
        try:
            chunk = self.socket.recv(65_536)
        except BlockingIOError:
            return None
        except OSError:
            chunk = b""
        self._received += chunk
        head, found, body = self._received.partition(b"\r\n\r\n")
        status = head[9:12].decode("latin-1") if head.startswith(b"HTTP/") else "none"
        if not chunk:
            self.close()
            return status
        if not found:
            return None
        lines = head.lower()
        at = lines.find(b"\r\ncontent-length:")
        if at >= 0:
            is_complete = len(body) >= int(lines[at + 17 :].split(b"\r\n", 1)[0])
        elif b"\r\ntransfer-encoding: chunked" in lines:
            is_complete = body.endswith(b"0\r\n\r\n")
        else:
            is_complete = status in _BODILESS
        # No answer to HEAD has the body whose length it tells.
        if not is_complete and not self.request.data.startswith(b"HEAD "):
            return None
        if self._rest or not self.request.is_whole or b"\r\nconnection: close" in lines:
            self.close()
        return status

    def close(self) -> None:
        """Hang up."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


class Flood:
    """All of it.

    Args:
        order: the first one.
    """

    def __init__(self, order: dict[str, Any]) -> None:
        self._requests = list(catalogue(Bait(**order["bait"])))
        random.Random(order["seed"]).shuffle(self._requests)  # noqa: S311 - a run is to be the same with the same seed
        self._next = 0
        self._attackers = [_Attacker(order["port"], number) for number in range(order["connections"])]

    def work(self, order: dict[str, Any]) -> dict[str, Any]:
        """Go on for so many seconds, then hang up."""
        statuses: Counter[str] = Counter()
        worst: Counter[str] = Counter()
        processor = time.process_time()
        began = time.perf_counter()
        deadline = began + float(order["seconds"])
        sent_bytes = 0
        with selectors.DefaultSelector() as selector:

            def begin(attacker: _Attacker) -> None:
                nonlocal sent_bytes
                request = self._requests[self._next]
                self._next = (self._next + 1) % len(self._requests)
                sent_bytes += len(request.data)
                peer = attacker.begin(request)
                more = attacker.write()
                selector.register(peer, selectors.EVENT_READ | (selectors.EVENT_WRITE if more else 0), attacker)

            for attacker in self._attackers:
                begin(attacker)
            checked = began
            while (now := time.perf_counter()) < deadline:
                for key, events in selector.select(timeout=0.2):
                    attacker = key.data
                    if events & selectors.EVENT_WRITE and not attacker.write():
                        selector.modify(key.fileobj, selectors.EVENT_READ, attacker)
                    if events & selectors.EVENT_READ:
                        status = attacker.read()
                        if status is not None:
                            self._note(status, attacker, statuses, worst)
                            selector.unregister(key.fileobj)
                            begin(attacker)
                if now > checked + 1:
                    checked = now
                    for key in list(selector.get_map().values()):
                        if now - key.data.sent > _PATIENCE:
                            self._note("silence", key.data, statuses, worst)
                            selector.unregister(key.fileobj)
                            key.data.close()
                            begin(key.data)
        for attacker in self._attackers:
            attacker.close()
        return {
            "seconds": time.perf_counter() - began,
            "processor": time.process_time() - processor,
            "requests": statuses.total(),
            "catalogue": len(self._requests),
            "megabytes": sent_bytes / 1e6,
            "statuses": dict(statuses),
            "worst": dict(worst),
        }

    @staticmethod
    def _note(status: str, attacker: _Attacker, statuses: Counter[str], worst: Counter[str]) -> None:
        statuses[status] += 1
        if (status.startswith("5") and status != "503") or status == "silence":
            assert attacker.request is not None
            worst[f"{status} to {attacker.request.group}: {attacker.request.data[:120]!r}"] += 1


if __name__ == "__main__":
    obey(lambda order: Flood(order).work)

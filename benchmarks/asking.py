"""HTTP/1.1 requests to loopback from one event loop, each timed on the clock that PostgreSQL here has too."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

__all__ = ["NO_ANSWER", "Answer", "Channel", "paced", "percentile", "request"]

NO_ANSWER: Final = 0
"""In place of a status: the connection broke, could not be made, or the patience was over."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Args:
        status: of HTTP, or ``NO_ANSWER``.
        sent: when the request began to be sent, seconds since 1970.
        received: when the answer was complete, or given up.
        headers: with small letters; of one that came several times, such as Set-Cookie, a line each.
        body: as it came.
    """

    status: int
    sent: float
    received: float
    headers: dict[str, str]
    body: bytes


def request(method: str, path: str, *, token: str | None = None, body: bytes = b"") -> bytes:
    """A whole request with an optional bearer token and JSON body."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines.append("Content-Type: application/json")
    if body or method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class Channel:
    """A kept connection with one request under way at any time; made anew after it broke.

    Args:
        port: on loopback.
        patience: seconds for one answer.
    """

    def __init__(self, port: int, *, patience: float = 10.0) -> None:
        self._port = port
        self._patience = patience
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def open(self) -> None:
        """Connect, unless connected.

        Raises:
            OSError: nobody listens.
        """
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self, raw: bytes, *, patience: float | None = None) -> Answer:
        """Send a request and wait for its answer. What goes wrong is an answer with the status ``NO_ANSWER``.

        Args:
            raw: the whole request.
            patience: seconds for this one answer.
        """
        sent = time.time()
        try:
            async with asyncio.timeout(self._patience if patience is None else patience):
                await self.open()
                assert self._streams is not None
                reader, writer = self._streams
                sent = time.time()
                writer.write(raw)
                status, headers, body = await _read(reader)
        except (OSError, EOFError, TimeoutError, ValueError):
            self.close()
            return Answer(NO_ANSWER, sent, time.time(), {}, b"")
        received = time.time()
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, sent, received, headers, body)

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            with suppress(OSError, RuntimeError):
                self._streams[1].close()
            self._streams = None


async def _read(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip("\r\n").split("\r\n")
    headers: dict[str, str] = {}
    for name, _, value in (line.partition(":") for line in lines):
        before = headers.get(name.strip().lower())
        headers[name.strip().lower()] = value.strip() if before is None else f"{before}\n{value.strip()}"
    status = int(first.split(" ", 2)[1])
    if "chunked" in headers.get("transfer-encoding", ""):
        body = b""
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)
        return status, headers, body
    length = int(headers.get("content-length", 0))
    return status, headers, await reader.readexactly(length) if length else b""


async def paced(turn: Callable[[], Awaitable[object]], *, rate: float, until: asyncio.Event) -> None:
    """Take turns one after the other, so many a second; of what is late, one second's is made up for."""
    due = time.monotonic()
    while not until.is_set():
        await turn()
        due = max(due + 1 / rate, time.monotonic() - 1)
        await asyncio.sleep(max(0.0, due - time.monotonic()))


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of all reaches at most; not a number where there is none."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)] if ordered else float("nan")

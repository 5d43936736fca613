"""A proxy on loopback that loses things: requests before they arrive, replies after, whole connections on demand.

    python -m benchmarks.faults.dropping --listen 8001 --upstream 8000 --seed 1 --lose 0.05

So many replies are lost, and a quarter as many requests besides. Half of the losses are silent: the client waits until
it gives up; in the other half the connection breaks. SIGUSR1 cuts all connections at once. After each cut and at its
end it prints its counts as a line of JSON.
"""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
from collections import Counter
from random import Random
from typing import Final

__all__ = ["DroppingProxy", "main"]

_REQUESTS: Final = 0.25
"""Lost requests for each lost reply."""
_LIMIT: Final = 1 << 20


class DroppingProxy:
    """Passes HTTP/1.1 on, request by request.

    Args:
        upstream: the port on loopback that requests are passed on to.
        lose: the share of replies that are lost.
        rng: decides which.
    """

    def __init__(self, upstream: int, *, lose: float, rng: Random) -> None:
        self._upstream = upstream
        self._lose = lose
        self._rng = rng
        self._open: set[asyncio.StreamWriter] = set()
        self.counts: Counter[str] = Counter(
            {"exchanges": 0, "requests lost": 0, "replies lost": 0, "connections cut": 0}
        )

    def cut(self) -> None:
        """Break every connection, of both sides."""
        for writer in tuple(self._open):
            self.counts["connections cut"] += 1
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Look after one client's connection."""
        self._open.add(writer)
        behind: asyncio.StreamWriter | None = None
        try:
            answers, behind = await asyncio.open_connection("127.0.0.1", self._upstream, limit=_LIMIT)
            self._open.add(behind)
            while True:
                request = await _message(reader)
                self.counts["exchanges"] += 1
                luck = self._rng.random()
                is_lost = luck < self._lose
                if self._lose <= luck < self._lose * (1 + _REQUESTS):
                    self.counts["requests lost"] += 1
                    await self._break(reader)
                    return
                behind.write(request)
                answer = await _message(answers, to=request)
                if is_lost:
                    self.counts["replies lost"] += 1
                    await self._break(reader)
                    return
                writer.write(answer)
                await writer.drain()
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            # One side has gone, or says what is no HTTP: so goes the other.
            pass
        finally:
            for each in (writer, behind):
                if each is not None:
                    self._open.discard(each)
                    each.close()

    async def _break(self, reader: asyncio.StreamReader) -> None:
        """At once, or by saying nothing until the client goes."""
        if self._rng.random() < 0.5:
            with contextlib.suppress(OSError):
                while await reader.read(_LIMIT):
                    pass


async def _message(reader: asyncio.StreamReader, *, to: bytes | None = None) -> bytes:
    """Read a whole request, or the whole answer to one.

    Raises:
        EOFError: there is none.
        ValueError: its length is not said in a way that this proxy knows.
    """
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    lengths = [int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")]
    if lengths:
        return head + await reader.readexactly(lengths[0])
    if any(line.startswith(b"transfer-encoding:") for line in lines):
        return head + await _chunks(reader)
    is_empty = to is None or b" 204" in lines[0] or b" 205" in lines[0] or b" 304" in lines[0] or to.startswith(b"HEAD")
    if not is_empty:
        raise ValueError("neither a length nor chunks")
    return head


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        size = await reader.readuntil(b"\r\n")
        rest = await reader.readexactly(int(size.split(b";")[0], 16) + 2)
        body += size + rest
        if len(rest) == 2:
            return body


async def _run(given: argparse.Namespace) -> None:
    proxy = DroppingProxy(given.upstream, lose=given.lose, rng=Random(given.seed))  # noqa: S311 - decides what is lost
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def cut() -> None:
        proxy.cut()
        print(json.dumps(proxy.counts), flush=True)

    loop.add_signal_handler(signal.SIGUSR1, cut)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", given.listen, limit=_LIMIT, backlog=1024)
    await stop.wait()
    server.close()
    proxy.cut()
    print(json.dumps(proxy.counts), flush=True)


def main() -> int:
    """Serve until SIGTERM."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--listen", type=int, required=True)
    options.add_argument("--upstream", type=int, required=True)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--lose", type=float, default=0.05)
    asyncio.run(_run(options.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A server behind a proxy that hangs up instead of answering, after it has handed the request on."""

import http.client
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.services.ports import LOOPBACK

__all__ = ["Breaking", "breaking"]


@dataclass
class Breaking:
    """What reached it."""

    port: int = 0
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def breaking(behind: int | None) -> Iterator[Breaking]:
    """Listen on a port of its own.

    Args:
        behind: the port of the server that gets each request and whose answers are lost; None: nobody gets it.
    """
    told = Breaking()

    class Handler(BaseHTTPRequestHandler):
        def lose(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            told.seen.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}))
            if behind is not None:
                real = http.client.HTTPConnection(LOOPBACK, behind, timeout=30)
                real.request(self.command, self.path, body=body, headers=dict(self.headers.items()))
                real.getresponse().read()
                real.close()
            self.close_connection = True

        do_GET = do_POST = lose  # noqa: N815 - the names that http.server looks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with _Server((LOOPBACK, 0), Handler) as server:
        told.port = int(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join(10)

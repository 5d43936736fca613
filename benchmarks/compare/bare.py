"""``python -m benchmarks.compare.bare PORT``: answers everything with one fixed reply, as cheaply as Python can.

What the driver reaches here, beside a server that does nothing, is the most it could ever measure.
"""

import selectors
import socket
import sys
from typing import Final

__all__: list[str] = []

_BODY: Final = b'{"access":"%s","refresh":"%s"}' % (b"a" * 500, b"r" * 300)
_REPLY: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_BODY)
) + _BODY


def main() -> None:
    """Serve until stopped."""
    with selectors.DefaultSelector() as selector, socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
        selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is listener:
                    connection, _ = listener.accept()
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    selector.register(connection, selectors.EVENT_READ, connection)
                # The driver sends a request whole, and the next one after the answer.
                elif key.data.recv(65_536):
                    key.data.sendall(_REPLY)
                else:
                    selector.unregister(key.data)
                    key.data.close()


if __name__ == "__main__":
    main()

"""The address a server listens on: finding it free, and noticing when connections are accepted there."""

import contextlib
import errno
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["Address", "announce", "find_free", "listener"]

# Seconds for which a client may take nothing of an answer, or confirm nothing: longer than a proxy waits for its own.
_SILENCE: Final = 90.0


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        """As it stands in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def find_free(host: str, port: int) -> Address:
    """Return the address to listen on, with a free port where ``port`` is 0.

    Granian lets several servers share a port, so a second one started by mistake would take a part of the requests.
    Binding it here, without that option, notices.

    Raises:
        OSError: it cannot be listened on; the text says what to do.
    """
    try:
        family, _, _, _, resolved = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise OSError(f"--host {host!r} is no address of this machine") from None
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # A connection that ended a moment ago does not count as a listener.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(resolved)
            probe.listen(1)
        except OSError as error:
            reasons = {
                errno.EADDRINUSE: f"port {port} is taken by another program; choose another one, as in PORT={port + 1}",
                errno.EACCES: f"port {port} needs privileges; choose one above 1023, as in PORT=8000",
                errno.EADDRNOTAVAIL: f"--host {host!r} is no address of this machine",
            }
            raise OSError(reasons.get(error.errno or 0, f"cannot listen on {host}:{port}: {error.strerror}")) from None
        bound = probe.getsockname()
    return Address(host=str(bound[0]), port=int(bound[1]))


def listener(address: Address, *, silence: float = _SILENCE) -> socket.socket:
    """Return a socket bound to an address that several processes share: the kernel deals connections out to them.

    It is not listened on yet, so no connection waits for a process that is still starting.

    Args:
        address: where to listen.
        silence: seconds after which a connection is ended whose client reads nothing of what was sent to it.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    # Accepted connections take it over: an answer never waits for the acknowledgement of the one before.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # tcp(7): data that stays unread or unconfirmed for so long ends the connection, and with it what the answer
        # holds in memory.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(silence * 1000))
    made.bind((address.host, address.port))
    return made


def announce(address: Address, ready: Callable[[], None]) -> threading.Event:
    """Call ``ready`` from a thread once ``address`` accepts connections. Setting the returned event gives up."""
    stop = threading.Event()
    # Every address of the machine is reached by its loopback one.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address.host, address.host)  # noqa: S104 - compared, not bound

    def wait() -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError), socket.create_connection((host, address.port), timeout=5):
                ready()
                return
            stop.wait(0.05)

    threading.Thread(target=wait, name="keyturn-ready", daemon=True).start()
    return stop

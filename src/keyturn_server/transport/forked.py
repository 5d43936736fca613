"""A worker process as its server sees it: what Granian asks of Python's own processes, of one by its id."""

import contextlib
import os
import select
import signal
import socket
from collections.abc import Callable
from typing import Final

__all__ = ["Forked", "NotStartedError", "is_said_to_be_ready", "tell_id", "tell_ready"]

# Seconds until the program has to be loaded.
_PATIENCE: Final = 60.0
# What a worker says: four bytes with its id, and one once it takes requests.
_ID: Final = 4
_READY: Final = b"+"


class NotStartedError(Exception):
    """A worker could not be started: the program does not load, or the system has no room for a process."""


def tell_id(telling: socket.socket) -> None:
    """Tell the server, in a new worker, which process it is."""
    # A server that is gone is noticed elsewhere (keyturn_server.signals).
    with contextlib.suppress(OSError):
        telling.sendall(os.getpid().to_bytes(_ID, "big"))


def tell_ready(telling: socket.socket) -> None:
    """Tell the server that this worker takes requests."""
    with contextlib.suppress(OSError):
        telling.sendall(_READY)


def is_said_to_be_ready(told: socket.socket, *, within: float) -> bool:
    """Whether a worker has told that it takes requests.

    Args:
        told: where it tells.
        within: seconds to wait for that.
    """
    try:
        told.settimeout(within)
        return told.recv(1, socket.MSG_PEEK) == _READY
    except OSError:
        return False


class Forked:
    """A child process that somebody else has forked.

    Args:
        make: has it made; returns the socket on which it tells of itself. May raise :class:`NotStartedError`.

    Attributes:
        pid: its id, once it was started.
    """

    def __init__(self, make: Callable[[], socket.socket]) -> None:
        self.pid: int | None = None
        self._make = make
        self._told: socket.socket | None = None
        self._handle: int | None = None

    def start(self) -> None:
        """Have it made.

        Raises:
            NotStartedError: that did not succeed.
        """
        told = self._told = self._make()
        told.settimeout(_PATIENCE)
        try:
            said = told.recv(_ID, socket.MSG_WAITALL)
        except OSError as error:
            self._hang_up()
            raise NotStartedError from error
        if len(said) < _ID:
            self._hang_up()
            raise NotStartedError
        self.pid = int.from_bytes(said, "big")
        # No other process gets the id before this one has been waited for.
        self._handle = os.pidfd_open(self.pid)

    def is_ready(self, *, within: float) -> bool:
        """Whether it takes requests, or does so within that many seconds."""
        return self._told is not None and is_said_to_be_ready(self._told, within=within)

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._handle is not None and not self._has_ended(within=0)

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended.

        Args:
            timeout: seconds to wait at most; None: as long as it takes.
        """
        if self._handle is not None:
            self._has_ended(within=timeout)

    def terminate(self) -> None:
        """Tell it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._send(signal.SIGKILL)

    def _has_ended(self, *, within: float | None) -> bool:
        assert self._handle is not None
        waiting = select.poll()
        waiting.register(self._handle, select.POLLIN)
        if not waiting.poll(None if within is None else within * 1000):
            return False
        # Another thread may have been told of its end before; nothing is made of how it ended.
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PIDFD, self._handle, os.WEXITED | os.WNOHANG)
        self._hang_up()
        return True

    def _hang_up(self) -> None:
        if self._told is not None:
            self._told.close()

    def _send(self, what: signal.Signals) -> None:
        if self._handle is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, what)

    def __del__(self) -> None:
        if self._handle is not None:
            os.close(self._handle)

"""Worker processes that load the program by themselves, on systems without what a mould takes."""

import contextlib
import multiprocessing
import socket

from keyturn_server.transport.forked import NotStartedError, is_said_to_be_ready
from keyturn_server.transport.working import Orders, load_all, work

__all__ = ["Spawned", "Spawner"]


class Spawned:
    """A worker process, with the manners of :class:`~keyturn_server.transport.forked.Forked`.

    Args:
        number: of the worker, from 1.
        listener: its bound socket.
        orders: what it is to do.
    """

    def __init__(self, number: int, listener: socket.socket, orders: Orders) -> None:
        self._told, self._telling = socket.socketpair()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_be_a_worker, args=(number, listener, self._telling, orders))

    @property
    def pid(self) -> int | None:
        """Its id, once it was started."""
        return self._process.pid

    def start(self) -> None:
        """Start it.

        Raises:
            NotStartedError: the system has no room for a process.
        """
        try:
            with self._telling:
                self._process.start()
        except OSError as error:
            raise NotStartedError from error

    def is_ready(self, *, within: float) -> bool:
        """Whether it takes requests, or does so within that many seconds."""
        return is_said_to_be_ready(self._told, within=within)

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_alive()

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended, so many seconds at most."""
        self._process.join(timeout)

    def terminate(self) -> None:
        """Tell it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it."""
        self._process.kill()


class Spawner:
    """Makes workers as a :class:`~keyturn_server.transport.mould.Mould` does.

    Args:
        orders: what the workers are to do.
    """

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    def worker(self, number: int, listener: socket.socket) -> Spawned:
        """Return a worker that can be started."""
        return Spawned(number, listener, self._orders)

    def end(self) -> None:
        """There is nothing to end."""


def _be_a_worker(number: int, listener: socket.socket, telling: socket.socket, orders: Orders) -> None:
    load_all()
    with contextlib.closing(telling):
        work(number, listener, telling, orders)

"""A process that has loaded the program and serves nobody: workers are forked from it, and share what it has in memory.

Loaded by itself, each worker would have some 80 MB of code that is the same in all of them. The server process cannot
be forked once it has threads; this one never has any. It is forked from the server process as long as that has none
either, and has loaded the program for its checks; for new code it is a process of its own (docs/adr/0046).
"""

import atexit
import contextlib
import ctypes
import gc
import multiprocessing
import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Final, NoReturn

from keyturn_server.program import serve_from_here
from keyturn_server.transport.forked import Forked, NotStartedError, tell_id
from keyturn_server.transport.working import Orders, load_all, work

__all__ = ["Mould"]

# What ps calls them; 15 characters at most (proc(5), "comm").
_WORKER: Final = "keyturn-worker"
_MOULD: Final = "keyturn-mould"
# prctl(2): whoever loses its parent becomes a child of this process. mallopt(3): how many pools of memory there may be.
_PR_SET_CHILD_SUBREAPER: Final = 36
_M_ARENA_MAX: Final = -8
# More than a worker has threads: the C library would otherwise let some of them share the memory of the one that
# hashes, and tear holes into it.
_MOST_ARENAS: Final = 512
# Seconds that a mould may take to notice that nobody wants it any more.
_LAST_PATIENCE: Final = 5.0


class Mould:
    """One mould, and the way to have workers made from it.

    Args:
        orders: what the workers are to do.
    """

    def __init__(self, orders: Orders) -> None:
        # A worker is made by a process that ends at once, and becomes a child of this one.
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        is_alone = len(list(Path("/proc/self/task").iterdir())) == 1
        context = multiprocessing.get_context("fork") if is_alone else multiprocessing.get_context("spawn")
        if is_alone:
            _settle()
        arguments = (theirs, self._ours if is_alone else None, orders)
        self._process = context.Process(name=_MOULD, target=_be_a_mould, args=arguments)
        self._process.start()
        theirs.close()

    def worker(self, number: int, listener: socket.socket) -> Forked:
        """Return a worker that can be started.

        Args:
            number: of the worker, from 1.
            listener: its bound socket.
        """

        def make() -> socket.socket:
            told, telling = socket.socketpair()
            with telling:
                try:
                    socket.send_fds(self._ours, [bytes([number])], [listener.fileno(), telling.fileno()])
                except OSError as error:
                    told.close()
                    raise NotStartedError from error
            return told

        return Forked(make)

    def end(self) -> None:
        """End it. Workers go on."""
        self._ours.close()
        self._process.join(_LAST_PATIENCE)
        if self._process.is_alive():
            # It has nothing to lose.
            self._process.kill()
            self._process.join()


def _be_a_mould(asked: socket.socket, not_ours: socket.socket | None, orders: Orders) -> None:
    """Load the program, and fork workers for as long as the server process may want some."""
    _be_called(_MOULD)
    if not_ours is not None:
        # Open here, it would keep us from noticing that the server process has ended.
        not_ours.close()
    libc = ctypes.CDLL(None)
    # Other libraries of C have other ways.
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, _MOST_ARENAS)
    serve_from_here()
    load_all()
    _settle()
    while True:
        try:
            said, fds, _, _ = socket.recv_fds(asked, 1, 2)
        except OSError:
            return
        if not said:
            return
        listener, telling = (socket.socket(fileno=fd) for fd in fds)
        with listener, telling:
            _fork(said[0], listener, telling, asked, orders)


def _fork(number: int, listener: socket.socket, telling: socket.socket, asked: socket.socket, orders: Orders) -> None:
    """Make a worker that is a child of the server process: its parent ends at once."""
    sys.stdout.flush()
    sys.stderr.flush()
    between = os.fork()
    if between:
        os.waitpid(between, 0)
        return
    between = os.getpid()
    try:
        if os.fork():
            os._exit(0)
        _be_called(_WORKER)
        asked.close()
        while os.getppid() == between:
            time.sleep(0.001)
        tell_id(telling)
        work(number, listener, telling, orders)
    except BaseException:  # noqa: BLE001 - nothing of the mould's may go on here
        sys.excepthook(*sys.exc_info())
        _leave(1)
    _leave(0)


def _settle() -> None:
    """Have the collector never look again at what there is: it would write into memory that is shared after a fork."""
    gc.collect()
    gc.freeze()


def _leave(code: int) -> NoReturn:
    """End this process as Python does: with its threads, and with what was to be done at the end."""
    with contextlib.suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined] # noqa: SLF001 - as multiprocessing does in a fork
        atexit._run_exitfuncs()  # noqa: SLF001 - as said
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _be_called(name: str) -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(name, encoding="ascii")

"""Stopping in order.

Ctrl-C in a terminal, and a service manager that stops a whole group, signal the server and its workers at once; the
server then signals its workers too. Granian's workers often hang when two of these meet. So no process acts on a signal
by itself: all are blocked, inherited so by the workers from their first instant, and a thread takes the first one and
leaves the rest. The server stops for any of them, a worker for SIGTERM only.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import resource_tracker
from typing import Final

__all__ = ["block", "obey", "obey_parent"]

# A closed terminal (SIGHUP) stops the server; it would otherwise run on unseen and hold the port.
_STOP: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
_RENEW: Final = signal.SIGUSR2
# Seconds the server has to learn that its workers are being stopped before one ends; it would call that a failure.
_HEAD_START: Final = 0.5


def block() -> None:
    """Block the signals that are acted on, in this thread and in all threads and processes that it starts."""
    # Started by the first worker's start, this helper process of Python's would unblock the signals again.
    resource_tracker.ensure_running()
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP | {_RENEW})


def obey(stop: Callable[[], None], *, renew: Callable[[], None] = lambda: None) -> None:
    """Call ``stop``, from a thread, at the first signal to stop. To be called in the main thread, before any worker.

    Args:
        stop: ends the server.
        renew: has workers that are started now take the place of those there are; called at each SIGUSR2.
    """
    block()
    # Whoever started us with nohup wants a closed terminal to change nothing: blocked for good, it does not.
    ignored = {signal.SIGHUP} if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else set()

    def wait() -> None:
        while signal.sigwait((_STOP - ignored) | {_RENEW}) == _RENEW:
            renew()
        stop()

    threading.Thread(target=wait, name="keyturn-signals", daemon=True).start()


def obey_parent(stop: Callable[[], None]) -> None:
    """Stop this worker at the first SIGTERM, and end it when its parent is gone. Signals are blocked already.

    Args:
        stop: called once, from a thread.
    """
    # Known since the spawn: the server may have been killed by now, and this process have another parent.
    server = multiprocessing.parent_process()
    parent = os.getppid() if server is None or server.pid is None else server.pid
    threading.Thread(target=_wait_to_stop, args=(parent, stop), name="keyturn-signals", daemon=True).start()
    threading.Thread(target=_outlive_nobody, args=(parent,), name="keyturn-parent", daemon=True).start()


def _wait_to_stop(parent: int, stop: Callable[[], None]) -> None:
    if _sender_of_next() != parent:
        time.sleep(_HEAD_START)
    stop()


def _sender_of_next() -> int | None:
    """Wait for SIGTERM and return the process that sent it, or None where that cannot be known (macOS)."""
    if hasattr(signal, "sigwaitinfo"):
        return signal.sigwaitinfo({signal.SIGTERM}).si_pid
    signal.sigwait({signal.SIGTERM})
    return None


def _outlive_nobody(parent: int) -> None:
    """End with the parent: killed, it could say nothing, and this worker would go on holding the port."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)

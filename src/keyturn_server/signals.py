"""Stopping in order.

Ctrl-C in a terminal, and a service manager that stops a whole group, signal the server and its workers at once; the
server then signals its workers too. Granian's workers often hang when two of these meet. So no process acts on a signal
by itself: all are blocked, inherited so by the workers from their first instant, and a thread takes them one by one.
The server stops for any of them, a worker only for its server's.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import resource_tracker
from typing import Final

__all__ = ["obey", "obey_parent"]

# A closed terminal (SIGHUP) stops the server; it would otherwise run on unseen and hold the port.
_STOP: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
# Seconds.
_INTERVAL: Final = 0.05


def obey(stop: Callable[[], None]) -> None:
    """Call ``stop``, from a thread, at the first signal to stop. To be called in the main thread, before any worker."""
    # Started by the first worker's start, this helper process of Python's would unblock the signals again.
    resource_tracker.ensure_running()
    # Whoever started us with nohup wants a closed terminal to change nothing: blocked for good, it does not.
    ignored = {signal.SIGHUP} if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else set()
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)

    def wait() -> None:
        signal.sigwait(_STOP - ignored)
        stop()

    threading.Thread(target=wait, name="keyturn-signals", daemon=True).start()


def obey_parent() -> None:
    """Stop this worker when its parent says so, and end it when its parent is gone. Signals are blocked already."""
    parent = os.getppid()
    threading.Thread(target=_wait_for_parent, args=(parent,), name="keyturn-signals", daemon=True).start()
    threading.Thread(target=_outlive_nobody, args=(parent,), name="keyturn-parent", daemon=True).start()


def _wait_for_parent(parent: int) -> None:
    while _sender_of_next(parent) != parent:
        pass
    # Granian installs its handler when the application is loaded; it sets an event, which any thread may do.
    handler = signal.getsignal(signal.SIGTERM)
    while not callable(handler):
        time.sleep(_INTERVAL)
        handler = signal.getsignal(signal.SIGTERM)
    handler(signal.SIGTERM, None)


def _sender_of_next(parent: int) -> int:
    """Wait for SIGTERM and return the process that sent it."""
    if hasattr(signal, "sigwaitinfo"):
        return signal.sigwaitinfo({signal.SIGTERM}).si_pid
    # macOS cannot tell; every SIGTERM counts there.
    signal.sigwait({signal.SIGTERM})
    return parent


def _outlive_nobody(parent: int) -> None:
    """A parent that was killed could say nothing, and this worker would go on holding the port."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)

"""Stopping in order.

Ctrl-C in a terminal, and a service manager that stops a whole group, signal the server and its workers at once; the
server then signals its workers too. Granian's workers often hang when two of these meet. So no process acts on a signal
by itself: all are blocked, inherited so by the workers from their first instant, and a thread takes the first one and
leaves the rest. The server stops for any of them, a worker for SIGTERM only.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import resource_tracker
from typing import Final

__all__ = ["obey", "obey_parent"]

# A closed terminal (SIGHUP) stops the server; it would otherwise run on unseen and hold the port.
_STOP: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
# Seconds between two looks for something that has not happened yet.
_INTERVAL: Final = 0.05
# Seconds the server has to learn that its workers are being stopped before one ends; it would call that a failure.
_HEAD_START: Final = 0.5
# Granian misses a stop that comes while it starts. A worker not older than _NEW seconds waits for it _PATIENCE seconds,
# which also is what a request under way gets then.
_NEW: Final = 10.0
_PATIENCE: Final = 2.0


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
    """Stop this worker at the first SIGTERM, and end it when its parent is gone. Signals are blocked already."""
    parent = os.getppid()
    threading.Thread(target=_wait_to_stop, args=(parent, time.monotonic()), name="keyturn-signals", daemon=True).start()
    threading.Thread(target=_outlive_nobody, args=(parent,), name="keyturn-parent", daemon=True).start()


def _wait_to_stop(parent: int, began: float) -> None:
    if _sender_of_next() != parent:
        time.sleep(_HEAD_START)
    handler = _granians_handler()
    is_new = time.monotonic() - began < _NEW
    handler()
    if is_new:
        time.sleep(_PATIENCE)
        os._exit(0)


def _granians_handler() -> Callable[[], None]:
    """Wait for what Granian installs once the application is loaded: it sets an event, which any thread may do.

    Another library may have installed a handler of its own before, to flush something when the process is told to end.
    """
    while True:
        handler = signal.getsignal(signal.SIGTERM)
        if callable(handler) and (getattr(handler, "__module__", None) or "").partition(".")[0] == "granian":
            return partial(handler, signal.SIGTERM, None)
        time.sleep(_INTERVAL)


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

"""The server process: it holds the listening sockets and keeps worker processes at work behind them.

Granian's own does the keeping. Here its workers are ours, and its sockets are handed from a worker to the one that
takes its place: connections that wait in one are served by the next worker instead of being reset.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from socket import socket
from typing import Any, Final

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import MPServer
from granian.server.mp import WorkerProcess

from keyturn_server.observing import metrics
from keyturn_server.transport.forked import NotStartedError
from keyturn_server.transport.mould import Mould
from keyturn_server.transport.spawned import Spawner

__all__ = ["Supervisor"]

_log: Final = logging.getLogger(__name__)

# Seconds a new worker has to be ready before the old one is kept, and between two looks.
_PATIENCE: Final = 60.0
_LOOK_EVERY: Final = 0.05


Maker = Mould | Spawner


class _Worker(WorkerProcess):  # type: ignore[misc] # it has no types
    """A worker process of ours, in Granian's keeping."""

    def __init__(self, parent: Any, number: int, listener: socket, maker: Maker) -> None:
        self._maker = maker
        super().__init__(parent, number, None, listener)

    def _spawn(self, target: None, args: socket) -> None:
        self.inner = self._maker.worker(self.idx + 1, args)

    def _watch(self) -> None:
        self.watcher = threading.Thread(target=self._watcher, name="keyturn-watcher")
        self.watcher.start()


class Supervisor(MPServer):  # type: ignore[misc] # it has no types
    """Serves until told to stop.

    Args:
        listeners: opens a bound socket, once for each worker and again for one that died.
        workers: how many.
        maker: returns what makes workers, of the code that lies on the disk then.
        stop_seconds: how long a worker may take to end.
        logging_configuration: for the standard library.
    """

    def __init__(
        self,
        listeners: Callable[[], socket],
        *,
        workers: int,
        maker: Callable[[], Maker],
        stop_seconds: int,
        logging_configuration: dict[str, Any],
    ) -> None:
        super().__init__(
            "keyturn_server.wsgi:application",
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=1,
            websockets=False,
            respawn_failed_workers=True,
            workers_kill_timeout=stop_seconds,
            # The level in force is the one in LOGGING; Granian writes its own into the copy, so both must agree.
            log_level=LogLevels(logging_configuration["loggers"]["_granian"]["level"].lower()),
            log_dictconfig=logging_configuration,
        )
        self._open = listeners
        self._make_maker = maker
        self._maker = maker()
        self._sockets: dict[int, socket] = {}

    def run(self) -> None:
        """Serve.

        Raises:
            SystemExit: the workers keep failing.
        """
        try:
            self.serve(spawn_target=_nothing, target_loader=_nothing, wrap_loader=False)
        except NotStartedError:
            _log.error("a worker could not be started")
            raise SystemExit(1) from None
        finally:
            self._maker.end()

    def _init_shared_socket(self) -> None:
        for number in range(self.workers):
            self._sockets[number] = self._open()

    def _drop_shared_socket(self) -> None:
        # Those of the workers are still open: who is connected is answered.
        for each in self._sockets.values():
            each.close()

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any) -> _Worker:
        return _Worker(self, idx, self._sockets[idx], self._maker)

    def _respawn_workers(self, workers: Sequence[int], spawn_target: Any, target_loader: Any, delay: float = 0) -> None:
        """Replace workers: at once those that died, one after the other and without a gap those to be renewed."""
        renewing: Maker | None = None
        for number in workers:
            if not self.wrks[number].is_alive():
                self._replace(number)
                continue
            renewing = renewing or self._make_maker()
            if not self._renew(number, renewing):
                break
        # Granian's loop would not rest if what woke it has been dealt with here, nor wake for what came in meanwhile.
        self.main_loop_interrupt.clear()
        if self.interrupt_signal or self.interrupt_children or self.reload_signal:
            self.main_loop_interrupt.set()

    def _replace(self, number: int) -> None:
        self._take_note(self.wrks[number])
        self.respawned_wrks[number] = time.monotonic()
        # Nobody takes what waits in the dead one's socket. A client that is reset tries again, one that waits does not.
        with contextlib.suppress(OSError):
            self._sockets[number].close()
        self._sockets[number] = self._open()
        self.wrks[number] = self._spawn_worker(number, None, None)
        try:
            self.wrks[number].start()
        except NotStartedError:
            # What makes them has ended itself, which has happened to none, or was killed.
            self._use(self._make_maker())
            self.wrks[number] = self._spawn_worker(number, None, None)
            self.wrks[number].start()

    def _use(self, maker: Maker) -> None:
        """Have workers made by this one from now on."""
        if maker is not self._maker:
            before, self._maker = self._maker, maker
            before.end()

    def _take_note(self, dead: _Worker) -> None:
        """Take back the report of its end, which would later pass for the end of the one in its place."""
        dead.watcher.join()
        while dead.idx in self.interrupt_children:
            self.interrupt_children.remove(dead.idx)
        _bury(dead)

    def _renew(self, number: int, maker: Maker) -> bool:
        """Have a new worker take the place of one that works.

        Args:
            number: of its place.
            maker: makes it. If it comes up, the others are made by the same from now on, those included that die.

        Returns:
            False if the new one did not come up. The old one goes on, and so do those after it.
        """
        old, new = self.wrks[number], _Worker(self, number, self._sockets[number], maker)
        # Until one of them is chosen the end of neither is a failure of the server.
        old.interrupt_by_parent = new.interrupt_by_parent = True
        with contextlib.suppress(NotStartedError):
            new.start()
        if not self._comes_up(new):
            new.kill()
            new.join()
            if maker is not self._maker:
                maker.end()
            if not self.interrupt_signal:
                _log.error("a new worker did not come up; those of before go on, and the reload ends here")
                old.interrupt_by_parent = False
                if not old.is_alive():
                    self._replace(number)
            return False
        new.interrupt_by_parent = False
        self.wrks[number] = new
        self._use(maker)
        if not old.is_alive():
            self._take_note(old)
            _log.warning("an old worker ended by itself before it was told to; a new one is in its place")
            return True
        old.terminate()
        old.join(self.workers_kill_timeout)
        if old.is_alive():
            _log.warning("an old worker did not end in time and is killed")
            old.kill()
            old.join()
        _bury(old)
        return True

    def _comes_up(self, worker: _Worker) -> bool:
        deadline = time.monotonic() + _PATIENCE
        while not worker.inner.is_ready(within=_LOOK_EVERY):
            if not worker.is_alive() or time.monotonic() > deadline or self.interrupt_signal:
                return False
        return True


def _bury(dead: _Worker) -> None:
    if dead.inner.pid is not None:
        try:
            metrics.bury(dead.inner.pid)
        except (OSError, RuntimeError):
            _log.exception("the numbers of a worker that has ended could not be kept")


def _nothing() -> None:
    """Granian's own way to a worker, which is not taken."""

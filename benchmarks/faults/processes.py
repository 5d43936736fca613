"""Services that are killed, paused and started again in the same place, and the processes below them."""

import os
import random
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from benchmarks.driving import wait_until
from tests.services.identity import Identity
from tests.services.ports import LOOPBACK
from tests.services.service import Service

__all__ = ["Daemon", "are_held", "below", "lasting_port", "signal_all"]

_PATIENCE: Final = 60.0
_USUAL_FIRST: Final = 32_768
_LOWEST: Final = 10_000
_TRIES: Final = 100


def lasting_port() -> int:
    """A free port on loopback that a service finds free again when it is started anew.

    None of those that the system gives to outgoing connections: one of them might have it in between.

    Raises:
        RuntimeError: there is none.
    """
    outgoing = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first = int(outgoing.read_text().split()[0]) if outgoing.exists() else _USUAL_FIRST
    for port in random.SystemRandom().sample(range(_LOWEST, max(first, _LOWEST + 1)), k=min(_TRIES, first - _LOWEST)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
    raise RuntimeError(f"no port from {_LOWEST} to {first} is free")


def below(pid: int) -> list[int]:
    """The processes that a process has started, and those that these have."""
    found: list[int] = []
    # Each thread has its own children.
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, thread.read_text().split()):
                found += [child, *below(child)]
    return found


def signal_all(pid: int, how: signal.Signals) -> None:
    """Send a signal to a process and all below it; the process itself is held meanwhile, so that it starts no more."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
    for each in (*below(pid), pid):
        with suppress(ProcessLookupError):
            os.kill(each, how)
    if how is not signal.SIGKILL:
        with suppress(ProcessLookupError):
            os.kill(pid, how)


def are_held(pid: int) -> bool:
    """Whether a process and all below it stand still (proc(5): the state ``T``)."""
    states = []
    for each in (pid, *below(pid)):
        with suppress(OSError):
            states.append(Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()[0])
    return bool(states) and set(states) == {"T"}


class Daemon:
    """One service with its directory: started, killed, started again.

    Args:
        command: program and arguments.
        directory: its own; removed at the end.
        identity: whose rights it gets.
        answers: says whether it serves.
        asked: the signal that ends it in order.
        running: its first life, where it runs already.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        directory: Path,
        identity: Identity,
        answers: Callable[[], bool],
        asked: signal.Signals,
        running: Service | None = None,
    ) -> None:
        self.command = list(command)
        self.directory = directory
        self._identity = identity
        self._answers = answers
        self._asked = asked
        self._lives = [] if running is None else [running]

    @property
    def pid(self) -> int | None:
        """Of the service; None while it does not run."""
        return self._lives[-1].pid if self._lives else None

    @property
    def is_held(self) -> bool:
        """Whether it stands still."""
        return self.pid is not None and are_held(self.pid)

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it serves.

        Raises:
            ServiceError: it ended, or did not serve in time.
        """
        life = Service(self.command, directory=self.directory, identity=self._identity, stop_signal=self._asked)
        self._lives.append(life)
        if wait:
            life.wait_until(self._answers, seconds=_PATIENCE)

    def end(self, how: signal.Signals) -> None:
        """End it by a signal to it alone, and wait until it has gone."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, how)
            self._wait(pid)

    def kill(self) -> None:
        """End it and everything that it started, in an instant."""
        pid = self.pid
        if pid is not None:
            signal_all(pid, signal.SIGKILL)
            self._wait(pid)

    def _wait(self, pid: int) -> None:
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), seconds=_PATIENCE)

    def pause(self) -> None:
        """Hold it and everything that it started."""
        if self.pid is not None:
            signal_all(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        if self.pid is not None:
            for each in (self.pid, *below(self.pid)):
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGCONT)

    def stop(self) -> None:
        """End it for good, and remove its directory."""
        self.resume()
        for life in reversed(self._lives):
            life.stop()

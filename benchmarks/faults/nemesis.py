"""What goes wrong: every fault with its beginning, its end, and what the run waits for before the next one."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from benchmarks.faults.around import Valkey
from benchmarks.faults.database import Pair
from benchmarks.faults.history import Recorder, What
from benchmarks.faults.nodes import Node, Nodes
from tests.services.process import ServerProcess

__all__ = ["FAULTS", "Nemesis"]

_CLOCK_STEPS: Final = (-300, -90, -20, 20, 90, 300)
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Nemesis:
    """Does the faults.

    Args:
        nodes: the servers.
        pair: their database.
        valkey: their cache.
        proxy: the one that loses replies.
        recorder: of the history.
        rng: decides where, and for how long.
        hold: seconds that a fault lasts, from and to.
    """

    nodes: Nodes
    pair: Pair
    valkey: Valkey
    proxy: ServerProcess
    recorder: Recorder
    rng: Random
    hold: tuple[float, float]

    def missing(self) -> dict[str, str]:
        """The faults that cannot be done here, and why not."""
        found = {}
        if not self.pair.can_be_filled:
            found["disk full"] = "no file system of one's own can be mounted"
        return found

    async def do(self, name: str) -> None:
        """Do a fault from its beginning to its end.

        Args:
            name: one of :data:`FAULTS`.
        """
        self.recorder.note(What.FAULT, kind=name, reason="begins")
        told = await FAULTS[name](self)
        self.recorder.note(What.FAULT, kind=name, reason=told or "ends")

    @property
    def _node(self) -> Node:
        return self.rng.choice(self.nodes.all)

    async def _held(self, most: float = float("inf")) -> None:
        await asyncio.sleep(min(self.rng.uniform(*self.hold), most))

    async def kill_node(self) -> str:
        """Kill a node with its workers, and start it again."""
        node = self._node
        await asyncio.to_thread(node.kill)
        await self._held()
        node.start()
        await asyncio.to_thread(node.wait)
        return f"{node.name} is back"

    async def kill_worker(self) -> str:
        """Kill a worker; the server starts another."""
        node = self._node
        node.kill_worker()
        await self._held()
        await asyncio.to_thread(node.wait)
        return f"{node.name} is back"

    async def renew_workers(self) -> str:
        """Let a node replace its workers, as for a new version: what is under way is finished."""
        node = self._node
        os.kill(node.server.pid, signal.SIGUSR2)
        await self._held()
        await asyncio.to_thread(node.wait)
        return f"{node.name} is back"

    async def pause_node(self) -> str:
        """Hold a node, and let it go on with what it was about to do."""
        node = self._node
        node.pause()
        await self._held()
        node.resume()
        await asyncio.to_thread(node.wait)
        return f"{node.name} is back"

    async def step_clock(self) -> str:
        """Set a node's clock wrong, and right again."""
        node, seconds = self._node, self.rng.choice(_CLOCK_STEPS)
        node.set_clock(seconds)
        await self._held()
        node.set_clock(0)
        return f"{node.name} by {seconds} s"

    async def fail_over(self) -> str:
        """Kill the primary, promote the standby, make a new one."""
        await asyncio.to_thread(self.pair.fail_over)
        await self._held()
        await asyncio.to_thread(self.pair.mend)
        return ""

    async def restart_database(self) -> str:
        """Restart PostgreSQL in order."""
        await asyncio.to_thread(self.pair.restart, signal.SIGINT)
        return ""

    async def crash_database(self) -> str:
        """Let PostgreSQL crash and recover."""
        await asyncio.to_thread(self.pair.restart, signal.SIGQUIT)
        return ""

    async def pause_primary(self) -> str:
        """Hold the primary."""
        self.pair.primary.daemon.pause()
        await self._held()
        self.pair.primary.daemon.resume()
        await asyncio.to_thread(self.pair.wait_until_followed)
        return ""

    async def pause_standby(self) -> str:
        """Hold the standby: no commit is answered meanwhile."""
        self.pair.standby.daemon.pause()
        await self._held()
        self.pair.standby.daemon.resume()
        await asyncio.to_thread(self.pair.wait_until_followed)
        return ""

    async def forbid_writes(self) -> str:
        """Let the primary take no writes, as one does that was made a standby while connections were kept."""
        await asyncio.to_thread(self.pair.take_writes, False)
        await self._held()
        await asyncio.to_thread(self.pair.take_writes, True)
        return ""

    async def cut_database(self) -> str:
        """End all of the nodes' connections to PostgreSQL."""
        return f"{await asyncio.to_thread(self.pair.cut)} connections"

    async def cut_clients(self) -> str:
        """Break all of the clients' connections."""
        os.kill(self.proxy.pid, signal.SIGUSR1)
        return ""

    async def kill_valkey(self) -> str:
        """Kill Valkey, and start it again, empty."""
        await asyncio.to_thread(self.valkey.daemon.kill)
        await self._held()
        await asyncio.to_thread(self.valkey.daemon.start)
        return ""

    async def fill_disk(self) -> str:
        """Leave PostgreSQL no space."""
        await asyncio.to_thread(self.pair.fill)
        await self._held()
        await asyncio.to_thread(self.pair.empty)
        return ""


FAULTS: Final[dict[str, Callable[[Nemesis], Awaitable[str]]]] = {
    "node killed": Nemesis.kill_node,
    "worker killed": Nemesis.kill_worker,
    "workers renewed": Nemesis.renew_workers,
    "node paused": Nemesis.pause_node,
    "clock stepped": Nemesis.step_clock,
    "failed over": Nemesis.fail_over,
    "PostgreSQL restarted": Nemesis.restart_database,
    "PostgreSQL crashed": Nemesis.crash_database,
    "primary paused": Nemesis.pause_primary,
    "standby paused": Nemesis.pause_standby,
    "writes forbidden": Nemesis.forbid_writes,
    "database connections cut": Nemesis.cut_database,
    "client connections cut": Nemesis.cut_clients,
    "Valkey killed": Nemesis.kill_valkey,
    "disk full": Nemesis.fill_disk,
}
"""By their names in the history."""

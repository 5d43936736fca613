"""What goes wrong: every fault with its beginning, its end, and what the run waits for before the next one.

Each is looked at while it lasts: whether the process is dead, stands still, says no, or tells the wrong time. What was
seen goes into the history, and a fault that nobody saw proves nothing (``Findings.hollow``).
"""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from benchmarks.driving import wait_until
from benchmarks.faults.around import Valkey
from benchmarks.faults.database import Pair
from benchmarks.faults.history import Recorder, What
from benchmarks.faults.nodes import Node, Nodes
from benchmarks.faults.processes import Daemon, are_held
from tests.services.process import ServerProcess

__all__ = ["FAULTS", "Effect", "Nemesis"]

_FARTHEST: Final = (-300, 300)
_OTHER_STEPS: Final = (-90, -20, 20, 90)
"""Seconds by which a clock is stepped."""
_NEAR_ENOUGH: Final = 5.0
"""Seconds: a node tells the time of its last poll of the feed, once a second."""
_PATIENCE: Final = 60.0
"""Seconds for an effect to be seen."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What came of a fault.

    Args:
        told: in words.
        is_shown: whether it was seen to be there.
    """

    told: str
    is_shown: bool


async def _seen(condition: Callable[[], bool]) -> bool:
    """Whether a condition comes true in time."""
    try:
        await asyncio.to_thread(wait_until, condition, seconds=_PATIENCE)
    except TimeoutError:
        return False
    return True


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
    _steps: list[int] = field(default_factory=list)

    def missing(self) -> dict[str, str]:
        """The faults that cannot be done here, and why not."""
        found = {}
        if not self.pair.can_be_filled:
            found["disk full"] = "no file system of one's own can be mounted"
        return found

    async def do(self, name: str) -> Effect:
        """Do a fault from its beginning to its end.

        Args:
            name: one of :data:`FAULTS`.
        """
        self.recorder.note(What.FAULT, kind=name, reason="begins")
        effect = await FAULTS[name](self)
        self.recorder.note(What.FAULT, kind=name, reason=effect.told, status=int(effect.is_shown))
        return effect

    @property
    def _node(self) -> Node:
        return self.rng.choice(self.nodes.all)

    async def _held(self, most: float = float("inf")) -> None:
        await asyncio.sleep(min(self.rng.uniform(*self.hold), most))

    async def kill_node(self) -> Effect:
        """Kill a node with its workers, and start it again."""
        node = self._node
        await asyncio.to_thread(node.kill)
        is_dead = await _seen(node.is_deaf)
        await self._held()
        node.start()
        await asyncio.to_thread(node.wait)
        return Effect(f"{node.name} is back", is_dead)

    async def kill_worker(self) -> Effect:
        """Kill a worker; the server starts another."""
        node = self._node
        before = node.workers()
        killed = node.kill_worker()
        await self._held()
        await asyncio.to_thread(node.wait)
        is_replaced = await _seen(lambda: killed not in (now := node.workers()) and len(now) == len(before))
        return Effect(f"{node.name} has another", killed is not None and is_replaced)

    async def renew_workers(self) -> Effect:
        """Let a node replace its workers, as for a new version: what is under way is finished."""
        node = self._node
        before = node.workers()
        os.kill(node.server.pid, signal.SIGUSR2)
        await self._held()
        are_new = await _seen(lambda: len(now := node.workers()) == len(before) and not now & before)
        await asyncio.to_thread(node.wait)
        return Effect(f"{node.name} has new ones", bool(before) and are_new)

    async def pause_node(self) -> Effect:
        """Hold a node, and let it go on with what it was about to do."""
        node = self._node
        node.pause()
        is_held = await _seen(lambda: are_held(node.server.pid))
        await self._held()
        node.resume()
        await asyncio.to_thread(node.wait)
        return Effect(f"{node.name} is back", is_held)

    async def step_clock(self) -> Effect:
        """Set a node's clock wrong, and right again."""
        if not self._steps:
            # Taken from the end: first the farthest, in both directions.
            self._steps.extend(self.rng.sample(_OTHER_STEPS, len(_OTHER_STEPS)))
            self._steps.extend(self.rng.sample(_FARTHEST, len(_FARTHEST)))
        node, seconds = self._node, self._steps.pop()
        node.set_clock(seconds)
        is_wrong = await _seen(lambda: abs(node.ahead() - seconds) < _NEAR_ENOUGH)
        await self._held()
        node.set_clock(0)
        return Effect(f"{node.name} by {seconds} s", is_wrong)

    async def fail_over(self) -> Effect:
        """Kill the primary, promote the standby, make a new one."""
        old = self.pair.primary
        await asyncio.to_thread(self.pair.fail_over)
        is_dead = old.daemon.pid is None and self.pair.primary is not old
        await self._held()
        await asyncio.to_thread(self.pair.mend)
        return Effect(f"from {old.port} to {self.pair.primary.port}", is_dead)

    async def restart_database(self) -> Effect:
        """Restart PostgreSQL in order."""
        return await self._restarted(signal.SIGINT)

    async def crash_database(self) -> Effect:
        """Let PostgreSQL crash and recover."""
        return await self._restarted(signal.SIGQUIT)

    async def _restarted(self, how: signal.Signals) -> Effect:
        before = self.pair.primary.daemon.pid
        await asyncio.to_thread(self.pair.restart, how)
        return Effect("it is back", self.pair.primary.daemon.pid not in {before, None})

    async def pause_primary(self) -> Effect:
        """Hold the primary."""
        return await self._paused(self.pair.primary.daemon)

    async def pause_standby(self) -> Effect:
        """Hold the standby: no commit is answered meanwhile."""
        return await self._paused(self.pair.standby.daemon)

    async def _paused(self, daemon: Daemon) -> Effect:
        daemon.pause()
        is_held = await _seen(lambda: daemon.is_held)
        await self._held()
        daemon.resume()
        await asyncio.to_thread(self.pair.wait_until_followed)
        return Effect("it goes on", is_held)

    async def forbid_writes(self) -> Effect:
        """Let the primary take no writes, as one does that was made a standby while connections were kept."""
        is_forbidden = await asyncio.to_thread(self.pair.take_writes, False)
        await self._held()
        is_allowed = await asyncio.to_thread(self.pair.take_writes, True)
        return Effect("it takes them again", is_forbidden and is_allowed)

    async def cut_database(self) -> Effect:
        """End all of the nodes' connections to PostgreSQL."""
        cut = await asyncio.to_thread(self.pair.cut)
        return Effect(f"{cut} connections", cut > 0)

    async def cut_clients(self) -> Effect:
        """Break all of the clients' connections."""
        before = self.proxy.output().splitlines()
        os.kill(self.proxy.pid, signal.SIGUSR1)
        await _seen(lambda: len(self.proxy.output().splitlines()) > len(before))
        cut = self._cut_until(self.proxy.output().splitlines()) - self._cut_until(before)
        return Effect(f"{cut} connections", cut > 0)

    @staticmethod
    def _cut_until(lines: list[str]) -> int:
        """Connections cut since the proxy began, as its last line says."""
        return int(json.loads(lines[-1])["connections cut"]) if lines else 0

    async def kill_valkey(self) -> Effect:
        """Kill Valkey, and start it again, empty."""
        before = self.valkey.daemon.pid
        await asyncio.to_thread(self.valkey.daemon.kill)
        is_dead = self.valkey.daemon.pid is None
        await self._held()
        await asyncio.to_thread(self.valkey.daemon.start)
        return Effect("it is back", is_dead and self.valkey.daemon.pid != before)

    async def fill_disk(self) -> Effect:
        """Leave PostgreSQL no space."""
        await asyncio.to_thread(self.pair.fill)
        is_full = await asyncio.to_thread(self.pair.has_no_space)
        await self._held()
        await asyncio.to_thread(self.pair.empty)
        return Effect("there is space again", is_full)


FAULTS: Final[dict[str, Callable[[Nemesis], Awaitable[Effect]]]] = {
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

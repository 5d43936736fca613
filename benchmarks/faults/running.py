"""One run: everything is started, the clients live, things go wrong, and the database's rows close the history."""

import asyncio
import json
import resource
import socket
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from benchmarks.asking import percentile
from benchmarks.driving import wait_until
from benchmarks.faults.around import Balancer, Valkey
from benchmarks.faults.calling import KINDS
from benchmarks.faults.clients import Honest, Plan, steal
from benchmarks.faults.database import DATABASE, Pair, own_mounts
from benchmarks.faults.history import Recorder, What
from benchmarks.faults.nemesis import Nemesis
from benchmarks.faults.nodes import Nodes
from tests.services.ports import LOOPBACK, free_port
from tests.services.process import ServerProcess, clean_environment

__all__ = ["Options", "run"]

_ROWS: Final = "SELECT id, generation, revoked_at IS NOT NULL, revoked_reason FROM keyturn_session"
_AT_ONCE: Final = 20
"""Sign-ins. Each costs a password hash, and one whose reply is lost holds its place for seconds."""
_UNTIL_STOLEN: Final = (2, 5)
"""After how many refreshes of a session a victim's token is stolen."""
_PATIENCE: Final = 60.0
"""Seconds for the proxy to listen."""
_REAL_GRACE: Final = 10.0
"""``REFRESH_GRACE`` as it comes, seconds; by it the pace is told."""
_NGINX_WAITS: Final = 4.0
"""Seconds at the real pace, as deploy/nginx says; two at the least, since servers are not faster at another pace."""
_LOOKS: Final = 0.05
"""Seconds between two looks at how late the clients' own loop is."""
_LAST_WORDS: Final = 90.0
"""Seconds for the clients to come to an end after the last fault."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a run goes.

    Args:
        seed: of everything that is decided by chance.
        clients: honest ones, of all kinds in turn.
        victims: clients that are stolen from.
        pause: seconds between two refreshes of a client, from and to.
        grace: ``REFRESH_GRACE``, seconds.
        lose: the share of replies that are lost between balancer and client.
        refreshes: so many, and
        seconds: so long at least, and
        rounds: every fault so often at least.
        faults: which, by name.
        quiet: seconds between two faults, from and to.
        hold: seconds that a fault lasts, from and to.
        nodes: how many.
        workers: of each node.
        threads: of each worker.
        is_synchronous: whether commits wait for the standby.
    """

    seed: int
    clients: int
    victims: int
    pause: tuple[float, float]
    grace: float
    lose: float
    refreshes: int
    seconds: float
    rounds: int
    faults: tuple[str, ...]
    quiet: tuple[float, float]
    hold: tuple[float, float]
    nodes: int
    workers: int
    threads: int
    is_synchronous: bool = True

    @property
    def pace(self) -> float:
        """By what all waiting is shorter than at the real pace, at which the grace time is ten seconds."""
        return (self.grace or _REAL_GRACE / 5) / _REAL_GRACE


def run(options: Options, directory: Path) -> dict[str, Any]:
    """Make a history in ``directory``, ``history.jsonl``.

    Returns:
        What the history does not tell: what could not be done here, what the proxy lost, how late the clients were.
    """
    with ExitStack() as stack:
        return _run(options, directory, stack)


def _run(options: Options, directory: Path, stack: ExitStack) -> dict[str, Any]:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    pair = Pair(may_mount=own_mounts(), is_synchronous=options.is_synchronous)
    stack.callback(pair.stop)
    valkey = Valkey()
    stack.callback(valkey.daemon.stop)
    port = free_port()
    nodes = Nodes(
        directory,
        database_url=pair.url,
        cache_url=valkey.url,
        public_url=f"http://{LOOPBACK}:{port}",
        grace=options.grace,
        count=options.nodes,
        workers=options.workers,
        threads=options.threads,
    )
    stack.callback(nodes.stop)
    nodes.add_users(options.clients + options.victims)
    nodes.wait()
    balancer = Balancer([node.port for node in nodes.all], waits=max(_NGINX_WAITS * options.pace, 2.0))
    stack.callback(balancer.daemon.stop)
    words = ["--listen", "{port}", "--upstream", str(balancer.port), "--seed", str(options.seed)]
    proxy = ServerProcess(
        [sys.executable, "-m", "benchmarks.faults.dropping", *words, "--lose", str(options.lose)],
        port=port,
        directory=directory,
        environment=clean_environment({"PYTHONPATH": str(Path(__file__).resolve().parents[2])}),
    )
    stack.callback(proxy.stop)
    # By a connection alone: it might lose the question.
    wait_until(lambda: _listens(port), seconds=_PATIENCE)
    recorder = Recorder(directory / "history.jsonl")
    stack.callback(recorder.close)
    rng = Random(options.seed)  # noqa: S311 - a run is to be the same with the same seed
    nemesis = Nemesis(nodes, pair, valkey, proxy, recorder, rng, options.hold)
    course = _Course(options, nemesis, port)
    asyncio.run(course.go())
    rows = pair.primary.ask(_ROWS, database=DATABASE, patience=30)
    if not rows:
        raise RuntimeError("the database does not say which sessions there are")
    for sid, generation, ended, reason in rows:
        recorder.note(What.ROW, sid=str(sid), generation=generation, status=int(ended), reason=reason)
    proxy.stop()
    return {
        "missing": nemesis.missing(),
        "proxy": json.loads(proxy.output().splitlines()[-1]),
        "late": course.late(),
        "processor": time.process_time(),
    }


def _listens(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


class _Course:
    """The clients and the faults, side by side."""

    def __init__(self, options: Options, nemesis: Nemesis, port: int) -> None:
        self._options = options
        self._nemesis = nemesis
        # Of their own, since thieves have no fixed order, and the faults shall have one.
        self._rng = Random(f"{options.seed} faults")  # noqa: S311 - see above
        self._thieves_rng = Random(f"{options.seed} thieves")  # noqa: S311 - the same
        self._over = False
        self._began = time.monotonic()
        self._plan = Plan(port, nemesis.recorder, options.pause, options.pace, is_over=lambda: self._over)
        everybody = range(options.clients + options.victims)
        self._clients = [
            Honest(number, KINDS[number % len(KINDS)], self._plan, Random(f"{options.seed} {number}"))  # noqa: S311
            for number in everybody
        ]
        self._thefts = 0
        self._late: list[float] = []

    def late(self) -> dict[str, float]:
        """By how many seconds the clients' own loop was late: what clients take for a late reply may have been that."""
        return {"p99": percentile(self._late, 0.99), "most": max(self._late, default=float("nan"))}

    async def go(self) -> None:
        """Until every fault has been there often enough, for long enough, and everybody has come to an end."""
        looking = asyncio.create_task(self._look_at_the_loop())
        await self._sign_in()
        lives = [asyncio.create_task(client.live()) for client in self._clients]
        thieves = [asyncio.create_task(self._prey_on(each)) for each in self._clients[self._options.clients :]]
        try:
            await self._let_things_go_wrong()
        finally:
            self._over = True
            done, late = await asyncio.wait(lives, timeout=_LAST_WORDS)
            for task in (*late, *thieves, looking):
                task.cancel()
            await asyncio.gather(*late, *thieves, looking, return_exceptions=True)
        for task in done:
            task.result()

    async def _look_at_the_loop(self) -> None:
        while True:
            due = time.monotonic() + _LOOKS
            await asyncio.sleep(_LOOKS)
            self._late.append(time.monotonic() - due)

    async def _sign_in(self) -> None:
        turns = asyncio.Semaphore(_AT_ONCE)

        async def sign_in(client: Honest) -> None:
            async with turns:
                await client.sign_in()

        await asyncio.gather(*map(sign_in, self._clients))
        self._say(f"{len(self._clients)} have signed in")

    def _refreshes(self) -> int:
        return sum(client.refreshes for client in self._clients)

    def _is_enough(self) -> bool:
        long = time.monotonic() - self._began >= self._options.seconds
        return long and self._refreshes() >= self._options.refreshes

    async def _let_things_go_wrong(self) -> None:
        missing = self._nemesis.missing()
        names = [name for name in self._options.faults if name not in missing]
        due: list[str] = []
        done = 0
        await asyncio.sleep(self._options.pause[1])
        while done < self._options.rounds * len(names) or not self._is_enough():
            if not due:
                due = self._rng.sample(names, len(names))
            if due:
                name, began = due.pop(), time.monotonic()
                effect = await self._nemesis.do(name)
                seen = effect.told if effect.is_shown else "WITHOUT EFFECT"
                self._say(f"{name}, {time.monotonic() - began:.1f} s: {seen}")
                done += 1
            await asyncio.sleep(self._rng.uniform(*self._options.quiet))

    def _say(self, words: str) -> None:
        print(f"{time.monotonic() - self._began:7.1f} s {self._refreshes():8} refreshes  {words}", flush=True)

    async def _prey_on(self, victim: Honest) -> None:
        """Steal from a client, once in each of its sessions."""
        robbed = 0
        while not self._over:
            for _ in range(self._thieves_rng.randint(*_UNTIL_STOLEN)):
                await victim.moves()
            if victim.is_in and victim.sessions != robbed:
                robbed = victim.sessions
                self._thefts += 1
                await steal(victim, self._thefts, self._plan)

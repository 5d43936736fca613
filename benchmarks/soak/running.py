"""The course of a soak: a server, honest clients without pause, and the flood in every second phase."""

import os
import statistics
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg

from benchmarks.compare.rounds import commit, machine, say
from benchmarks.fleet import Postgres
from benchmarks.processes import processor_seconds
from benchmarks.soak.orders import Worker
from benchmarks.soak.results import Kind, Phase, Result, Round
from benchmarks.soak.setting_up import SetUp, set_up
from benchmarks.soak.watching import Watcher
from tests.services.ports import free_port
from tests.services.postgres import PostgresServer
from tests.services.process import ServerProcess

__all__ = ["Options", "run"]

_LOOKS: Final = 20
"""At what the server holds in each half of a round, unless a second is shorter."""
_LANES: Final[Mapping[str, int]] = {"refresh": 6, "get": 6, "verify": 3, "login": 1}
_ROWS: Final = (
    "SELECT * FROM keyturn_session WHERE user_id = (SELECT id FROM auth_user WHERE username = 'user0') ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class Options:
    """How a run goes.

    Args:
        minutes: of all rounds that count.
        rounds: how many.
        flood: connections of the flood.
        seed: of its order.
        warm_up: rounds before these, which are thrown away.
    """

    minutes: float
    rounds: int
    flood: int
    seed: int
    warm_up: int


def run(options: Options) -> Result:
    """Measure.

    Raises:
        RuntimeError: the server could not be set up, or a program of clients ended.
    """
    load = os.getloadavg()[0]
    with ExitStack() as stack:
        postgres = Postgres({"max_connections": "100"})
        stack.callback(postgres.stop)
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="keyturn-soak-")))
        url = stack.enter_context(PostgresServer(postgres.url).new_database())
        say("setting up Keyturn")
        ready = set_up(directory, url, honest=_LANES["refresh"])
        server = _started(stack, ready, directory)
        before = _rows(url)
        first = {"port": server.port, "sessions": ready.honest, "lanes": _LANES}
        honest = stack.enter_context(Worker("soak.honest", first))
        flood = stack.enter_context(
            Worker(
                "soak.flood",
                {"port": server.port, "connections": options.flood, "bait": ready.bait, "seed": options.seed},
            )
        )
        seconds = 60 * options.minutes / options.rounds / 2
        name = urlsplit(url).path.removeprefix("/")
        watcher = stack.enter_context(
            Watcher(server.pid, url=postgres.url, database=name, interval=min(1, seconds / _LOOKS))
        )
        course = _Course(server, postgres.pid, honest, flood, watcher)
        costs = {kind: course.cost(kind, seconds / 2) for kind in _LANES}
        rounds = []
        for number in range(options.warm_up + options.rounds):
            one = course.round(seconds)
            if number >= options.warm_up:
                rounds.append(one)
            say(f"round {number + 1 - options.warm_up} of {options.rounds}: {one.quiet.memory:.1f} MB")
        return Result(
            commit=commit(),
            taken=datetime.now(UTC).date().isoformat(),
            machine=machine(postgres.version, load),
            minutes=options.minutes,
            warm_up=options.warm_up,
            connections=dict(_LANES),
            costs=costs,
            flood=options.flood,
            catalogue=course.catalogue,
            rounds=rounds,
            tracebacks=server.output().count("Traceback"),
            is_unharmed=_rows(url) == before,
        )


def _started(stack: ExitStack, ready: SetUp, directory: Path) -> ServerProcess:
    server = ServerProcess(ready.launch.command, port=free_port(), directory=directory, environment=ready.environment)
    stack.callback(server.stop)
    server.wait_until_it_answers(ready.launch.path, seconds=60)
    return server


def _rows(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(_ROWS).fetchall()


class _Course:
    """Phase after phase."""

    def __init__(self, server: ServerProcess, postgres: int, honest: Worker, flood: Worker, watcher: Watcher) -> None:
        self._server = server
        self._postgres = postgres
        self._honest = honest
        self._flood = flood
        self._watcher = watcher
        self.catalogue = 0

    def round(self, seconds: float) -> Round:
        """First the flood, then the quiet, in whose second half is seen what the flood left behind."""
        flooded, came = self._phase(seconds, flooded=True)
        quiet, _ = self._phase(seconds, flooded=False)
        self.catalogue = came["catalogue"]
        return Round(quiet, flooded, came["requests"], came["processor"], came["statuses"], came["worst"])

    def cost(self, kind: str, seconds: float) -> float:
        """What a request of one kind costs alone: milliseconds of processor time of server and database."""
        self._work(seconds / 2, kind)
        before = self._processor()
        done = self._work(seconds, kind)
        spent = sum(self._processor()) - sum(before)
        return 1_000 * spent / int(done["kinds"][kind]["answers"])

    def _work(self, seconds: float, kind: str) -> dict[str, Any]:
        self._honest.begin({"seconds": seconds, "only": kind})
        return self._honest.end()

    def _phase(self, seconds: float, *, flooded: bool) -> tuple[Phase, dict[str, Any]]:
        began = self._watcher.now()
        server, database = self._processor()
        self._honest.begin({"seconds": seconds})
        if flooded:
            self._flood.begin({"seconds": seconds})
        done = self._honest.end()
        came = self._flood.end() if flooded else {}
        spent = [after - before for after, before in zip(self._processor(), (server, database), strict=True)]
        seen = self._watcher.between(began + seconds / 2, self._watcher.now())
        held = {
            name: statistics.median(float(getattr(sample, name)) for sample in seen)
            for name in ("memory", "files", "threads", "connections")
        }
        kinds = {kind: Kind(**one) for kind, one in done["kinds"].items()}
        return Phase(done["seconds"], spent[0], spent[1], done["processor"], kinds, **held), came

    def _processor(self) -> tuple[float, float]:
        return (
            processor_seconds(self._server.pid, and_family=True),
            processor_seconds(self._postgres, and_family=True),
        )

"""What a soak found, and whether it is what it has to be. Pure: no server, no clock."""

import json
import math
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from benchmarks.compare.results import Machine
from benchmarks.results import write

__all__ = ["HOLDINGS", "PACED", "Check", "Growth", "Phase", "Result", "Round", "fit", "read", "write"]

_QUANTILES: Final = {
    1: 12.71,
    2: 4.30,
    3: 3.18,
    4: 2.78,
    5: 2.57,
    6: 2.45,
    7: 2.36,
    8: 2.31,
    10: 2.23,
    15: 2.13,
    30: 2.04,
}
"""Student's t at 97.5 %, by degrees of freedom."""
HOLDINGS: Final[Mapping[str, tuple[str, float]]] = {
    "memory": ("memory, MB", 2.0),
    "files": ("open files", 4.0),
    "threads": ("threads", 2.0),
    "connections": ("connections of the database", 2.0),
}
"""What a server holds; its name, and by how much it may have grown in the end before that counts as growth."""
_SLACK: Final = 0.85
"""What two phases differ by when nothing has changed."""
PACED: Final = "login"
"""The kind that comes once a second, and not as soon as the one before is answered."""
_FAULTS_OF_NOBODY: Final = frozenset({"503"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of honest request in one phase.

    Args:
        answers: good ones.
        p50: milliseconds.
        p95: milliseconds.
        p99: milliseconds.
        refused: how many were answered otherwise, by status; "hung up" where there was none.
    """

    answers: int
    p50: float
    p95: float
    p99: float
    refused: Mapping[str, int]


@dataclass(frozen=True)
class Phase:
    """Some seconds.

    Args:
        seconds: how long.
        server: processor seconds of the server.
        database: of PostgreSQL.
        driver: of the honest clients' program.
        kinds: the honest requests.
        memory: MB, the median of what was seen.
        files: the same.
        threads: the same.
        connections: the same.
    """

    seconds: float
    server: float
    database: float
    driver: float
    kinds: Mapping[str, Kind]
    memory: float
    files: float
    threads: float
    connections: float

    def work(self, costs: Mapping[str, float]) -> float:
        """What the honest requests are worth together, processor seconds."""
        return sum(kind.answers * costs[name] for name, kind in self.kinds.items()) / 1_000

    def rate(self, kind: str) -> float:
        """Good answers a second."""
        return self.kinds[kind].answers / self.seconds


@dataclass(frozen=True)
class Round:
    """A phase without the flood and one with it.

    Args:
        quiet: without.
        flooded: with it.
        requests: of the flood.
        flood: processor seconds of its program.
        statuses: of its answers; "none": hung up on, "silence": nothing within ten seconds.
        worst: what a server must not answer, in words.
    """

    quiet: Phase
    flooded: Phase
    requests: int
    flood: float
    statuses: Mapping[str, int]
    worst: Mapping[str, int]

    def share(self, costs: Mapping[str, float]) -> float:
        """The flood's share of the load: of all processor time what the honest requests do not account for.

        Args:
            costs: of an honest request of each kind alone, milliseconds of server and database.
        """
        all_of_it = self.flooded.server + self.flooded.database + self.flood
        return max(0.0, 1 - self.flooded.work(costs) / all_of_it)


@dataclass(frozen=True, slots=True)
class Growth:
    """By how much something grew in the measured time: a line through the rounds, with its bounds (95 %)."""

    first: float
    last: float
    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Check:
    """Something that has to be so.

    Args:
        name: what.
        told: the figure.
        wanted: what it may be.
        is_good: whether it is.
    """

    name: str
    told: str
    wanted: str
    is_good: bool


@dataclass(frozen=True)
class Result:
    """A whole run.

    Args:
        commit: of the code; with a plus where files differed from it.
        taken: the day.
        machine: what it ran on.
        minutes: of the rounds, the warm-up apart.
        connections: the honest ones, by what they do.
        costs: of an honest request of each kind alone, milliseconds of processor time of server and database.
        flood: connections of the flood.
        catalogue: malformed requests that there are.
        warm_up: rounds before those that count.
        rounds: without these.
        tracebacks: in what the server printed.
        is_unharmed: whether the session whose tokens the flood held is as it was.
    """

    commit: str
    taken: str
    machine: Machine
    minutes: float
    warm_up: int
    connections: Mapping[str, int]
    costs: Mapping[str, float]
    flood: int
    catalogue: int
    rounds: Sequence[Round]
    tracebacks: int
    is_unharmed: bool

    @property
    def share(self) -> float:
        """The flood's share of the load, the median of the rounds."""
        return statistics.median(one.share(self.costs) for one in self.rounds)

    @property
    def worth(self) -> float:
        """What honest work was left of it with the flood, the median of the rounds."""
        return statistics.median(
            one.flooded.work(self.costs) / one.flooded.seconds * one.quiet.seconds / one.quiet.work(self.costs)
            for one in self.rounds
        )

    @property
    def price(self) -> float:
        """Processor time of a malformed request, milliseconds of server and database, the median of the rounds."""
        return statistics.median(
            1_000 * (one.flooded.server + one.flooded.database - one.flooded.work(self.costs)) / one.requests
            for one in self.rounds
        )

    def turns(self, kind: str) -> float:
        """Answers of one honest connection for each of one connection of the flood, the median of the rounds."""
        return statistics.median(
            (one.flooded.kinds[kind].answers / self.connections[kind]) / (one.requests / self.flood)
            for one in self.rounds
        )

    def tail(self, kind: str, *, flooded: bool) -> float:
        """p99 against p50."""
        return self.latency(kind, "p99", flooded=flooded) / self.latency(kind, "p50", flooded=flooded)

    def ratio(self, kind: str) -> float:
        """The rate with the flood against that without, the median of the rounds."""
        return statistics.median(one.flooded.rate(kind) / one.quiet.rate(kind) for one in self.rounds)

    def latency(self, kind: str, name: str, *, flooded: bool) -> float:
        """A latency's median over the rounds, milliseconds."""
        phases = [one.flooded if flooded else one.quiet for one in self.rounds]
        return statistics.median(float(getattr(phase.kinds[kind], name)) for phase in phases)

    def growth(self, name: str) -> Growth:
        """Of what the server holds when the flood is over, one of ``HOLDINGS``."""
        return fit([float(getattr(one.quiet, name)) for one in self.rounds])

    def statuses(self) -> Counter[str]:
        """The flood's answers."""
        return sum((Counter(one.statuses) for one in self.rounds), Counter())

    def refused(self) -> Counter[str]:
        """Honest requests that were not answered as they asked."""
        phases = [phase for one in self.rounds for phase in (one.quiet, one.flooded)]
        return sum((Counter(kind.refused) for phase in phases for kind in phase.kinds.values()), Counter())

    def checks(self) -> Iterator[Check]:
        """Everything that has to be so."""
        least = (1 - self.share) * _SLACK
        yield Check("honest work under the flood", f"{self.worth:.2f}", f"at least {least:.2f}", self.worth >= least)
        for kind in self.connections:
            if kind == PACED:
                ratio = self.ratio(kind)
                yield Check(f"rate of {kind} under the flood", f"{ratio:.2f}", f"at least {least:.2f}", ratio >= least)
            else:
                turns = self.turns(kind)
                name = f"turns of {kind}, for one of the flood's"
                yield Check(name, f"{turns:.2f}", f"at least {_SLACK:g}", turns >= _SLACK)
            tail, most = self.tail(kind, flooded=True), self.tail(kind, flooded=False) / _SLACK
            yield Check(f"p99 of {kind} against its p50", f"{tail:.1f}", f"at most {most:.1f}", tail <= most)
        for name, (title, most) in HOLDINGS.items():
            growth = self.growth(name)
            told = f"{growth.middle:+.1f} ({growth.low:+.1f} to {growth.high:+.1f})"
            yield Check(f"growth of {title}", told, f"at most {most:g}", growth.low <= most)
        worst = sum((Counter(one.worst) for one in self.rounds), Counter())
        yield Check("malformed requests answered 5xx but 503, or never", str(worst.total()), "0", not worst)
        refused = {status: count for status, count in self.refused().items() if status not in _FAULTS_OF_NOBODY}
        yield Check("honest requests refused, 503 apart", str(sum(refused.values())), "0", not refused)
        yield Check("tracebacks in the log", str(self.tracebacks), "0", not self.tracebacks)
        yield Check(
            "the flooded user's sessions",
            "as they were" if self.is_unharmed else "changed",
            "as they were",
            self.is_unharmed,
        )


def fit(values: Sequence[float]) -> Growth:
    """A straight line through values at equal distances, by least squares.

    Args:
        values: three at least.

    Raises:
        ValueError: there are fewer.
    """
    count = len(values)
    if count < 3:
        raise ValueError(f"{count} values say nothing of a line's bounds")
    middle = (count - 1) / 2
    mean = statistics.fmean(values)
    spread = sum((number - middle) ** 2 for number in range(count))
    slope = sum((number - middle) * (value - mean) for number, value in enumerate(values)) / spread
    rest = sum((value - mean - slope * (number - middle)) ** 2 for number, value in enumerate(values))
    free = count - 2
    quantile = _QUANTILES[max(one for one in _QUANTILES if one <= free)]
    error = quantile * math.sqrt(rest / free / spread)
    steps = count - 1
    return Growth(values[0], values[-1], (slope - error) * steps, slope * steps, (slope + error) * steps)


def read(path: Path) -> Result:
    """Read what :func:`~benchmarks.results.write` wrote.

    Raises:
        OSError: there is no such file.
    """
    found = json.loads(path.read_text(encoding="utf-8"))
    return Result(
        **{**found, "machine": Machine(**found["machine"]), "rounds": [_round(one) for one in found["rounds"]]}
    )


def _round(found: dict[str, Any]) -> Round:
    return Round(**{**found, "quiet": _phase(found["quiet"]), "flooded": _phase(found["flooded"])})


def _phase(found: dict[str, Any]) -> Phase:
    names = {field.name for field in fields(Kind)}
    kinds = {kind: Kind(**{name: one[name] for name in names}) for kind, one in found["kinds"].items()}
    return Phase(**{**found, "kinds": kinds})

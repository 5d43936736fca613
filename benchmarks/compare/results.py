"""The result of a comparison: what is kept as JSON, and the figures that come of it."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from benchmarks.compare.calls import Operation
from benchmarks.compare.counting import Counts
from benchmarks.compare.running import Sample
from benchmarks.results import write

__all__ = ["BASE", "BackendResult", "Machine", "Result", "read", "write"]

BASE: Final = "tutorial"
"""What the others are compared with."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What it was measured on.

    Args:
        cores: that this run may use.
        processor: as it names itself.
        system: the kernel.
        postgres: its version.
        load: of the machine when the run began, a minute's average; what else ran there.
    """

    cores: int
    processor: str
    system: str
    postgres: str
    load: float


@dataclass(frozen=True)
class BackendResult:
    """All of one backend.

    Args:
        title: for people.
        refresh_is: what was measured as its refresh.
        versions: what it is made of.
        cold_start: seconds, of each start.
        memory: MB of all its processes, before any load and after all of it.
        samples: one a round, by operation.
        crowd: one a round: refreshes over 64 connections.
        counts: by operation.
    """

    title: str
    refresh_is: str
    versions: Mapping[str, str]
    cold_start: Sequence[float]
    memory: tuple[float, float]
    samples: Mapping[Operation, Sequence[Sample]]
    crowd: Sequence[Sample]
    counts: Mapping[Operation, Counts]

    def median(self, operation: Operation, name: str) -> float:
        """The median over the rounds of a figure of the samples, ``rate`` for example."""
        return statistics.median(float(getattr(sample, name)) for sample in self.samples[operation])

    def crowd_median(self, name: str) -> float:
        """The same of the refreshes over 64 connections."""
        return statistics.median(float(getattr(sample, name)) for sample in self.crowd)


@dataclass(frozen=True)
class Result:
    """A whole run.

    Args:
        commit: of the code; with a plus where files differed from it.
        taken: the day, ISO 8601.
        command: that made it.
        machine: what it ran on.
        bare: the driver against a server that does nothing: ``rate``, and ``driver``, ms of its processor time.
        backends: by name.
    """

    commit: str
    taken: str
    command: str
    machine: Machine
    bare: Mapping[str, float]
    backends: Mapping[str, BackendResult]

    def ratio(self, name: str, operation: Operation, *, base: str = BASE) -> float | None:
        """How many times the base's rate, the median of the rounds' ratios; None where one was not measured so."""
        if name not in self.backends or base not in self.backends:
            return None
        of, to = (self.backends[one].samples.get(operation, ()) for one in (name, base))
        if not of or not to:
            return None
        return statistics.median(a.rate / b.rate for a, b in zip(of, to, strict=True))


def read(path: Path) -> Result:
    """Read what :func:`~benchmarks.results.write` wrote.

    Raises:
        OSError: there is no such file.
    """
    found = json.loads(path.read_text(encoding="utf-8"))
    backends = {
        name: BackendResult(
            **{
                **given,
                "memory": tuple(given["memory"]),
                "samples": {operation: [Sample(**one) for one in many] for operation, many in given["samples"].items()},
                "crowd": [Sample(**one) for one in given["crowd"]],
                "counts": {operation: Counts(**one) for operation, one in given["counts"].items()},
            }
        )
        for name, given in found["backends"].items()
    }
    rest = {field.name: found[field.name] for field in fields(Result) if field.name not in {"machine", "backends"}}
    return Result(**rest, machine=Machine(**found["machine"]), backends=backends)

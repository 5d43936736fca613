"""The figures of the simulation: counted, judged against chance, and printed."""

import math
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from keyturn.sessions.client import BindingKind
from tests.proofs.engines import Engine
from tests.proofs.honest import PATTERNS, Pattern, live
from tests.proofs.thieves import HABITS, Catch, Habit, steal

__all__ = ["Honest", "Hunt", "honest", "hunt", "table"]


@dataclass(frozen=True, slots=True)
class Honest:
    """Honest clients of one pattern."""

    refreshes: int
    signed_out: int

    @property
    def per_million(self) -> float:
        """Honest log-outs per million refreshes."""
        return 1e6 * self.signed_out / self.refreshes

    def __str__(self) -> str:
        if self.signed_out:
            return f"{self.per_million:.0f} ({self.signed_out})"
        # None seen says only this much, at 95 %: the Poisson bound -ln(0.05).
        return f"0 (<{-math.log(0.05) * 1e6 / self.refreshes:.0f})"


@dataclass(frozen=True, slots=True)
class Hunt:
    """Thieves of one habit."""

    catches: tuple[Catch, ...]

    @property
    def unnoticed(self) -> int:
        """How many went on for ever."""
        return sum(not catch.noticed for catch in self.catches)

    @property
    def uses(self) -> list[int]:
        """Uses until dead, of those who were noticed."""
        return [len(catch.uses) for catch in self.catches if catch.noticed]

    @property
    def most_counted(self) -> int:
        """The most uses outside the grace time that any had once the victim acted; see :attr:`Catch.counted`."""
        return max(catch.counted for catch in self.catches)

    def __str__(self) -> str:
        if self.unnoticed == len(self.catches):
            return "unnoticed"
        share = f" {100 * self.unnoticed / len(self.catches):.0f}% not" if self.unnoticed else ""
        return f"{statistics.median_high(self.uses)}, {max(self.uses)} ({self.most_counted}){share}"


def honest(pattern: Pattern, engine: Engine, kind: BindingKind | None, *, refreshes: int, seed: int) -> Honest:
    """Let sessions of one pattern live, one after the other, until there were so many refreshes."""
    rng = Random(f"{seed} {pattern.name}")
    done = out = 0
    while done < refreshes:
        life = live(pattern, engine, kind, rng)
        done += life.refreshes
        out += life.signed_out
    return Honest(done, out)


def hunt(habit: Habit, engine: Engine, kind: BindingKind | None, *, thieves: int, seed: int) -> Hunt:
    """Let so many thieves of one habit steal from a victim each."""
    rng = Random(f"{seed} {habit.name}")
    return Hunt(tuple(steal(habit, engine, kind, rng) for _ in range(thieves)))


def table(
    engine: Engine, kinds: Mapping[str, BindingKind | None], *, refreshes: int, thieves: int, seed: int
) -> Iterator[str]:
    """Yield the table of every pattern and habit, line by line, for some kinds of binding by their names."""
    yield f"{'':24}" + "".join(f"{name:>18}" for name in kinds)
    yield f"honest log-outs per million refreshes (seen), of {refreshes:,} or more each"
    for pattern in PATTERNS:
        cells = [str(honest(pattern, engine, kind, refreshes=refreshes, seed=seed)) for kind in kinds.values()]
        yield f"  {pattern.name:22}" + "".join(f"{cell:>18}" for cell in cells)
    yield f"thieves without the binding, {thieves} each: uses until dead, median and most"
    yield "(and the most of them outside the grace time, once the victim had acted)"
    for habit in HABITS:
        cells = [str(hunt(habit, engine, kind, thieves=thieves, seed=seed)) for kind in kinds.values()]
        yield f"  {habit.name:22}" + "".join(f"{cell:>18}" for cell in cells)

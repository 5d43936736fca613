"""What a number of users and of refreshes a second needs, out of what was measured. Computes, and measures nothing.

    .venv/bin/python -m benchmarks.sizing [--users 100000000] [--refreshes 50000] [--publish]

Reads ``comparison.json`` (``make bench``) and ``growth.json`` (``benchmarks.growth --publish``) below
``docs/performance``. With --publish it writes the table in ``docs/scale.md``.
"""

import argparse
import json
import math
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.compare.environments import ROOT
from benchmarks.compare.publish import FOLDER, between
from benchmarks.compare.results import Result, read
from benchmarks.peers.keyturn.peer import Keyturn

__all__ = ["MARKS", "Measured", "Wanted", "main", "markdown", "measured"]

PAGE: Final = ROOT / "docs" / "scale.md"
MARKS: Final = ("<!-- sizing: begin; written by `benchmarks.sizing` -->", "<!-- sizing: end -->")
_MEGA: Final = 1e6
_GIGA: Final = 1e9


@dataclass(frozen=True, slots=True)
class Measured:
    """What one refresh and one session cost.

    Args:
        server: milliseconds of processor time of Keyturn a refresh.
        database: the same of PostgreSQL.
        wal: bytes of its log a refresh.
        session: bytes of table and indexes a session.
        sessions: in the table that this was seen in.
        source: processor and commit, for people.
    """

    server: float
    database: float
    wal: float
    session: float
    sessions: int
    source: str


@dataclass(frozen=True)
class Wanted:
    """What is to be carried.

    Args:
        users: all of them.
        refreshes: a second, at the busiest.
        sessions_a_user: rows that are kept, ended ones among them.
        access_lifetime: seconds; a client that is in use refreshes once in it.
        busy: how much of its processors a machine may use, so that a peak and the loss of a machine find room.
        cores: of one machine with a part of the database.
        pool: connections of a worker process, that of the feed among them.
    """

    users: int = 100_000_000
    refreshes: int = 50_000
    sessions_a_user: float = 2
    access_lifetime: int = 300
    busy: float = 0.6
    cores: int = 32
    pool: int = 9

    @property
    def rows(self) -> float:
        """Sessions in the table."""
        return self.users * self.sessions_a_user

    @property
    def in_use(self) -> float:
        """Clients that are in use at once."""
        return self.refreshes * self.access_lifetime

    def needed(self, milliseconds: float) -> int:
        """Cores for so much processor time a refresh."""
        return math.ceil(self.refreshes * milliseconds / 1000 / self.busy)

    def shards(self, database: float) -> int:
        """Machines for the database, one at least."""
        return max(1, math.ceil(self.needed(database) / self.cores))


def measured(result: Result, growth: list[dict[str, Any]]) -> Measured:
    """Take what is needed out of both files.

    Args:
        result: of the comparison.
        growth: the sizes of a growth run.
    """
    ours = result.backends[Keyturn.name]
    largest = max(growth, key=lambda size: int(size["sessions"]))
    return Measured(
        server=statistics.median(sample.server for sample in ours.samples["refresh"]),
        database=statistics.median(sample.database for sample in ours.samples["refresh"]),
        wal=ours.counts["refresh"].wal,
        session=float(largest["megabytes"]) * _MEGA / int(largest["sessions"]),
        sessions=int(largest["sessions"]),
        source=f"{result.machine.processor}, commit {result.commit[:12]}",
    )


def markdown(cost: Measured, wanted: Wanted) -> str:
    """The table."""
    servers = wanted.needed(cost.server)
    rows = [
        (
            "clients in use at once",
            f"one refresh in {wanted.access_lifetime} s",
            f"{wanted.in_use / _MEGA:,.0f} million",
        ),
        ("cores for Keyturn", f"{cost.server:.2g} ms a refresh", f"{servers:,}"),
        ("cores for the database", f"{cost.database:.2g} ms a refresh", f"{wanted.needed(cost.database):,}"),
        (f"machines of {wanted.cores} cores for the database", "", f"{wanted.shards(cost.database):,}"),
        (f"connections, a worker a core, {wanted.pool} each", "", f"{servers * wanted.pool:,}"),
        (
            "log of the database",
            f"{cost.wal:,.0f} bytes a refresh",
            f"{wanted.refreshes * cost.wal / _MEGA:,.0f} MB/s",
        ),
        (
            "table of sessions",
            f"{cost.session:,.0f} bytes each among {cost.sessions:,}",
            f"{wanted.rows * cost.session / _GIGA:,.0f} GB",
        ),
    ]
    first = f"For {wanted.users:,} users and {wanted.refreshes:,} refreshes a second at the busiest:"
    last = (
        f"Machines work at {wanted.busy:.0%} of what they can, and {wanted.sessions_a_user:g} sessions a user are kept."
        f" Measured on: {cost.source}."
    )
    table = ["| what | measured | so |", "| --- | --- | --- |", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join([first, "", *table, "", last])


def main() -> int:
    """Compute and print; exit with 1 where nothing was measured yet."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--users", type=int, default=Wanted.users)
    options.add_argument("--refreshes", type=int, default=Wanted.refreshes, help="a second")
    options.add_argument("--results", type=Path, default=FOLDER, help="where the two files are")
    options.add_argument("--publish", action="store_true", help="write docs/scale.md")
    given = options.parse_args()
    try:
        growth = json.loads((given.results / "growth.json").read_text(encoding="utf-8"))
        cost = measured(read(given.results / "comparison.json"), growth)
    except FileNotFoundError as error:
        print(f"there is no {error.filename} yet: run `make bench` and `python -m benchmarks.growth --publish` first")
        return 1
    text = markdown(cost, Wanted(users=given.users, refreshes=given.refreshes))
    print(text)
    if given.publish:
        PAGE.write_text(between(PAGE.read_text(encoding="utf-8"), text, marks=MARKS), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

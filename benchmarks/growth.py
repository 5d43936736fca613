"""Whether a refresh gets slower as sessions and users become many.

    .venv/bin/python -m benchmarks.growth [--sizes 10000,100000,1000000,10000000] [--rounds 7] [--publish]

For each size a database of its own, on one PostgreSQL, with so many sessions of up to a million users, written by
``generate_series``, and a ``keyturn serve`` of two workers on it. Then the servers are driven in turn, round by round:
each refresh is of another session, taken at random from the whole table. Needs disk: about a gigabyte for two million
sessions.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from benchmarks.compare.counting import Counter
from benchmarks.compare.environments import BUILD
from benchmarks.compare.peer import USERS, Site
from benchmarks.compare.publish import FOLDER, PAGE, between
from benchmarks.compare.rounds import say
from benchmarks.compare.running import Backend, Sample
from benchmarks.fleet import Postgres, end_cleanly
from benchmarks.peers.keyturn.peer import KEYTURN, Keyturn
from benchmarks.plots import Range, figure, ranges
from tests.services.ports import free_port
from tests.services.postgres import PostgresServer
from tests.services.process import clean_environment

__all__ = ["MARKS", "Size", "growth", "main", "markdown", "plot"]

SIZES: Final = (10_000, 100_000, 1_000_000, 10_000_000)
GOAL: Final = 1.2
LEAST: Final = 1.5
MARKS: Final = ("<!-- growth: begin; written by `benchmarks.growth` -->", "<!-- growth: end -->")
_MOST_USERS: Final = 1_000_000
_SESSIONS_A_USER: Final = 10
_CONNECTIONS: Final = 4

_MORE_USERS: Final = """
INSERT INTO auth_user (username, password, first_name, last_name, email, is_active, is_staff, is_superuser, date_joined)
SELECT 'more' || n, (SELECT password FROM auth_user LIMIT 1), '', '', '', true, false, false, now()
FROM generate_series(1, %s) AS n
"""
_INDEXES: Final = """
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = 'keyturn_session'
AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""
"""Those that are no constraint's: made anew after all rows are there."""
_TEMPLATE: Final = """
from django.contrib.auth.models import User
from rest_framework_simplejwt.tokens import RefreshToken
RefreshToken.for_user(User.objects.get(username="user0"))
"""
_MINT: Final = """
import json
from keyturn.sessions.models import Session
from keyturn.tokens.minting import encode_refresh, refresh_payload
chosen = json.load(open(%r))
rows = Session.objects.select_related("user").in_bulk(chosen)
print("minted", json.dumps([
    encode_refresh(refresh_payload(row, {"user_id": str(row.user_id)})) for row in rows.values()
]))
"""


@dataclass(frozen=True)
class Size:
    """A table of some size, and how its refreshes went.

    Args:
        sessions: rows of the table.
        users: rows of theirs.
        megabytes: of the table and its indexes.
        p50: milliseconds, one a round.
        p95: the same.
        p99: the same.
        server: processor time of the server a refresh, milliseconds, one a round.
        database: of PostgreSQL.
    """

    sessions: int
    users: int
    megabytes: float
    p50: Sequence[float]
    p95: Sequence[float]
    p99: Sequence[float]
    server: Sequence[float]
    database: Sequence[float]


class _Table:
    """One size: its database, its server, its tokens."""

    def __init__(self, stack: ExitStack, postgres: Postgres, sessions: int, *, rounds: int, refreshes: int) -> None:
        say(f"making {sessions:,} sessions")
        self.sessions = sessions
        self._refreshes = refreshes
        self._directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="keyturn-growth-")))
        url = stack.enter_context(PostgresServer(postgres.url).new_database())
        self._backend = Backend(Keyturn(), Site(self._directory, url, free_port()), postgres=postgres.pid)
        self._keyturn(_TEMPLATE)
        with psycopg.connect(url, autocommit=True) as connection:
            self.users = _add_users(connection, sessions)
            _add_sessions(connection, sessions, self.users)
            row = connection.execute("SELECT pg_total_relation_size('keyturn_session')").fetchone()
            assert row is not None
            self.megabytes = row[0] / 1e6
            self._tokens = self._mint(connection, (rounds + 1) * refreshes)
        self._backend.start()
        stack.callback(self._backend.stop)
        self.samples: list[Sample] = []

    def _keyturn(self, code: str) -> str:
        done = subprocess.run(
            [*KEYTURN, "shell", "-v", "0", "-c", code],
            cwd=self._directory,
            env=clean_environment(self._backend.launch.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        return done.stdout

    def _mint(self, connection: "psycopg.Connection[tuple[Any, ...]]", count: int) -> list[str]:
        chosen = connection.execute(
            "SELECT id::text FROM keyturn_session WHERE random() < %s ORDER BY random() LIMIT %s",
            [2 * count / self.sessions, count],
        ).fetchall()
        assert len(chosen) == count, f"{len(chosen)} of {count} sessions: too few for so many rounds"
        file = self._directory / "chosen.json"
        file.write_text(json.dumps([name for (name,) in chosen]), encoding="utf-8")
        minted: list[str] = json.loads(self._keyturn(_MINT % str(file)).partition("minted ")[2])
        return minted

    def drive(self) -> None:
        """One round."""
        tokens, self._tokens = self._tokens[: self._refreshes], self._tokens[self._refreshes :]
        self.samples.append(self._backend.spend(tokens, connections=_CONNECTIONS))

    def result(self) -> Size:
        """Everything but the first round, which warmed up."""
        kept = self.samples[1:]
        figures: dict[str, Any] = {
            name: [getattr(one, name) for one in kept] for name in ("p50", "p95", "p99", "server", "database")
        }
        return Size(self.sessions, self.users, self.megabytes, **figures)


def _add_users(connection: "psycopg.Connection[tuple[Any, ...]]", sessions: int) -> int:
    wanted = min(_MOST_USERS, max(USERS, sessions // _SESSIONS_A_USER))
    connection.execute(_MORE_USERS, [wanted - USERS])
    return wanted


def _add_sessions(connection: "psycopg.Connection[tuple[Any, ...]]", sessions: int, users: int) -> None:
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = 'keyturn_session' AND column_name NOT IN ('id', 'user_id')"
    ).fetchall()
    columns = sql.SQL(", ").join(sql.Identifier(name) for (name,) in found)
    indexes = connection.execute(_INDEXES).fetchall()
    for name, _ in indexes:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    # Each row's user is one that was just counted: nothing has to look for it ten million times.
    connection.execute("SET session_replication_role = replica")
    # The users' keys have no holes, and with the same password all sessions have the same fingerprint.
    connection.execute(
        sql.SQL(
            "INSERT INTO keyturn_session (id, user_id, {columns})"
            " SELECT uuidv7(), (SELECT min(id) FROM auth_user) + floor(random() * {users})::int, {columns}"
            " FROM (SELECT * FROM keyturn_session LIMIT 1) AS one, generate_series(2, {sessions})"
        ).format(columns=columns, users=sql.Literal(users), sessions=sql.Literal(sessions))
    )
    connection.execute("RESET session_replication_role")
    for _, definition in indexes:
        connection.execute(sql.SQL(definition))
    connection.execute("VACUUM ANALYZE")
    connection.execute("CHECKPOINT")


def growth(sizes: Sequence[Size], name: str = "p50") -> float:
    """How many times as long as with the fewest sessions a refresh takes with the most: the median of the rounds."""
    ordered = sorted(sizes, key=lambda size: size.sessions)
    few, many = getattr(ordered[0], name), getattr(ordered[-1], name)
    return statistics.median(float(b / a) for a, b in zip(few, many, strict=True))


def markdown(sizes: Sequence[Size]) -> str:
    """The table, and the line that says whether the goal was reached."""
    lines = [
        "| sessions | users | table and indexes, MB | p50, ms | p95 | p99 | server, ms | database, ms |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for size in sizes:
        figures = (size.p50, size.p95, size.p99, size.server, size.database)
        cells = [f"{size.sessions:,}", f"{size.users:,}", f"{size.megabytes:,.0f}"]
        lines.append(f"| {' | '.join([*cells, *(figure(statistics.median(one)) for one in figures)])} |")
    ratio = growth(sizes)
    verdict = "reached" if ratio <= GOAL else "at least that" if ratio <= LEAST else "missed"
    measured = f"goal {GOAL:g}, at least {LEAST:g}: {verdict}"
    said = f"From the fewest to the most the median grew **{ratio:.2f}** times; {measured}."
    return "\n".join([*lines, "", said]) + "\n"


def plot(sizes: Sequence[Size]) -> str:
    """The plot."""
    rows = [
        Range(f"{size.sessions:,} sessions", [statistics.median(one) for one in (size.p50, size.p95, size.p99)])
        for size in sizes
    ]
    return ranges("A refresh at 4 connections, ms: p50, p95, p99", rows)


def main() -> int:
    """Measure, print, keep; exit with 1 where the least is missed."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--sizes", default=",".join(map(str, SIZES)), help="sessions, ascending (%(default)s)")
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--refreshes", type=int, default=600, help="of each server in a round (%(default)s)")
    options.add_argument("--publish", action="store_true", help="write docs/performance.md")
    given = options.parse_args()
    end_cleanly()
    with ExitStack() as stack:
        postgres = Postgres(Counter.settings)
        stack.callback(postgres.stop)
        tables = [
            _Table(stack, postgres, int(size), rounds=given.rounds, refreshes=given.refreshes)
            for size in given.sizes.split(",")
        ]
        for number in range(given.rounds + 1):
            for table in tables:
                table.drive()
            say(f"round {number} of {given.rounds}")
        sizes = [table.result() for table in tables]
    folder = FOLDER if given.publish else BUILD / "results" / "growth"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "growth.json").write_text(json.dumps([asdict(size) for size in sizes], indent=1) + "\n", encoding="utf-8")
    (folder / "growth.svg").write_text(plot(sizes), encoding="utf-8")
    print(markdown(sizes))
    if given.publish:
        text = f"![Ranges: latency of a refresh at each size](performance/growth.svg)\n\n{markdown(sizes)}"
        PAGE.write_text(between(PAGE.read_text(encoding="utf-8"), text, marks=MARKS), encoding="utf-8")
    return 0 if growth(sizes) <= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())

"""How long a revoked session is still accepted, by three servers and two services that verify by themselves.

    .venv/bin/python -m benchmarks.revocation_latency [--revocations 500] [--phases plain,pgbouncer]

Three ``keyturn serve`` processes on one PostgreSQL with its default durability, the FastAPI and the Node example beside
them, and a moderate load on all five. A session is first accepted everywhere, then ended at one server, by log-out,
``DELETE /sessions/…/`` and ``/token/blacklist/`` in turn, while each of the five is shown its access token every 20 ms
until it refuses it.

Times are counted from before the revoking request is sent; the commit comes after that. In the phase ``restart``, where
that request may wait for the database, they are counted from the commit, whose time PostgreSQL notes
(``track_commit_timestamp``). An accepted request is late if it was sent later than 1 s after the commit. 503 is
allowed, and counted, where a database or an issuer is away: it lets nobody in.

Phases: ``plain``; ``pgbouncer`` in transaction mode between the servers and PostgreSQL; ``killed``: all connections of
the servers are ended just before each revocation; ``restart``: PostgreSQL is restarted, and crashed and recovered, in
turn, in the middle of revocations; ``paused``: one server is stopped (SIGSTOP) for 10 s, sessions are ended at the
others, and what was sent to it in the meantime and right after it goes on is judged like everything else.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import psycopg

from benchmarks.asking import Channel, paced, percentile, request
from benchmarks.fleet import Fleet, Postgres, Session, end_cleanly, start_pgbouncer, versions
from benchmarks.revoking import PAUSE, SERVERS, Stage, killed, one_by_one, paused, restarted
from benchmarks.witnessing import BOUND, Place, Tally, is_refusal
from tests.services.postgres import PostgresServer

__all__ = ["main"]

PHASES: Final = ("plain", "pgbouncer", "killed", "restart", "paused")
_COMMITTED: Final = (
    "SELECT session_id::text, extract(epoch FROM min(pg_xact_commit_timestamp(txid::xid)))::float8"
    " FROM keyturn_revocation WHERE session_id IS NOT NULL GROUP BY session_id"
)


@asynccontextmanager
async def _load(stage: Stage, sessions: list[Session], rate: float) -> AsyncIterator[Counter[str]]:
    """Ask all places, and refresh at the servers, so many times a second altogether, meanwhile."""
    answered: Counter[str] = Counter()
    until = asyncio.Event()

    def asking(place: Place) -> Callable[[], Awaitable[None]]:
        channel = Channel(place.port, patience=PAUSE + 5)

        async def ask() -> None:
            answer = await channel.ask(place.show(random.choice(sessions).access))  # noqa: S311 - no secret
            answered[str(answer.status)] += 1

        return ask

    def refreshing(server: Place, mine: list[Session]) -> Callable[[], Awaitable[None]]:
        channel = Channel(server.port, patience=PAUSE + 5)

        async def refresh() -> None:
            session = mine[0]
            body = json.dumps({"refresh": session.refresh}).encode()
            answer = await channel.ask(request("POST", "/token/refresh/", body=body))
            answered[f"refresh {answer.status}"] += 1
            if answer.status == 200:
                mine[0] = Session(session.sid, **json.loads(answer.body))

        return refresh

    each = rate / len(stage.places)
    turns = [(asking(place), each * 0.8) for place in stage.places]
    turns += [(refreshing(server, [sessions.pop()]), each * 0.2) for server in stage.servers]
    tasks = [asyncio.create_task(paced(turn, rate=share, until=until)) for turn, share in turns]
    try:
        yield answered
    finally:
        until.set()
        await asyncio.gather(*tasks)


async def _phase(name: str, stage: Stage, given: argparse.Namespace) -> bool:
    """Play one phase and print its figures; say whether it reached its goal."""
    share = {"plain": 1.0, "pgbouncer": 1.0, "killed": 0.4, "restart": 0.2, "paused": 0.06}[name]
    count = max(3, round(given.revocations * share))
    sessions = await asyncio.to_thread(stage.fleet.open_sessions, count + 30)
    playing = {"killed": killed, "restart": restarted, "paused": paused}.get(name, one_by_one)
    began = time.monotonic()
    print(f"\n{name}: {count} revocations", flush=True)
    async with _load(stage, sessions[count:], given.load) as answered:
        await asyncio.sleep(1)
        records = await playing(stage, sessions[:count])
    seconds = time.monotonic() - began
    async with await psycopg.AsyncConnection.connect(stage.database, autocommit=True) as connection:
        committed = {sid: at async for sid, at in await connection.execute(_COMMITTED)}
    for record in records:
        record.committed = committed[record.sid]
    again = await _once_more(stage, sessions[:count])
    tally = Tally(records, from_commit=name == "restart")
    tally.show()
    total = sum(answered.values())
    print(f"  load: {total / seconds:.0f} requests/s for {seconds:.0f} s: {dict(answered.most_common())}")
    print(f"  afterwards each was shown everywhere once more: {dict(again)}")
    if tally.strange:
        print(f"  answers that nobody should get: {dict(tally.strange)}")
    is_reached = not tally.accepted_late and not tally.never and not tally.strange and not again["200"]
    if name in {"plain", "pgbouncer", "killed"}:
        is_reached = is_reached and percentile(tally.everywhere, 0.99) < BOUND
    told = f"{tally.accepted_late} accepted later than {BOUND:g} s after the commit, {tally.never} never refused"
    print(f"  goal {'reached' if is_reached else 'NOT REACHED'}: {told}", flush=True)
    return is_reached


async def _once_more(stage: Stage, sessions: Sequence[Session]) -> Counter[str]:
    """Show every token everywhere again: a refusal has to last."""
    found: Counter[str] = Counter()

    async def show(place: Place) -> None:
        channel = Channel(place.port)
        for session in sessions:
            answer = await channel.ask(place.show(session.access))
            found["refused" if is_refusal(answer) else str(answer.status)] += 1
        channel.close()

    await asyncio.gather(*map(show, stage.places))
    return found


def _stage(stack: ExitStack, postgres: Postgres, *, pooled: bool) -> Stage | None:
    """Start servers and services; None where the pooler is missing."""
    database = through = stack.enter_context(PostgresServer(postgres.url).new_database())
    if pooled:
        started = start_pgbouncer(database)
        if started is None:
            return None
        stack.callback(started[0].stop)
        through = started[1]
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="keyturn-benchmark-")))
    fleet = Fleet(stack, directory, through, count=SERVERS, variables={"KEYTURN_ACCESS_LIFETIME": "30m"})
    places = [Place(f"server {number}", each.port, "/home/") for number, each in enumerate(fleet.servers, start=1)]
    places.append(Place("FastAPI", fleet.start_example("fastapi").port, "/me"))
    if fleet.has_node():
        places.append(Place("Node", fleet.start_example("express").port, "/me"))
    else:
        print("NODE IS MISSING: nothing here says anything about the Node service.")
    return Stage(fleet, places, postgres, database)


def _phases(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(PHASES):
        raise argparse.ArgumentTypeError(f"no such phase: {', '.join(sorted(unknown))}")
    return names


def main() -> int:
    """Play the phases, print the tables, and say whether the goals were reached."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--revocations", type=int, default=500, help="of plain and pgbouncer; fewer with faults")
    options.add_argument("--phases", type=_phases, default=list(PHASES), help="separated by commas")
    options.add_argument("--load", type=float, default=150, help="requests a second to all five, besides")
    given = options.parse_args()
    end_cleanly()
    reached = True
    with ExitStack() as outer:
        postgres = Postgres()
        outer.callback(postgres.stop)
        print(versions(postgres), flush=True)
        for pooled in (False, True):
            names = [name for name in given.phases if (name == "pgbouncer") is pooled]
            if not names:
                continue
            with ExitStack() as stack:
                stage = _stage(stack, postgres, pooled=pooled)
                if stage is None:
                    print("\nPGBOUNCER IS MISSING: nothing here says anything about poolers.")
                    continue
                for name in names:
                    reached = asyncio.run(_phase(name, stage, given)) and reached
    print(f"\nGoal: nothing accepted later than {BOUND:g} s. {'Reached' if reached else 'Not reached'}.")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())

"""How long a revoked session is still accepted, by three servers and two services that verify by themselves.

    .venv/bin/python -m benchmarks.revocation_latency [--revocations 500] [--phases plain,pgbouncer]

Three ``keyturn serve`` processes on one PostgreSQL with its default durability, the FastAPI and the Node example beside
them, and a moderate load on all five. A session is first accepted everywhere, then ended at one server, by log-out,
``DELETE /sessions/…/`` and ``/token/blacklist/`` in turn, while each of the five is shown its access token every 20 ms
until it refuses it.

Times are counted from before the revoking request is sent; the commit comes after that. In the phase ``restart``, where
that request may wait for the database, they are counted from the commit, whose time PostgreSQL notes
(``track_commit_timestamp``). An accepted request is late if it was sent later than 1 s after the commit. 503 is allowed,
and counted, where a database or an issuer is away: it lets nobody in.

Phases: ``plain``; ``pgbouncer`` in transaction mode between the servers and PostgreSQL; ``killed``: all connections of
the servers are ended just before each revocation; ``restart``: PostgreSQL is restarted, and crashed and recovered, in
turn, in the middle of revocations; ``paused``: one server is stopped (SIGSTOP) for 10 s, sessions are ended at the
others, and what was sent to it in the meantime and right after it goes on is judged like everything else.
"""

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from benchmarks.asking import Channel, paced, percentile, request
from benchmarks.fleet import Fleet, Frozen, Postgres, Session, end_cleanly, start_pgbouncer, versions
from benchmarks.witnessing import BOUND, Place, Record, Tally, ask_all, is_refusal, watch
from tests.services.postgres import PostgresServer

__all__ = ["main"]

PHASES: Final = ("plain", "pgbouncer", "killed", "restart", "paused")
SERVERS: Final = 3
PAUSE: Final = 10.0
"""Seconds."""
AWAY: Final = 3.0
"""Seconds for which every third restart leaves PostgreSQL away."""
PATIENCE: Final = 30.0
"""Seconds after which a place that does not refuse is given up."""
_KILL: Final = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_COMMITTED: Final = (
    "SELECT session_id::text, extract(epoch FROM min(pg_xact_commit_timestamp(txid::xid)))::float8"
    " FROM keyturn_revocation WHERE session_id IS NOT NULL GROUP BY session_id"
)


@dataclass(frozen=True)
class Stage:
    """What a phase plays on.

    Args:
        fleet: the servers.
        places: the servers, and the services beside them.
        postgres: behind them.
        database: its URL, not through a pooler.
    """

    fleet: Fleet
    places: Sequence[Place]
    postgres: Postgres
    database: str

    @property
    def servers(self) -> Sequence[Place]:
        """The places where sessions are ended."""
        return self.places[:SERVERS]


async def _end(session: Session, server: Place, number: int, record: Record) -> None:
    """End a session at a server, by one of three ways; again where the server answers 503 or not at all."""
    body = json.dumps({"refresh": session.refresh, "refresh_token": session.refresh}).encode()
    raw = (
        request("POST", "/logout/", token=session.access, body=body),
        request("DELETE", f"/sessions/{session.sid}/", token=session.access),
        request("POST", "/token/blacklist/", body=body),
    )[number % 3]
    channel = Channel(server.port)
    deadline = time.monotonic() + PATIENCE
    try:
        while (answer := await channel.ask(raw)).status not in {200, 204, 205}:
            if is_refusal(answer) or answer.status == 404:
                break  # an attempt whose answer was lost had ended it already
            if answer.status not in {0, 503} or time.monotonic() > deadline:
                raise RuntimeError(f"a session cannot be ended: {answer.status} {answer.body!r}")
            await asyncio.sleep(0.05)
    finally:
        channel.close()
    record.asked = answer.sent


async def _revoke(
    stage: Stage, session: Session, number: int, before: Callable[[int], Awaitable[object]] | None
) -> Record:
    """Watch everywhere how a session is ended at one of the servers."""
    await ask_all(stage.places, session.access, seconds=PATIENCE)
    record = Record(session.sid)
    watching = [
        asyncio.create_task(
            watch(record, place, session.access, label=place.name, refused=asyncio.Event(), seconds=PATIENCE)
        )
        for place in stage.places
    ]
    try:
        # At any time between two polls of whoever follows the feed.
        await asyncio.sleep(random.uniform(0.05, 0.3))  # noqa: S311 - no secret
        if before is not None:
            await before(number)
        await _end(session, stage.servers[number % SERVERS], number // SERVERS, record)
    finally:
        await asyncio.gather(*watching)
    return record


async def _one_by_one(
    stage: Stage, sessions: Sequence[Session], before: Callable[[int], Awaitable[object]] | None = None
) -> list[Record]:
    return [await _revoke(stage, session, number, before) for number, session in enumerate(sessions)]


async def _killed(stage: Stage, sessions: Sequence[Session]) -> list[Record]:
    async with await psycopg.AsyncConnection.connect(stage.database, autocommit=True) as connection:
        return await _one_by_one(stage, sessions, lambda _: connection.execute(_KILL))


async def _restart(stage: Stage, sessions: Sequence[Session], *, every: int = 4) -> list[Record]:
    restarts: list[asyncio.Task[None]] = []

    async def begin(number: int) -> None:
        if number % every:
            return
        how = signal.SIGQUIT if len(restarts) % 2 else signal.SIGINT
        if restarts:
            await restarts[-1]
        away = 0 if len(restarts) % 3 else AWAY
        restarts.append(asyncio.create_task(asyncio.to_thread(stage.postgres.restart, how, away=away)))
        # Before, in the middle of it, or after.
        await asyncio.sleep(random.uniform(0, 0.5))  # noqa: S311 - no secret

    try:
        return await _one_by_one(stage, sessions, begin)
    finally:
        await asyncio.gather(*restarts)
        print(f"  {len(restarts)} restarts: every second one a crash, every third one with {AWAY:g} s in between")


async def _paused(stage: Stage, sessions: Sequence[Session], *, at_once: int = 3) -> list[Record]:
    records: list[Record] = []
    for turn, first in enumerate(range(0, len(sessions), at_once)):
        records += await _pause(stage, sessions[first : first + at_once], turn)
    return records


async def _pause(stage: Stage, sessions: Sequence[Session], turn: int) -> list[Record]:
    """Stop one server, end sessions at the others, let it go on."""
    paused = stage.servers[turn % SERVERS]
    others = [place for place in stage.places if place is not paused]
    ending = [server for server in stage.servers if server is not paused]
    for session in sessions:
        await ask_all(stage.places, session.access, seconds=PATIENCE)
    records = [Record(session.sid) for session in sessions]
    label = f"{paused.name}, after its pause"
    # Requests wait at the stopped server, each on a connection of its own; some are there before, to be used at once.
    ready = [
        (record, session, Channel(paused.port, patience=PATIENCE)) for record, session in _times(records, sessions)
    ]
    for _, _, channel in ready:
        await channel.open()
    tasks: list[asyncio.Task[None]] = []

    async def show(record: Record, session: Session, channel: Channel) -> None:
        record.note(label, await channel.ask(paused.show(session.access)))
        channel.close()

    with Frozen(stage.fleet.servers[turn % SERVERS]):
        until = time.monotonic() + PAUSE
        for place in others:
            away = paused is stage.servers[0] and place not in stage.servers
            name = f"{place.name}, its issuer paused" if away else place.name
            for record, session in zip(records, sessions, strict=True):
                watching = watch(record, place, session.access, label=name, refused=asyncio.Event(), seconds=PATIENCE)
                tasks.append(asyncio.create_task(watching))
        for number, (record, session) in enumerate(zip(records, sessions, strict=True)):
            await asyncio.sleep(0.3)
            await _end(session, ending[number % len(ending)], turn + number, record)
        while time.monotonic() < until:
            for record, session in zip(records, sessions, strict=True):
                tasks.append(asyncio.create_task(show(record, session, Channel(paused.port, patience=PATIENCE))))
            await asyncio.sleep(0.5)
        continued = time.time()
    for record, session, channel in ready:
        tasks.append(asyncio.create_task(show(record, session, channel)))
    for record, session in zip(records, sessions, strict=True):
        record.since = {f"{place.name}, its issuer paused": continued for place in stage.places[SERVERS:]}
        record.since[label] = continued
        watching = watch(record, paused, session.access, label=label, refused=asyncio.Event(), seconds=PATIENCE)
        tasks.append(asyncio.create_task(watching))
    await asyncio.gather(*tasks)
    return records


def _times(records: Sequence[Record], sessions: Sequence[Session]) -> list[tuple[Record, Session]]:
    """Eight of each."""
    return [pair for pair in zip(records, sessions, strict=True) for _ in range(8)]


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
    playing = {"killed": _killed, "restart": _restart, "paused": _paused}.get(name, _one_by_one)
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

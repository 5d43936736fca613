"""What happens while sessions are ended: nothing, killed connections, a restarted database, a stopped server."""

import asyncio
import json
import random
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import psycopg

from benchmarks.asking import Channel, request
from benchmarks.fleet import Fleet, Frozen, Postgres, Session
from benchmarks.witnessing import Place, Record, ask_all, is_refusal, watch

__all__ = ["PAUSE", "SERVERS", "Stage", "killed", "one_by_one", "paused", "restarted"]

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


async def one_by_one(
    stage: Stage, sessions: Sequence[Session], before: Callable[[int], Awaitable[object]] | None = None
) -> list[Record]:
    """End one session after the other.

    Args:
        stage: is played on.
        sessions: to be ended.
        before: called right before each, with its number.
    """
    return [await _revoke(stage, session, number, before) for number, session in enumerate(sessions)]


async def killed(stage: Stage, sessions: Sequence[Session]) -> list[Record]:
    """End sessions, all connections of the servers having been ended just before."""
    async with await psycopg.AsyncConnection.connect(stage.database, autocommit=True) as connection:
        return await one_by_one(stage, sessions, lambda _: connection.execute(_KILL))


async def restarted(stage: Stage, sessions: Sequence[Session], *, every: int = 4) -> list[Record]:
    """End sessions while PostgreSQL is restarted for one in so many of them."""
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
        return await one_by_one(stage, sessions, begin)
    finally:
        await asyncio.gather(*restarts)
        print(f"  {len(restarts)} restarts: every second one a crash, every third one with {AWAY:g} s in between")


async def paused(stage: Stage, sessions: Sequence[Session], *, at_once: int = 3) -> list[Record]:
    """End so many sessions in each pause of one of the servers in turn."""
    records: list[Record] = []
    for turn, first in enumerate(range(0, len(sessions), at_once)):
        records += await _pause(stage, sessions[first : first + at_once], turn)
    return records


async def _pause(stage: Stage, sessions: Sequence[Session], turn: int) -> list[Record]:
    """Stop one server, end sessions at the others, let it go on."""
    still = stage.servers[turn % SERVERS]
    others = [place for place in stage.places if place is not still]
    ending = [server for server in stage.servers if server is not still]
    for session in sessions:
        await ask_all(stage.places, session.access, seconds=PATIENCE)
    records = [Record(session.sid) for session in sessions]
    label = f"{still.name}, after its pause"
    # Requests wait at the stopped server, each on a connection of its own; some are there before, to be used at once.
    pairs = list(zip(records, sessions, strict=True))
    ready = [(*pair, Channel(still.port, patience=PATIENCE)) for pair in pairs for _ in range(8)]
    for _, _, channel in ready:
        await channel.open()
    tasks: list[asyncio.Task[None]] = []

    async def show(record: Record, session: Session, channel: Channel) -> None:
        record.note(label, await channel.ask(still.show(session.access)))
        channel.close()

    with Frozen(stage.fleet.servers[turn % SERVERS]):
        until = time.monotonic() + PAUSE
        for place in others:
            has_no_issuer = still is stage.servers[0] and place not in stage.servers
            name = f"{place.name}, its issuer paused" if has_no_issuer else place.name
            for record, session in pairs:
                watching = watch(record, place, session.access, label=name, refused=asyncio.Event(), seconds=PATIENCE)
                tasks.append(asyncio.create_task(watching))
        for number, (record, session) in enumerate(pairs):
            await asyncio.sleep(0.3)
            await _end(session, ending[number % len(ending)], turn + number, record)
        while time.monotonic() < until:
            for record, session in pairs:
                tasks.append(asyncio.create_task(show(record, session, Channel(still.port, patience=PATIENCE))))
            await asyncio.sleep(0.5)
        continued = time.time()
    for record, session, channel in ready:
        tasks.append(asyncio.create_task(show(record, session, channel)))
    for record, session in pairs:
        record.since = {f"{place.name}, its issuer paused": continued for place in stage.places[SERVERS:]}
        record.since[label] = continued
        watching = watch(record, still, session.access, label=label, refused=asyncio.Event(), seconds=PATIENCE)
        tasks.append(asyncio.create_task(watching))
    await asyncio.gather(*tasks)
    return records

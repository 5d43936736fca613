"""Rotation of the signing keys under load: does a client that caches the JWK Set ever fail to verify a token?

    .venv/bin/python -m benchmarks.rotation_under_load [--rate 200] [--rotations 10] [--jwks-max-age 2s]

Three ``keyturn serve`` processes on one PostgreSQL rotate their keys as fast as they may: a key signs for a minute, the
next is then published, and signs once every cache must know it (the JWK Set's max-age, and a minute). Meanwhile some
sessions ask all servers in turn, and refresh their access tokens when half of their life is over. Every token minted
is verified at once by PyJWT, with a JWK Set kept for exactly its max-age and not fetched in between whatever happens;
the very next requests show it to the servers that did not mint it. A failure is a token that PyJWT cannot verify, or an
answer other than 200.

Ten rotations take about 22 minutes. ``--hurry 12`` is for trying this program out: keys are published by the command
and sign after so many seconds, which is less than nodes with other clocks would need.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import jwt
import psycopg

from benchmarks.asking import Answer, Channel, paced, request
from benchmarks.fleet import AUDIENCE, Fleet, Postgres, Session, end_cleanly, versions
from tests.services.postgres import PostgresServer

__all__ = ["main"]

SERVERS: Final = 3
SESSIONS: Final = 48
WORKERS: Final = 16
"""Requests under way at any time, at most."""
_SIGNS_FOR: Final = 60.0
"""Seconds: the shortest ``KEYTURN_KEY_ROTATION``."""
_SIGN_SOON: Final = (
    "UPDATE keyturn_signing_key SET activates_at = now() + make_interval(secs => %s) WHERE activates_at > now()"
)
_PATIENCE: Final = 1.5
"""How many times the expected length of a rotation this waits for one."""


class CachingVerifier:
    """A client that fetches the JWK Set when its copy is as old as its max-age says, and never sooner.

    Args:
        fleet: asked in turn.
    """

    def __init__(self, fleet: Fleet) -> None:
        self._issuer = fleet.issuer
        self._channels = [Channel(server.port) for server in fleet.servers]
        self._keys: dict[str, jwt.PyJWK] = {}
        self._good_until = 0.0
        self.fetches = 0
        self.verified = 0
        self.signed_by: Counter[str] = Counter()
        self.failures: list[str] = []
        self.met_a_key = asyncio.Event()

    async def verify(self, token: str) -> None:
        """Verify a token that was minted just now, and count."""
        if time.monotonic() >= self._good_until:
            await self._fetch()
        kid = str(jwt.get_unverified_header(token).get("kid"))
        try:
            key = self._keys[kid]
            jwt.decode(
                token, key, algorithms=[str(key.algorithm_name)], audience=AUDIENCE, issuer=self._issuer, leeway=1
            )
        except (KeyError, jwt.PyJWTError) as error:
            self.failures.append(f"PyJWT, key {kid[:8]}: {type(error).__name__} {error}")
        else:
            self.verified += 1
        self.signed_by[kid] += 1
        if self.signed_by[kid] == 1:
            self.met_a_key.set()

    async def _fetch(self) -> None:
        channel = self._channels[self.fetches % len(self._channels)]
        self.fetches += 1
        began = time.monotonic()
        answer = await channel.ask(request("GET", "/.well-known/jwks.json"))
        if answer.status != 200:
            self.failures.append(f"the JWK Set: {answer.status}")
            return
        directives = answer.headers["cache-control"].replace(" ", "").split(",")
        max_age = next(float(each.split("=")[1]) for each in directives if each.startswith("max-age="))
        self._keys = {key.key_id or "": key for key in jwt.PyJWKSet.from_json(answer.body.decode()).keys}
        self._good_until = began + max_age


class Load:
    """Sessions that ask and refresh.

    Args:
        fleet: asked in turn.
        sessions: opened already.
        verifier: is shown every new token.
        lifetime: of an access token, seconds.
    """

    def __init__(self, fleet: Fleet, sessions: list[Session], verifier: CachingVerifier, *, lifetime: float) -> None:
        self._ports = [server.port for server in fleet.servers]
        self._tokens: list[dict[str, str]] = [{"access": each.access, "refresh": each.refresh} for each in sessions]
        # Spread, as sessions that began at different times are.
        now = time.monotonic()
        self._half = lifetime / 2
        self._due = [now + self._half * number / len(sessions) for number in range(len(sessions))]
        self._verifier = verifier
        self._turn = 0
        self.answered = 0
        self.refreshed = 0
        self.failures: list[str] = []

    async def worker(self, *, rate: float, until: asyncio.Event) -> None:
        """Ask again and again, at most so many times a second."""
        channels = [Channel(port) for port in self._ports]
        try:
            await paced(lambda: self._ask(channels), rate=rate, until=until)
        finally:
            for channel in channels:
                channel.close()

    async def _ask(self, channels: list[Channel]) -> None:
        turn = self._turn
        self._turn += 1
        number = turn % len(self._tokens)
        channel = channels[turn % len(channels)]
        if time.monotonic() >= self._due[number]:
            # Before the first await: nobody else refreshes this session meanwhile.
            self._due[number] = time.monotonic() + self._half
            await self._refresh(channel, number)
            # To those who did not mint it, at once.
            for other in channels:
                if other is not channel:
                    self._count(await other.ask(request("GET", "/home/", token=self._tokens[number]["access"])))
            return
        self._count(await channel.ask(request("GET", "/home/", token=self._tokens[number]["access"])))

    def _count(self, answer: Answer) -> None:
        if answer.status == 200:
            self.answered += 1
        else:
            self.failures.append(f"GET /home/: {answer.status} {answer.body[:200]!r}")

    async def _refresh(self, channel: Channel, number: int) -> None:
        body = json.dumps({"refresh": self._tokens[number]["refresh"]}).encode()
        answer = await channel.ask(request("POST", "/token/refresh/", body=body))
        if answer.status != 200:
            self.failures.append(f"POST /token/refresh/: {answer.status} {answer.body[:200]!r}")
            return
        self._tokens[number] = json.loads(answer.body)
        self.refreshed += 1
        await self._verifier.verify(self._tokens[number]["access"])


async def _hurry(fleet: Fleet, database: str, seconds: float) -> None:
    """Publish a key by the command, and let it sign after so many seconds."""
    await asyncio.to_thread(fleet.run, "keys", "rotate")
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute(_SIGN_SOON, [seconds])


async def _run(given: argparse.Namespace, fleet: Fleet, database: str, *, lead: float) -> dict[str, Any]:
    verifier = CachingVerifier(fleet)
    opened = await asyncio.to_thread(fleet.open_sessions, given.sessions)
    load = Load(fleet, opened, verifier, lifetime=given.access_lifetime)
    until = asyncio.Event()
    began = time.monotonic()
    tasks = [asyncio.create_task(load.worker(rate=given.rate / WORKERS, until=until)) for _ in range(WORKERS)]
    try:
        for rotation in range(1, given.rotations + 1):
            if given.hurry:
                await _hurry(fleet, database, given.hurry)
            expected = given.hurry or _SIGNS_FOR + lead + 10
            try:
                async with asyncio.timeout(_PATIENCE * expected + 20):
                    while len(verifier.signed_by) <= rotation:
                        verifier.met_a_key.clear()
                        await verifier.met_a_key.wait()
            except TimeoutError:
                print(f"No rotation {rotation} in {_PATIENCE * expected + 20:.0f} s.")
                break
            told = f"rotation {rotation} after {time.monotonic() - began:.0f} s: {load.answered} answers"
            print(
                f"{told}, {verifier.verified} verified, {len(verifier.failures + load.failures)} failures", flush=True
            )
        # Until the last tokens of the key before are refreshed.
        await asyncio.sleep(given.access_lifetime / 2 + 2)
    finally:
        until.set()
        seconds = time.monotonic() - began
        await asyncio.gather(*tasks)
    return {"verifier": verifier, "load": load, "seconds": seconds}


def _tell(given: argparse.Namespace, verifier: CachingVerifier, load: Load, seconds: float) -> int:
    failures = verifier.failures + load.failures
    rotations = max(0, len(verifier.signed_by) - 1)
    print(f"{'rotations seen':44}{rotations:>10}")
    print(f"{'authenticated requests answered':44}{load.answered:>10}   {load.answered / seconds:.0f} a second")
    print(f"{'tokens minted':44}{load.refreshed:>10}")
    print(f"{'verified by PyJWT with a cached JWK Set':44}{verifier.verified:>10}   {verifier.fetches} fetches")
    print(f"{'failures':44}{len(failures):>10}")
    for failure, count in Counter(failures).most_common(10):
        print(f"  {count} times {failure}")
    is_reached = rotations >= given.rotations and not failures and verifier.verified > 0
    print(f"Goal: {given.rotations} rotations, no failure. {'Reached' if is_reached else 'Not reached'}.")
    return 0 if is_reached else 1


def _seconds(text: str) -> float:
    return float(text.removesuffix("s"))


def main() -> int:
    """Rotate under load, print the figures, and say whether the goal was reached."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument(
        "--rate", type=float, default=200, help="authenticated requests a second, all servers together"
    )
    options.add_argument("--rotations", type=int, default=10)
    options.add_argument("--jwks-max-age", type=_seconds, default=2, help="such as 2s")
    options.add_argument("--access-lifetime", type=_seconds, default=30, help="such as 30s")
    options.add_argument("--sessions", type=int, default=SESSIONS)
    options.add_argument("--hurry", type=float, default=0, help="seconds until a published key signs; for trying out")
    given = options.parse_args()
    end_cleanly()
    with ExitStack() as stack:
        postgres = Postgres()
        stack.callback(postgres.stop)
        print(versions(postgres), flush=True)
        database = stack.enter_context(PostgresServer(postgres.url).new_database())
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="keyturn-benchmark-")))
        variables = {
            "KEYTURN_ACCESS_LIFETIME": f"{given.access_lifetime:g}s",
            "KEYTURN_JWKS_MAX_AGE": f"{given.jwks_max_age:g}s",
            "KEYTURN_KEY_ROTATION": "off" if given.hurry else f"{_SIGNS_FOR:g}s",
        }
        fleet = Fleet(stack, directory, database, count=SERVERS, variables=variables)
        found = asyncio.run(_run(given, fleet, database, lead=given.jwks_max_age + 60))
        return _tell(given, **found)


if __name__ == "__main__":
    sys.exit(main())

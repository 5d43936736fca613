"""What a storm of logins does to those who refresh and verify, and how soon those are told who find no room.

    .venv/bin/python -m benchmarks.overload [--rounds 5] [--seconds 4] [--publish]

``keyturn serve`` with two workers on a PostgreSQL of its own. Eight connections refresh, then verify, each round first
by themselves and then beside a storm: 64 connections that log in, each again as soon as it is answered. Then the queues
of logins are filled: so many connections log in that those places are taken, and one more asks again and again and is
refused. Its answers are timed, from a request's first byte to the answer's last. Users sit on the same cores.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections import Counter
from typing import Any, Final

from benchmarks.asking import NO_ANSWER, Channel, percentile, request
from benchmarks.compare.publish import PAGE, between
from benchmarks.driving import Driver, Run, wait_until
from benchmarks.fleet import Session, end_cleanly, one_server, versions
from benchmarks.login_cost import MAKE_USERS, PASSWORD, USERS
from tests.services.process import ServerProcess

__all__ = ["MARKS", "main", "markdown"]

MARKS: Final = ("<!-- overload: begin; written by `benchmarks.overload` -->", "<!-- overload: end -->")
REFUSED_GOAL: Final = 50.0
"""Milliseconds to a refusal, at the 99th percentile."""
WORKERS: Final = 2
HONEST: Final = 8
STORM: Final = 64
FULL: Final = 360
"""Connections: more than the lanes of two workers work on and keep waiting, wherever the kernel puts them."""
_LEAST_REFUSALS: Final = 100
_LEAST_SECONDS: Final = 4


class _Honest(Driver):
    """Refreshes in chains, or verifies.

    Args:
        port: of the server.
        sessions: one for each connection.
        what: "refresh" or "verify".
    """

    def __init__(self, port: int, sessions: list[Session], what: str) -> None:
        super().__init__(port, (), connections=len(sessions))
        self._what = what
        self._refresh = [each.refresh for each in sessions]
        self._access = [each.access for each in sessions]

    def next_request(self, lane: int) -> bytes:
        """Return the next step of this connection's chain, or the same question again."""
        if self._what == "verify":
            return request("POST", "/token/verify/", body=json.dumps({"token": self._access[lane]}).encode())
        return request("POST", "/token/refresh/", body=json.dumps({"refresh": self._refresh[lane]}).encode())

    def answered(self, lane: int, body: bytes) -> None:
        """Keep the new tokens."""
        if self._what == "refresh":
            told = json.loads(body)
            self._refresh[lane], self._access[lane] = told["refresh"], told["access"]


def main() -> int:
    """Measure, print the figures, and say whether refusals came in time."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=4, help="of each part of a round")
    options.add_argument("--publish", action="store_true", help="write the table into docs/performance.md")
    options.add_argument("--storm", nargs=3, metavar=("PORT", "CONNECTIONS", "SECONDS"), help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.storm:
        port, connections, seconds = (int(number) for number in given.storm)
        print(json.dumps(asyncio.run(_storm(port, connections=connections, seconds=seconds))))
        return 0
    end_cleanly()
    with one_server() as (postgres, fleet):
        fleet.run("shell", "-v", "0", "-c", MAKE_USERS)
        sessions = fleet.open_sessions(2 * HONEST)
        fleet.servers[0].stop()
        server = fleet.serve("--workers", str(WORKERS), "--threads", "8")
        found = _measure(server, sessions, rounds=given.rounds, seconds=given.seconds)
        text = markdown(found, versions(postgres))
    print(text)
    if given.publish:
        PAGE.write_text(between(PAGE.read_text(encoding="utf-8"), text, marks=MARKS), encoding="utf-8")
    return 0 if found["refused"]["p99"] <= REFUSED_GOAL else 1


def _measure(server: ServerProcess, sessions: list[Session], *, rounds: int, seconds: float) -> dict[str, Any]:
    drivers = {
        "refresh": _Honest(server.port, sessions[:HONEST], "refresh"),
        "verify": _Honest(server.port, sessions[HONEST:], "verify"),
    }
    for driver in drivers.values():
        driver.run(seconds=1)
    rates: dict[str, list[float]] = {f"{what}{where}": [] for what in drivers for where in ("", " in the storm")}
    late: dict[str, list[float]] = {name: [] for name in rates}

    def note(name: str, run: Run) -> None:
        rates[name].append(run.rate)
        late[name].append(1_000 * percentile(run.latencies, 0.99))

    logins = []
    for _ in range(rounds):
        for what, driver in drivers.items():
            note(what, driver.run(seconds=seconds))
        storm = _begin(server.port, connections=STORM, seconds=round(len(drivers) * seconds) + 3)
        time.sleep(1)
        for what, driver in drivers.items():
            note(f"{what} in the storm", driver.run(seconds=seconds))
        statuses = _end(storm)["statuses"]
        logins.append(statuses.get("200", 0) / (len(drivers) * seconds + 3))
    for driver in drivers.values():
        driver.close()
    return {
        "rates": {name: statistics.median(values) for name, values in rates.items()},
        "p99": {name: statistics.median(values) for name, values in late.items()},
        "logins": statistics.median(logins),
        "refused": _refusals(server.port, seconds=max(_LEAST_SECONDS, round(rounds * seconds))),
    }


def _refusals(port: int, *, seconds: int) -> dict[str, float]:
    """Milliseconds to a refusal while the queues of logins are full."""
    crowd = _begin(port, connections=FULL, seconds=seconds + 12)
    try:
        wait_until(lambda: asyncio.run(_ask_once(port)) == 503, seconds=30)
        times, statuses = asyncio.run(_ask_in_vain(port, seconds=seconds))
    finally:
        _end(crowd)
    if len(times) < _LEAST_REFUSALS:
        raise RuntimeError(f"only {len(times)} refusals: {statuses}")
    return {
        "count": len(times),
        "p50": 1_000 * percentile(times, 0.5),
        "p99": 1_000 * percentile(times, 0.99),
        "most": 1_000 * max(times),
    }


async def _ask_once(port: int) -> int:
    channel = Channel(port, patience=0.5)
    try:
        return (await channel.ask(_login(0))).status
    finally:
        channel.close()


async def _ask_in_vain(port: int, *, seconds: float) -> tuple[list[float], Counter[int]]:
    """Log in fifty times a second over connections of its own, and note how long each refusal took."""
    times: list[float] = []
    statuses: Counter[int] = Counter()
    until = time.monotonic() + seconds
    waiting: set[asyncio.Task[None]] = set()

    async def ask(number: int) -> None:
        channel = Channel(port, patience=5)
        await channel.open()
        answer = await channel.ask(_login(number))
        channel.close()
        statuses[answer.status] += 1
        if answer.status == 503:
            if "retry-after" not in answer.headers:
                raise RuntimeError("a refusal does not say when to come back")
            times.append(answer.received - answer.sent)

    number = 0
    while time.monotonic() < until:
        task = asyncio.create_task(ask(number))
        waiting.add(task)
        number += 1
        await asyncio.sleep(0.02)
        for done in [task for task in waiting if task.done()]:
            waiting.remove(done)
            done.result()
    await asyncio.gather(*waiting)
    return times, statuses


async def _storm(port: int, *, connections: int, seconds: float) -> dict[str, Any]:
    """Log in over so many connections for so long, each again at once; who is refused comes back as it was told to."""
    until = time.monotonic() + seconds
    statuses: Counter[int] = Counter()

    async def go_on(number: int) -> None:
        channel = Channel(port, patience=30)
        while time.monotonic() < until:
            answer = await channel.ask(_login(number), patience=max(0.1, until - time.monotonic()))
            statuses[answer.status] += 1
            number += connections
            if answer.status in {503, NO_ANSWER}:
                await asyncio.sleep(
                    min(float(answer.headers.get("retry-after", 1)), max(0.0, until - time.monotonic()))
                )
        channel.close()

    await asyncio.gather(*(go_on(number) for number in range(connections)))
    return {"statuses": {str(status): count for status, count in statuses.items()}}


def _login(number: int) -> bytes:
    body = {"username": f"user{number % USERS}", "password": PASSWORD}
    return request("POST", "/token/", body=json.dumps(body).encode())


def _begin(port: int, *, connections: int, seconds: int) -> "subprocess.Popen[str]":
    words = [sys.executable, "-m", "benchmarks.overload", "--storm", str(port), str(connections), str(seconds)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def _end(storm: "subprocess.Popen[str]") -> dict[str, Any]:
    printed, _ = storm.communicate(timeout=120)
    return dict(json.loads(printed))


def markdown(found: dict[str, Any], measured_with: str) -> str:
    """Return the tables."""
    rates, late, refused = found["rates"], found["p99"], found["refused"]
    lines = [
        "| | by itself, a second | in the storm | share | p99 by itself | p99 in the storm |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for what in ("refresh", "verify"):
        storm = f"{what} in the storm"
        lines.append(
            f"| {what} | {rates[what]:,.0f} | {rates[storm]:,.0f} | {rates[storm] / rates[what]:.0%}"
            f" | {late[what]:.1f} ms | {late[storm]:.1f} ms |"
        )
    told = (
        f"{found['logins']:.0f} logins a second were computed meanwhile.",
        f"{refused['count']:,} logins that found no place were answered 503 with `Retry-After`:",
        f"half of them within {refused['p50']:.1f} ms, 99 % within {refused['p99']:.1f} ms",
        f"(goal: {REFUSED_GOAL:.0f} ms), all within {refused['most']:.1f} ms. {measured_with}.",
    )
    lines += ["", *told]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

"""The order of a comparison: everybody set up, then round by round everybody in turn, then each alone."""

import os
import platform
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.compare.calls import OPERATIONS, Operation
from benchmarks.compare.counting import Counter, Counts
from benchmarks.compare.environments import ROOT, Missing
from benchmarks.compare.peer import CONNECTIONS, Peer, Site
from benchmarks.compare.results import BackendResult, Machine, Result
from benchmarks.compare.running import Backend, Sample, bare_rate
from benchmarks.fleet import Postgres
from tests.services.ports import free_port
from tests.services.postgres import PostgresServer

__all__ = ["Plan", "commit", "compare", "install", "machine", "say"]

_CROWD: Final = 64


@dataclass(frozen=True, slots=True)
class Plan:
    """How long it takes.

    Args:
        rounds: of all operations of all backends.
        seconds: of one operation of one backend in a round.
        login_seconds: the same of logins, of which there are few a second.
        crowd_rounds: of refreshes over 64 connections.
        counted: operations in each window in which statements are counted; 0 leaves that out.
        windows: of those.
        starts: of each program, for its cold start.
        operations: which.
    """

    rounds: int
    seconds: float
    login_seconds: float
    crowd_rounds: int
    counted: int
    windows: int
    starts: int
    operations: Sequence[Operation] = OPERATIONS


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)


def install(peers: Sequence[Peer]) -> list[Peer]:
    """Install each, and leave out loudly what this machine cannot run."""
    kept = []
    for peer in peers:
        try:
            peer.install()
        except Missing as error:
            say(f"!!! NOT MEASURED: {peer.title}: {error}")
        else:
            kept.append(peer)
    return kept


def compare(peers: Sequence[Peer], plan: Plan, *, command: str) -> Result:
    """Measure.

    Args:
        peers: installed.
        plan: how long.
        command: what made this run, for the record.

    Raises:
        RuntimeError: a backend refused something.
    """
    load = os.getloadavg()[0]
    with ExitStack() as stack:
        postgres = Postgres(Counter.settings)
        stack.callback(postgres.stop)
        backends = [_set_up(stack, peer, postgres, plan) for peer in peers]
        bare = bare_rate(seconds=min(plan.seconds, 3))
        fresh = {backend.peer.name: backend.memory() for backend in backends}
        for backend in backends:
            backend.sign_in(_CROWD if plan.crowd_rounds else CONNECTIONS)
        samples = _rounds(backends, plan)
        crowd = _crowd(backends, plan)
        used = {backend.peer.name: backend.memory() for backend in backends}
        counts = _counts(backends, plan, postgres)
        return Result(
            commit=commit(),
            taken=datetime.now(UTC).date().isoformat(),
            command=command,
            machine=machine(postgres.version, load),
            bare=bare,
            backends={
                backend.peer.name: BackendResult(
                    title=backend.peer.title,
                    refresh_is=backend.peer.refresh_is,
                    versions=backend.peer.versions(),
                    cold_start=backend.cold_starts,
                    memory=(fresh[backend.peer.name], used[backend.peer.name]),
                    samples=samples[backend.peer.name],
                    crowd=crowd[backend.peer.name],
                    counts=counts[backend.peer.name],
                )
                for backend in backends
            },
        )


def _set_up(stack: ExitStack, peer: Peer, postgres: Postgres, plan: Plan) -> Backend:
    say(f"setting up {peer.title}")
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="keyturn-bench-")))
    url = stack.enter_context(PostgresServer(postgres.url).new_database())
    backend = Backend(peer, Site(directory, url, free_port()), postgres=postgres.pid)
    stack.callback(backend.stop)
    for _ in range(plan.starts):
        backend.stop()
        backend.start()
    return backend


def _rounds(backends: Sequence[Backend], plan: Plan) -> dict[str, dict[Operation, list[Sample]]]:
    found: dict[str, dict[Operation, list[Sample]]] = {backend.peer.name: defaultdict(list) for backend in backends}
    # Round 0 warms everything up and is thrown away; the access tokens of each round are its refreshes'.
    for number in range(plan.rounds + 1):
        for operation in plan.operations:
            seconds = plan.login_seconds if operation == "login" else plan.seconds
            for backend in backends:
                if operation not in backend.peer.calls:
                    continue
                sample = backend.drive(operation, seconds=seconds if number else seconds / 2)
                if number:
                    found[backend.peer.name][operation].append(sample)
        say(f"round {number} of {plan.rounds}")
    return {name: dict(samples) for name, samples in found.items()}


def _crowd(backends: Sequence[Backend], plan: Plan) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {backend.peer.name: [] for backend in backends}
    for _ in range(plan.crowd_rounds):
        for backend in backends:
            found[backend.peer.name].append(backend.drive("refresh", seconds=plan.seconds, connections=_CROWD))
    return found


def _counts(backends: Sequence[Backend], plan: Plan, postgres: Postgres) -> dict[str, dict[Operation, Counts]]:
    found: dict[str, dict[Operation, Counts]] = {backend.peer.name: {} for backend in backends}
    if not plan.counted:
        return found
    counter = Counter(postgres.url)
    try:
        for backend in backends:
            say(f"counting statements of {backend.peer.title}")
            for operation in plan.operations:
                # The other two leave nothing behind.
                if operation in {"refresh", "login"}:
                    times = plan.counted if operation == "refresh" else max(CONNECTIONS, plan.counted // 8)
                    counts = counter.count(backend, operation, times=times, windows=plan.windows)
                    found[backend.peer.name][operation] = counts
    finally:
        counter.close()
    return found


def commit() -> str:
    """The code that is measured; with a plus where files differ from the commit."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607 - wherever it is
        return done.stdout.strip()

    return git("rev-parse", "--short=12", "HEAD") + (
        "+" if git("status", "--porcelain", "--", "src", "benchmarks") else ""
    )


def machine(postgres: str, load: float) -> Machine:
    """What this runs on.

    Args:
        postgres: its version.
        load: of the machine when the run began.
    """
    words = Path("/proc/cpuinfo").read_text(encoding="utf-8").partition("model name")[2].splitlines()[:1]
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        processor=words[0].strip("\t :") if words else platform.machine(),
        system=f"{platform.system()} {platform.release().split('-')[0]}",
        postgres=postgres,
        load=round(load, 2),
    )

"""What a process of the server holds more after each pass through the flood's requests, as Python counts it.

    .venv/bin/python -m benchmarks.soak.holding [--passes 6] [--share 1]

The whole program in one process and one thread, on a PostgreSQL of its own, without a socket; every request of the
flood that is HTTP, one after the other, pass after pass. After the first passes caches are full. What is held more from
then on is a leak, and it does not matter how long the passes take. What memory the C library and the system keep beside
is not counted: ``benchmarks.soak`` looks at that. It exits with 1 where it is more than noise.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import tracemalloc
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from benchmarks.compare.rounds import say
from benchmarks.fleet import Postgres, end_cleanly
from benchmarks.in_process import Program, Scope
from benchmarks.soak.malformed import Bait, catalogue
from benchmarks.soak.setting_up import set_up
from tests.services.postgres import PostgresServer

__all__ = ["main", "request_of"]

_FULL: Final = 2
"""Passes until caches are full."""
_NOISE: Final = 50_000
"""Bytes, over all passes that count: what was being worked on when the caches were looked at last."""


def request_of(data: bytes) -> tuple[Scope, bytes] | None:
    """Read a request's bytes as a lenient server does; None: its first line is none."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3:
        return None
    method, target, _ = words
    path, _, query = target.partition("?")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    decoded = unquote_to_bytes(path.encode("latin-1")).decode(errors="replace")
    return Scope(method, decoded, headers, query=query), body


def _inside(given: dict[str, Any]) -> dict[str, Any]:
    """What the process does that has the server's environment."""
    from keyturn.defence.steady import postponed  # noqa: PLC0415 - after the environment is set

    program = Program()
    requests = [one.data for one in catalogue(Bait(**given["bait"])) if one.is_whole][:: given["share"]]
    statuses: Counter[int] = Counter()
    held = []
    tracemalloc.start()
    for number in range(given["passes"]):
        for data in requests:
            read = request_of(data)
            if read is None:
                continue
            # An answer that must not leave yet is not waited for.
            before = postponed.set([])
            try:
                status, _ = program.answer(*read)
            finally:
                postponed.reset(before)
            statuses[status] += 1
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])
        print(f"pass {number + 1} of {given['passes']}: {held[-1] / 1e3:,.1f} kB", file=sys.stderr, flush=True)
    return {"requests": len(requests), "held": held, "statuses": dict(statuses)}


def main() -> int:
    """Measure, and exit with 1 where more is held than noise."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--passes", type=int, default=6, help=f"{_FULL + 1} at least (%(default)s)")
    options.add_argument("--share", type=int, default=1, metavar="N", help="every Nth of the requests (%(default)s)")
    options.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.inside:
        print(json.dumps(_inside(json.load(sys.stdin))), flush=True)
        # The program's threads have nothing to finish.
        os._exit(0)
    if given.passes <= _FULL:
        options.error(f"--passes must be {_FULL + 1} at least: the first {_FULL} fill caches")
    end_cleanly()
    with ExitStack() as stack:
        postgres = Postgres({"max_connections": "50"})
        stack.callback(postgres.stop)
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="keyturn-holding-")))
        url = stack.enter_context(PostgresServer(postgres.url).new_database())
        say("setting up Keyturn")
        ready = set_up(directory, url, honest=1)
        order = {"bait": ready.bait, "passes": given.passes, "share": given.share}
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.soak.holding", "--inside"],
            cwd=directory,
            env=ready.environment,
            input=json.dumps(order),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found = json.loads(done.stdout.splitlines()[-1])
    held, counted = found["held"], given.passes - _FULL
    growth = held[-1] - held[_FULL - 1]
    answers = ", ".join(f"{status} {count:,} times" for status, count in sorted(found["statuses"].items()))
    print(f"{found['requests']:,} requests in each of {given.passes} passes. Answers: {answers}.")
    early, late = (f"{one / 1e6:.2f} MB" for one in (held[_FULL - 1], held[-1]))
    print(f"Python held {early} after {_FULL} passes, and {late} after all of them:")
    verdict = "at most" if growth <= _NOISE else "MORE THAN"
    each = growth / (found["requests"] * counted)
    print(f"{growth / 1e3:+,.1f} kB, {verdict} {_NOISE / 1e3:.0f}; {each:+.2f} bytes a request.")
    return 0 if growth <= _NOISE else 1


if __name__ == "__main__":
    sys.exit(main())

"""What a login costs beyond the hash that it is for, and what a storm of logins does to memory.

    .venv/bin/python -m benchmarks.login_cost [--rounds 15] [--logins 20] [--storm 10]

``keyturn serve`` on a PostgreSQL of its own, Argon2id as the server has it. First one worker process is asked to log
users in, one after the other, and the processor time it took is compared with that of the bare Argon2id computation, by
the same library with the same parameters, in turn. Then the statements of a login are counted. Then two workers meet
64 connections that all log in at once, for so many seconds, while their memory is looked at twenty times a second.
"""

import argparse
import json
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from typing import Final

from argon2 import low_level

from benchmarks.driving import Driver
from benchmarks.fleet import Fleet, end_cleanly, one_server, versions
from benchmarks.processes import memory, most_memory, processor_seconds, workers_of
from tests.services.process import ServerProcess

__all__ = ["MAKE_USERS", "PASSWORD", "USERS", "main"]

CPU_GOAL: Final = 1.35
"""Processor time of a login, as a multiple of the bare hash's."""
STATEMENTS_GOAL: Final = 6
MEMORY_GOAL: Final = 250.0
"""MB (of 10^6 bytes) of the server with two workers, all its processes together, at their peak.

What workers share with their mould and with the server process counts once; the workers alone would look smaller."""
CONNECTIONS: Final = 64
WORKERS: Final = 2
ONE_HASH: Final = 15.0
"""MB by which a worker has surely grown that has computed a hash."""
USERS: Final = 200
PASSWORD: Final = "violet kettle 47"  # noqa: S105 - of no value

MAKE_USERS: Final = f"""
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
made = make_password({PASSWORD!r})
users = User.objects.bulk_create(
    User(username=f"user{{n}}", email=f"user{{n}}@example.org", password=made) for n in range({USERS})
)
from allauth.account.models import EmailAddress
EmailAddress.objects.bulk_create(
    EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
)
"""
_COUNT_STATEMENTS: Final = f"""
import json
from django.test import Client
from tests.services.statements import count_statements
counts = []
for name in ("user0", "user1@example.org", "nobody"):
    body = dict(username=name, password={PASSWORD!r})
    for attempt in range(2):
        with count_statements() as seen:
            Client().post("/token/", json.dumps(body), content_type="application/json", HTTP_HOST="127.0.0.1")
    counts.append(len(seen))
print("counted", json.dumps(counts))
"""


class _Storm(Driver):
    """Log-ins over many connections, of which a server may put some off: that is what its bounded queue is for."""

    put_off = 0

    def refused(self, lane: int, head: bytes, body: bytes) -> None:
        if not head.startswith(b"http/1.1 503"):
            super().refused(lane, head, body)
        self.put_off += 1


def main() -> int:
    """Measure, print the figures, and say whether the goals were reached."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=15, help="of logins and hashes in turn")
    options.add_argument("--logins", type=int, default=20, help="in each round")
    options.add_argument("--storm", type=float, default=10, help="seconds")
    given = options.parse_args()
    end_cleanly()
    with one_server() as (postgres, fleet):
        fleet.run("shell", "-v", "0", "-c", MAKE_USERS)
        print(versions(postgres))
        reached = [
            _cpu(fleet.servers[0], rounds=given.rounds, logins=given.logins),
            _statements(fleet),
        ]
        fleet.servers[0].stop()
        reached.append(_memory(fleet, seconds=given.storm))
    return 0 if all(reached) else 1


def _cpu(server: ServerProcess, *, rounds: int, logins: int) -> bool:
    driver = Driver(server.port, _logins(), connections=1)
    (worker,) = workers_of(server.pid)
    driver.run(seconds=2)
    ratios, per_login, per_hash = [], [], []
    for _ in range(rounds):
        before = processor_seconds(worker)
        done = driver.send(logins)
        login = (processor_seconds(worker) - before) / done
        bare = _bare_hash(logins)
        ratios.append(login / bare)
        per_login.append(login)
        per_hash.append(bare)
    ratio = statistics.median(ratios)
    print(f"processor time of a login        {1_000 * statistics.median(per_login):7.2f} ms")
    print(f"of the bare Argon2id hash        {1_000 * statistics.median(per_hash):7.2f} ms")
    return _verdict("processor time, times the hash", ratio, CPU_GOAL, spread=(min(ratios), max(ratios)))


def _bare_hash(count: int) -> float:
    """Processor seconds of one computation, as argon2-cffi makes it for Django."""
    made = low_level.hash_secret(
        PASSWORD.encode(),
        b"of no value at all.222",
        time_cost=2,
        memory_cost=19 * 1024,
        parallelism=1,
        hash_len=32,
        type=low_level.Type.ID,
    )
    before = time.process_time()
    for _ in range(count):
        low_level.verify_secret(made, PASSWORD.encode(), low_level.Type.ID)
    return (time.process_time() - before) / count


def _statements(fleet: Fleet) -> bool:
    printed = fleet.run("shell", "-v", "0", "-c", _COUNT_STATEMENTS)
    by_name, by_email, unknown = json.loads(printed.partition("counted ")[2].splitlines()[0])
    print(f"statements of a login by e-mail  {by_email:4}")
    print(f"statements for nobody's name     {unknown:4}")
    return _verdict("statements of a login", max(by_name, by_email), STATEMENTS_GOAL)


def _memory(fleet: Fleet, *, seconds: float) -> bool:
    server = fleet.serve("--workers", str(WORKERS))
    workers = workers_of(server.pid)
    before = [memory(worker) for worker in workers]
    # Connections belong to the worker that was there first; both must have had some.
    deadline = time.monotonic() + 60
    while min(memory(worker) - had for worker, had in zip(workers, before, strict=True)) < ONE_HASH:
        if time.monotonic() > deadline:
            raise TimeoutError("one of the workers was never asked to log anybody in")
        _Storm(server.port, _logins(), connections=CONNECTIONS).run(seconds=1)
    samples: list[float] = []
    is_over = threading.Event()

    def sample() -> None:
        while not is_over.wait(0.05):
            samples.append(memory(server.pid, and_family=True))

    sampler = threading.Thread(target=sample)
    sampler.start()
    storm = _Storm(server.port, _logins(), connections=CONNECTIONS)
    try:
        rate = storm.run(seconds=seconds).rate
    finally:
        is_over.set()
        sampler.join()
    print(f"logins a second in the storm     {rate:7.1f}")
    print(f"put off by a 503                 {storm.put_off:5}")
    print(f"memory of the workers before     {sum(before):7.1f} MB")
    print(f"the same in the end              {sum(map(memory, workers)):7.1f} MB")
    print(f"the same, each page counted whole{sum(map(most_memory, workers)):7.1f} MB at the peak")
    return _verdict("memory of all its processes, MB", max(samples), MEMORY_GOAL)


def _logins() -> Sequence[bytes]:
    requests = []
    for number in range(USERS):
        body = json.dumps({"username": f"user{number}", "password": PASSWORD})
        head = (
            f"POST /token/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        )
        requests.append(f"{head}\r\n\r\n{body}".encode())
    return requests


def _verdict(name: str, value: float, goal: float, *, spread: tuple[float, float] | None = None) -> bool:
    around = f" ({spread[0]:.2f} to {spread[1]:.2f})" if spread else ""
    is_reached = value <= goal
    print(f"{name:32} {value:7.2f}{around}  goal: at most {goal:g}, {'reached' if is_reached else 'NOT reached'}")
    return is_reached


if __name__ == "__main__":
    sys.exit(main())

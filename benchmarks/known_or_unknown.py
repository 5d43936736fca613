"""Whether the time of an answer tells if an account exists: known against unknown names, at every door that takes one.

    .venv/bin/python -m benchmarks.known_or_unknown [--samples 500] [--doors token,sign-up]

``keyturn serve`` on a PostgreSQL of its own with Argon2id and a mail server that takes everything. Each door is asked
for so many accounts that exist and as many that do not, one after the other, in random order, each from an address of
its own and each account once, so that no limit is met. The two samples of times are compared by the test of Mann and
Whitney: it asks whether one of them tends to be longer, whatever their shape. The status and the body of the answers
are compared too, but for their tokens.
"""

import argparse
import http.client
import json
import math
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from benchmarks.fleet import Fleet, Postgres, end_cleanly, versions
from tests.services.ports import LOOPBACK, free_port

__all__ = ["DOORS", "main", "mann_whitney"]

SIGNIFICANT: Final = 0.01
"""Below this p the two samples are called different. One run in a hundred of equal ones is, by chance."""
PASSWORD: Final = "violet kettle 47"  # noqa: S105 - of no value
WRONG: Final = "violet kettle 48"

_MAKE_USERS: Final = """
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
made = make_password(%r)
names = [f"known{n:05}" for n in range(%d)]
users = User.objects.bulk_create(User(username=n, email=f"{n}@example.org", password=made) for n in names)
EmailAddress.objects.bulk_create(
    EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
)
"""


@dataclass(frozen=True, slots=True)
class Door:
    """An endpoint that is told whom it is about.

    Args:
        path: of the endpoint.
        body: of a request about this account; the number is one that no other request has.
    """

    path: str
    body: Callable[[str, int], Mapping[str, Any]]


DOORS: Final[Mapping[str, Door]] = {
    "token": Door("/token/", lambda name, _: {"username": name, "password": WRONG}),
    "token by e-mail": Door("/token/", lambda name, _: {"username": f"{name}@example.org", "password": WRONG}),
    "log-in": Door("/auth/app/v1/auth/login", lambda name, _: {"username": name, "password": WRONG}),
    "log-in by e-mail": Door(
        "/auth/app/v1/auth/login", lambda name, _: {"email": f"{name}@example.org", "password": WRONG}
    ),
    "sign-up": Door(
        "/auth/app/v1/auth/signup",
        lambda name, n: {"email": f"{name}@example.org", "username": f"fresh{n:06}", "password": PASSWORD},
    ),
    "reset": Door("/auth/app/v1/auth/password/request", lambda name, _: {"email": f"{name}@example.org"}),
}


@dataclass(slots=True)
class Sample:
    """What came back for one kind of account.

    Attributes:
        seconds: from the first byte sent to the last received.
        answers: what they look like without their tokens, and how many did.
    """

    seconds: list[float] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    """Compare two samples by the test of Mann and Whitney (1947), by its normal approximation, corrected for ties.

    Args:
        first: 20 values or more, as for any normal approximation.
        second: likewise.

    Returns:
        The two-sided p, and the share of pairs in which the first is longer: 0.5 where neither tends to be.
    """
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    rank_sum, ties, at = 0.0, 0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        mean_rank = (at + 1 + end) / 2
        rank_sum += mean_rank * sum(1 for _, sample in ranked[at:end] if sample == 0)
        ties += (end - at) ** 3 - (end - at)
        at = end
    n, m = len(first), len(second)
    u = rank_sum - n * (n + 1) / 2
    variance = n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)))
    if variance == 0:
        return 1.0, 0.5
    # Half a step towards the mean, since U moves in steps.
    distance = max(0.0, abs(u - n * m / 2) - 0.5)
    return math.erfc(distance / math.sqrt(2 * variance)), u / (n * m)


def main() -> int:
    """Measure, print the table, and say whether the samples can be told apart."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--samples", type=int, default=500, help="of each kind, at each door")
    options.add_argument("--doors", default=",".join(DOORS), help="default: %(default)s")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    doors = given.doors.split(",")
    end_cleanly()
    with ExitStack() as stack:
        postgres = Postgres()
        stack.callback(postgres.stop)
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="keyturn-benchmark-")))
        mail = Controller(Sink(), hostname=LOOPBACK, port=free_port())
        mail.start()
        stack.callback(mail.stop)
        variables = {
            "PYTHONPATH": os.pathsep.join(sys.path),
            "KEYTURN_TRUSTED_PROXIES": LOOPBACK,
            "KEYTURN_EMAIL_URL": f"smtp://{LOOPBACK}:{mail.port}",
            "KEYTURN_EMAIL_FROM": "keyturn@example.org",
        }
        fleet = Fleet(stack, directory, postgres.url, count=1, variables=variables)
        fleet.run("shell", "-v", "0", "-c", _MAKE_USERS % (PASSWORD, given.samples * len(doors)))
        print(versions(postgres))
        print(f"{'':18}{'known':>9}{'unknown':>9}{'difference':>12}{'longer':>8}{'p':>8}  answers")
        reached = [
            _ask(name, fleet.servers[0].port, given.samples, start=index * given.samples, seed=given.seed)
            for index, name in enumerate(doors)
        ]
    print(f"Goal: p of {SIGNIFICANT:g} at least, and the same answers. {'' if all(reached) else 'NOT '}reached.")
    return 0 if all(reached) else 1


def _ask(name: str, port: int, samples: int, *, start: int, seed: int) -> bool:
    turns = [(kind, start + n) for n in range(samples) for kind in ("known", "other")]
    chance = random.Random(seed)  # noqa: S311 - an order, no secret
    chance.shuffle(turns)
    found = {"known": Sample(), "other": Sample()}
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=60)
    for number, (kind, account) in enumerate([("warm", start + n) for n in range(10)] + turns):
        address = f"10.{1 + start // samples}.{number // 250}.{number % 250}"
        seconds, answer = _timed(connection, DOORS[name], f"{kind}{account:05}", start * 4 + number, address)
        if kind in found:
            found[kind].seconds.append(seconds)
            found[kind].answers[answer] = found[kind].answers.get(answer, 0) + 1
    connection.close()
    known, unknown = found["known"], found["other"]
    p, longer = mann_whitney(known.seconds, unknown.seconds)
    medians = [1_000 * statistics.median(one.seconds) for one in (known, unknown)]
    is_same = known.answers == unknown.answers and len(known.answers) == 1
    what = next(iter(known.answers)).partition(" ")[0] if is_same else f"{known.answers} {unknown.answers}"
    times = f"{medians[0]:6.2f} ms {medians[1]:6.2f} ms{medians[0] - medians[1]:9.2f} ms"
    print(f"{name:18}{times}{longer:8.3f}{p:8.3f}  {what}")
    return p >= SIGNIFICANT and is_same


def _timed(connection: http.client.HTTPConnection, door: Door, account: str, number: int, ip: str) -> tuple[float, str]:
    body = json.dumps(door.body(account, number)).encode()
    headers = {"Content-Type": "application/json", "X-Forwarded-For": ip}
    began = time.perf_counter()
    connection.request("POST", door.path, body, headers)
    response = connection.getresponse()
    text = response.read().decode()
    seconds = time.perf_counter() - began
    # Tokens differ from answer to answer, and what was typed is repeated to who typed it.
    shape = re.sub(r'("(?:session_token|id|email|display|username)": ?)("[^"]*"|[0-9]+)', r"\1*", text)
    return seconds, f"{response.status} {shape}"


if __name__ == "__main__":
    sys.exit(main())

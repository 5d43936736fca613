"""Where the time of a refresh goes, and of an authenticated GET and a verify: processor time of one thread.

    .venv/bin/python -m benchmarks.profile_refresh [--requests 6000] [--publish]

The ready-made server's whole program, from the request as Granian hands it over to the answer, in this process and on a
PostgreSQL of its own; no socket, no second request beside it. First the processor time is measured, then the same is
done again while the stack is looked at every few milliseconds. What else the machine does changes neither.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.compare.environments import BUILD, ROOT
from benchmarks.compare.peer import Site
from benchmarks.compare.publish import FOLDER, PAGE, between
from benchmarks.fleet import Postgres, end_cleanly
from benchmarks.in_process import Program, Scope
from benchmarks.peers.keyturn.peer import KEYTURN, Keyturn
from benchmarks.plots import Bar, bars
from benchmarks.processes import processor_seconds
from benchmarks.sampling import by_function, by_room, sampled
from keyturn_server.transport.working import settle
from tests.services.ports import free_port
from tests.services.postgres import PostgresServer
from tests.services.process import clean_environment

__all__ = ["MARKS", "Profile", "main", "markdown", "plot", "read"]

MARKS: Final = ("<!-- profile: begin; written by `benchmarks.profile_refresh` -->", "<!-- profile: end -->")
KINDS: Final = {"refresh": "refresh", "get": "GET", "verify": "verify"}
_ROOMS: Final = (
    ("/keyturn_server/postgresql/", "Django's database layer, and the server's connections"),
    ("/keyturn_server/", "keyturn_server: settings, middleware, metrics, transport"),
    ("/keyturn/api/", "keyturn.api: views, serializers, authentication"),
    ("/keyturn/tokens/", "keyturn.tokens: what a refresh is"),
    ("/keyturn/sessions/", "keyturn.sessions: the row, its rule, and asking PostgreSQL"),
    ("/keyturn/jose/", "keyturn.jose and keyturn.keys: signatures, made and verified"),
    ("/keyturn/keys/", "keyturn.jose and keyturn.keys: signatures, made and verified"),
    ("/jwt/", "keyturn.jose and keyturn.keys: signatures, made and verified"),
    ("/cryptography/", "keyturn.jose and keyturn.keys: signatures, made and verified"),
    ("/keyturn/", "the rest of keyturn"),
    ("/rest_framework_simplejwt/", "simplejwt"),
    ("/rest_framework/", "Django REST framework"),
    ("/psycopg", "psycopg"),
    ("/django/db/", "Django's database layer, and the server's connections"),
    ("/django/", "Django"),
)
_REST: Final = "the measuring itself"
_OPEN: Final = """
import json
from django.contrib.auth.models import User
from rest_framework_simplejwt.tokens import RefreshToken
refresh = RefreshToken.for_user(User.objects.get(username="user0"))
print("opened", json.dumps({"access": str(refresh.access_token), "refresh": str(refresh)}))
"""
_BATCHES: Final = 5
_SHOWN: Final = 0.05
"""Functions of at least this share are told."""
_WRAPPER: Final = 0.7
"""Functions of more than this share only lead to the others."""


@dataclass(frozen=True)
class Profile:
    """One kind of request.

    Args:
        microseconds: of processor time of the thread, each.
        database: the same of PostgreSQL.
        rooms: the share of each.
        functions: the share of each with all that it calls.
    """

    microseconds: float
    database: float
    rooms: dict[str, float]
    functions: dict[str, float]


class _Program:
    """The server's program in this process; the environment names its database."""

    def __init__(self, pair: dict[str, str]) -> None:
        self._program = Program()
        self._pair = pair
        self._asks: dict[str, Callable[[], None]] = {"refresh": self._refresh, "get": self._get, "verify": self._verify}

    def ask(self, kind: str, count: int) -> None:
        """Send so many requests of one kind, one after the other."""
        send = self._asks[kind]
        for _ in range(count):
            send()

    def _call(self, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
        content = {"content-type": "application/json", "content-length": str(len(body))} if body else {}
        sent = {"host": "127.0.0.1", "accept": "application/json", **content, **headers}
        status, told = self._program.answer(Scope(method, path, sent), body)
        if status != 200:
            raise RuntimeError(f"{method} {path} was answered {status}: {told[:300]!r}")
        return told

    def _refresh(self) -> None:
        self._pair = json.loads(
            self._call("POST", "/token/refresh/", json.dumps({"refresh": self._pair["refresh"]}).encode())
        )

    def _get(self) -> None:
        self._call("GET", "/home/", authorization=f"Bearer {self._pair['access']}")

    def _verify(self) -> None:
        self._call("POST", "/token/verify/", json.dumps({"token": self._pair["access"]}).encode())


def _inside(given: dict[str, Any]) -> dict[str, Any]:
    """What the process does that has the server's environment."""
    program = _Program(given["pair"])
    count = given["requests"]
    found = {}
    for kind in KINDS:
        program.ask(kind, max(100, count // 10))
        settle()
        used = []
        database = processor_seconds(given["postgres"], and_family=True)
        for _ in range(_BATCHES):
            before = time.thread_time()
            program.ask(kind, count // _BATCHES)
            used.append((time.thread_time() - before) / (count // _BATCHES))
        database = (processor_seconds(given["postgres"], and_family=True) - database) / (count // _BATCHES * _BATCHES)
        stacks = sampled(lambda kind=kind: program.ask(kind, count))  # type: ignore[misc]
        profile = Profile(
            microseconds=1e6 * statistics.median(used),
            database=1e6 * database,
            rooms=by_room(stacks, _ROOMS, rest=_REST),
            functions=by_function(stacks, below="/src/"),
        )
        found[kind] = asdict(profile)
    return found


def _measure(requests: int) -> dict[str, Profile]:
    with ExitStack() as stack:
        postgres = Postgres({"max_connections": "100"})
        stack.callback(postgres.stop)
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="keyturn-profile-")))
        url = stack.enter_context(PostgresServer(postgres.url).new_database())
        launch = Keyturn().set_up(Site(directory, url, free_port()))
        path = os.pathsep.join(map(str, (ROOT, ROOT / "src")))
        environment = clean_environment({**launch.environment, "KEYTURN_ACCESS_LIFETIME": "30m", "PYTHONPATH": path})

        def run(*command: str, given: str = "") -> str:
            done = subprocess.run(
                command, cwd=directory, env=environment, input=given, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise RuntimeError(done.stderr[-2000:])
            return done.stdout

        opened = json.loads(run(*KEYTURN, "shell", "-v", "0", "-c", _OPEN).partition("opened ")[2])
        order = {"pair": opened, "requests": requests, "postgres": postgres.pid}
        printed = run(sys.executable, "-m", "benchmarks.profile_refresh", "--inside", given=json.dumps(order))
        return {kind: Profile(**one) for kind, one in json.loads(printed.splitlines()[-1]).items()}


def _ordered(profiles: dict[str, Profile]) -> Sequence[str]:
    """All rooms, those first in which a refresh spends the most."""
    rooms = {room for profile in profiles.values() for room in profile.rooms if room != _REST}
    return sorted(rooms, key=lambda room: -profiles["refresh"].rooms.get(room, 0))


def markdown(profiles: dict[str, Profile]) -> str:
    """The tables."""
    kinds = list(profiles)
    lines = [f"| processor time of one thread, µs | {' | '.join(KINDS[kind] for kind in kinds)} |"]
    lines.append("| --- |" + " --- |" * len(kinds))

    def row(name: str, figures: Sequence[float]) -> str:
        return f"| {name} | {' | '.join(f'{one:.0f}' if one >= 0.5 else '-' for one in figures)} |"

    lines.append(row("**all of it**", [profiles[kind].microseconds for kind in kinds]))
    lines += [
        row(room, [profiles[kind].rooms.get(room, 0) * profiles[kind].microseconds for kind in kinds])
        for room in _ordered(profiles)
    ]
    lines += [row("PostgreSQL, beside that", [profiles[kind].database for kind in kinds]), ""]
    refresh = profiles["refresh"]
    lines += ["| of a refresh, with all that it calls | µs | share |", "| --- | --- | --- |"]
    lines += [
        f"| `{name}` | {share * refresh.microseconds:.0f} | {share:.0%} |"
        for name, share in refresh.functions.items()
        if _SHOWN <= share < _WRAPPER
    ]
    return "\n".join(lines) + "\n"


def read(path: Path) -> dict[str, Profile]:
    """What was kept.

    Raises:
        OSError: there is no such file.
    """
    return {kind: Profile(**one) for kind, one in json.loads(path.read_text(encoding="utf-8")).items()}


def plot(profiles: dict[str, Profile]) -> str:
    """The plot."""
    refresh = profiles["refresh"]
    rows = [
        Bar(room.partition(":")[0].partition(",")[0], [refresh.rooms[room] * refresh.microseconds])
        for room in _ordered(profiles)
        if room in refresh.rooms
    ]
    return bars("Processor time of a refresh by whose code it is, µs", rows)


def main() -> int:
    """Measure, print, keep or publish."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--requests", type=int, default=6_000, help="of each kind (%(default)s)")
    options.add_argument("--publish", action="store_true", help="write docs/performance.md")
    options.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.inside:
        print(json.dumps(_inside(json.load(sys.stdin))), flush=True)
        # The program's threads have nothing to finish.
        os._exit(0)
    end_cleanly()
    profiles = _measure(given.requests)
    folder = FOLDER if given.publish else BUILD / "results" / "profile"
    folder.mkdir(parents=True, exist_ok=True)
    kept = {kind: asdict(profile) for kind, profile in profiles.items()}
    (folder / "profile.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    (folder / "profile.svg").write_text(plot(profiles), encoding="utf-8")
    print(markdown(profiles))
    if given.publish:
        text = (
            f"![Bars: processor time of a refresh by whose code it is](performance/profile.svg)\n\n{markdown(profiles)}"
        )
        PAGE.write_text(between(PAGE.read_text(encoding="utf-8"), text, marks=MARKS), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

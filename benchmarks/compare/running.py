"""A backend that runs: started, peopled, driven, measured, stopped."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.compare.calls import Operation
from benchmarks.compare.environments import BUILD, ROOT
from benchmarks.compare.peer import CONNECTIONS, USERS, Launch, Peer, Site
from benchmarks.processes import memory, processor_seconds
from tests.services.ports import free_port
from tests.services.process import ServerProcess, clean_environment

__all__ = ["Backend", "Sample", "bare_rate", "order"]

_START: Final = 60
_MOST_CONNECTIONS: Final = 64
_AT_A_TIME: Final = 8


@dataclass(frozen=True, slots=True)
class Sample:
    """One backend, one operation, one round.

    Args:
        answers: how many there were.
        seconds: in how long.
        p50: milliseconds.
        p95: milliseconds.
        p99: milliseconds.
        server: processor time of the backend's processes, milliseconds an operation.
        database: the same of all of PostgreSQL's.
        driver: the same of the driver.
    """

    answers: int
    seconds: float
    p50: float
    p95: float
    p99: float
    server: float
    database: float
    driver: float

    @property
    def rate(self) -> float:
        """Operations a second."""
        return self.answers / self.seconds


def order(given: Mapping[str, Any]) -> dict[str, Any]:
    """Have the driver carry an order out (``benchmarks.compare.driver``).

    Raises:
        RuntimeError: a request failed; with what the driver said.
    """
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.compare.driver"],
        cwd=ROOT,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the driver ended with {done.returncode}: {done.stderr[-1500:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


class Backend:
    """A peer on a database of its own.

    Args:
        peer: what it is.
        site: an empty directory and database.
        postgres: process id of PostgreSQL.

    Attributes:
        launch: how its program is started.
        cold_starts: seconds from each start of its program to its first answer.
    """

    def __init__(self, peer: Peer, site: Site, *, postgres: int) -> None:
        self.peer: Final = peer
        self.site: Final = site
        self._postgres = postgres
        self.launch: Final[Launch] = peer.set_up(site)
        self._lanes: list[dict[str, str]] = []
        self._first_user = 0
        self._server: ServerProcess | None = None
        self.cold_starts: list[float] = []

    def start(self) -> None:
        """Start it, and wait for its first answer.

        Raises:
            ServerProcessError: it ended, or did not answer.
        """
        began = time.perf_counter()
        port = free_port()
        self._server = ServerProcess(
            self.launch.command,
            port=port,
            directory=self.launch.directory,
            environment=clean_environment(self.launch.environment),
        )
        self._server.wait_until_it_answers(self.launch.path, seconds=_START)
        self.cold_starts.append(time.perf_counter() - began)

    @property
    def server(self) -> ServerProcess:
        """The running program."""
        assert self._server is not None, "not started"
        return self._server

    def stop(self) -> None:
        """Stop it; nothing where it does not run."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def sign_in(self, lanes: int = _MOST_CONNECTIONS) -> None:
        """Log so many users in, one for each connection there will be; a few at a time, which is no storm."""
        self._lanes = []
        while len(self._lanes) < lanes:
            some: list[dict[str, str]] = [{} for _ in range(min(_AT_A_TIME, lanes - len(self._lanes)))]
            # One answer for each connection: what it will go on with.
            self._lanes += self._order("login", some, count=len(some))["lanes"]
            self._first_user = (self._first_user + len(some)) % USERS

    def drive(self, operation: Operation, *, seconds: float, connections: int = CONNECTIONS) -> Sample:
        """Drive it for so long, and say what came of it.

        Raises:
            RuntimeError: a request failed.
        """
        return self._measured(lambda: self._run(operation, connections, seconds=seconds))

    def spend(self, refresh_tokens: Sequence[str], *, connections: int) -> Sample:
        """Trade each of these tokens once, and say what came of it.

        Raises:
            RuntimeError: one was refused.
        """
        call = {**self.peer.calls["refresh"].as_json(), "takes": {}}
        return self._measured(
            lambda: order(
                {
                    "port": self.server.port,
                    "call": call,
                    "lanes": [{}] * connections,
                    "supply": {"refresh": list(refresh_tokens)},
                    "count": len(refresh_tokens),
                }
            )
        )

    def _measured(self, work: Callable[[], dict[str, Any]]) -> Sample:
        before = self._processor()
        done = work()
        server, database = (after - was for after, was in zip(self._processor(), before, strict=True))
        each = 1_000 / done["answers"]
        # Where a connection of PostgreSQL ends meanwhile, hundredths of a second may be lost to rounding.
        return Sample(
            answers=done["answers"],
            seconds=done["seconds"],
            p50=done["p50"],
            p95=done["p95"],
            p99=done["p99"],
            server=max(0.0, server) * each,
            database=max(0.0, database) * each,
            driver=done["processor"] * each,
        )

    def repeat(self, operation: Operation, *, count: int, connections: int = CONNECTIONS) -> None:
        """Do it so many times.

        Raises:
            RuntimeError: a request failed.
        """
        self._run(operation, connections, count=count)

    def memory(self) -> float:
        """What its processes have in memory together, MB; a page that they share counts once."""
        return memory(self.server.pid, and_family=True)

    def _run(self, operation: Operation, connections: int, **how: float) -> dict[str, Any]:
        done = self._order(operation, self._lanes[:connections], **how)
        if operation == "login":
            self._first_user = (self._first_user + done["answers"]) % USERS
        else:
            self._lanes[:connections] = done["lanes"]
        return done

    def _order(self, operation: Operation, lanes: Sequence[Mapping[str, str]], **how: float) -> dict[str, Any]:
        call = self.peer.calls[operation].as_json()
        try:
            return order(
                {
                    "port": self.server.port,
                    "call": call,
                    "lanes": lanes,
                    "users": USERS,
                    "first_user": self._first_user,
                    **how,
                }
            )
        except RuntimeError as error:
            raise RuntimeError(f"{self.peer.title}, {operation}: {error}\n{self.server.output()[-1500:]}") from None

    def _processor(self) -> tuple[float, float]:
        own = processor_seconds(self.server.pid, and_family=True)
        return own, processor_seconds(self._postgres, and_family=True)


def bare_rate(*, seconds: float, connections: int = CONNECTIONS) -> dict[str, float]:
    """What the driver reaches against a server that does nothing: its rate, its processor time an operation (ms)."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.compare.bare", "{port}"]
    BUILD.mkdir(parents=True, exist_ok=True)
    environment = clean_environment({"PYTHONPATH": str(ROOT)})
    server = ServerProcess(command, port=port, directory=BUILD, environment=environment)
    try:
        server.wait_until_it_answers("/", seconds=_START)
        refresh = {"method": "POST", "path": "/token/refresh/", "body": '{"refresh":"${refresh}"}'}
        call = {**refresh, "takes": {"refresh": "refresh", "access": "access"}}
        done = order({"port": port, "call": call, "lanes": [{"refresh": "r" * 300}] * connections, "seconds": seconds})
    finally:
        server.stop()
    return {"rate": done["answers"] / done["seconds"], "driver": 1_000 * done["processor"] / done["answers"]}

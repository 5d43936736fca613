"""The Keyturn nodes: ``keyturn serve`` processes with one secret on one database, each with a clock of its own."""

import http.client
import os
import re
import secrets
import signal
import socket
import struct
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from benchmarks.faults.processes import below, lasting_port, signal_all
from benchmarks.fleet import run_keyturn
from tests.server.running import workers_of
from tests.services.ports import LOOPBACK
from tests.services.process import ServerProcess, clean_environment

__all__ = ["PASSWORD", "WRONG_CLOCK", "Node", "Nodes"]

PASSWORD: Final = "correct horse battery staple"  # noqa: S105 - of users who exist for one run
_KEYTURN: Final = (sys.executable, "-m", "keyturn_server.cli")
WRONG_CLOCK: Final = Path(__file__).with_name("wrong_clock")
"""On the path of an interpreter whose wall clock is to be wrong by what the file says that ``WRONG_CLOCK`` names."""
_SECONDS_TO_START: Final = 90.0
_LIMITS: Final = "login_pair=off,login_address=off,login_account=off"
_LAST_POLL: Final = re.compile(r"^keyturn_feed_last_poll_timestamp_seconds (\S+)$", re.MULTILINE)
"""Of docs/operations.md; a moment on the clock of the node."""
_USERS: Final = """
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
hashed = make_password({password!r})
User.objects.bulk_create([User(username=f"user{{n}}", password=hashed) for n in range({count})])
"""


class Node:
    """One ``keyturn serve`` on a port of its own.

    Args:
        number: for its name.
        directory: for logs and for the file that its clock is read from.
        environment: of the process.
        workers: worker processes.
        threads: of each of them.
    """

    def __init__(
        self, number: int, *, directory: Path, environment: Mapping[str, str], workers: int, threads: int
    ) -> None:
        self.name = f"node {number}"
        self.port = lasting_port()
        self._directory = directory
        self._clock = directory / f"clock-{number}"
        self.set_clock(0)
        self._environment = {**environment, "WRONG_CLOCK": str(self._clock), "PYTHONPATH": str(WRONG_CLOCK)}
        self._command = [*_KEYTURN, "serve", "--port", "{port}", "--workers", str(workers), "--threads", str(threads)]
        self._lives = 0
        self.start()

    def start(self) -> None:
        """Start it; it may take a while until it answers."""
        self._lives += 1
        # Each life has a log of its own.
        logs = self._directory / f"{self.name.replace(' ', '-')}-{self._lives}"
        logs.mkdir()
        self.server = ServerProcess(self._command, port=self.port, directory=logs, environment=self._environment)

    def workers(self) -> set[int]:
        """The processes that answer requests."""
        return set(workers_of(self.server.pid))

    def is_deaf(self) -> bool:
        """Whether nobody listens at its port."""
        try:
            socket.create_connection((LOOPBACK, self.port), timeout=1).close()
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
        return False

    def ahead(self) -> float:
        """Seconds by which its clock goes before this process's, as its own numbers tell; nan where they do not."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=2)
        token = self._environment["KEYTURN_METRICS_TOKEN"]
        try:
            connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
            told = _LAST_POLL.search(connection.getresponse().read().decode())
        except (OSError, http.client.HTTPException):
            return float("nan")
        finally:
            connection.close()
        return float("nan") if told is None else float(told[1]) - time.time()

    def wait(self) -> None:
        """Wait until it answers.

        Raises:
            ServerProcessError: it does not.
        """
        self.server.wait_until_it_answers("/health/live/", seconds=_SECONDS_TO_START)

    def kill(self) -> None:
        """Kill the server and its workers in an instant."""
        signal_all(self.server.pid, signal.SIGKILL)
        self.server.stop()

    def kill_worker(self) -> int | None:
        """Kill one worker, and tell its process id; the server starts another. None: there is none."""
        for pid in sorted(self.workers()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                return pid
        return None

    def pause(self) -> None:
        """Hold it, with all its workers."""
        signal_all(self.server.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        for pid in (self.server.pid, *below(self.server.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def set_clock(self, ahead: int) -> None:
        """Let its wall clock run ahead by so many seconds, or behind (:mod:`benchmarks.faults.wrong_clock`)."""
        with self._clock.open("r+b" if self._clock.exists() else "wb", buffering=0) as file:
            file.write(struct.pack("@q", ahead))

    def stop(self) -> None:
        """End it, without ceremony."""
        self.kill()


class Nodes:
    """Several nodes.

    Args:
        directory: for logs.
        database_url: of an empty database.
        cache_url: of a Valkey.
        public_url: where clients reach them.
        grace: ``REFRESH_GRACE``, seconds.
        count: how many.
        workers: of each.
        threads: of each worker.
    """

    def __init__(
        self,
        directory: Path,
        *,
        database_url: str,
        cache_url: str,
        public_url: str,
        grace: float,
        count: int,
        workers: int,
        threads: int,
    ) -> None:
        self._directory = directory
        self._environment = clean_environment(
            {
                "DATABASE_URL": database_url,
                "KEYTURN_CACHE_URL": cache_url,
                "KEYTURN_SECRET_KEY": "r3Wq8Zt1Lm6Xv0Kd5Hn9Bc2Pf7Gj4Ta8Ue1Ri6Ob3My0Sz5CqVw9",
                "KEYTURN_PUBLIC_URL": public_url,
                "KEYTURN_TRUSTED_PROXIES": "127.0.0.1",
                "KEYTURN_REFRESH_GRACE": f"{grace:g}s",
                "KEYTURN_LIMITS": _LIMITS,
                "KEYTURN_METRICS_TOKEN": secrets.token_urlsafe(32),
                "KEYTURN_LOG_LEVEL": "warning",
                # Who is killed leaves its temporary files behind.
                "TMPDIR": str(directory),
            }
        )
        run_keyturn("migrate", "--verbosity=0", directory=self._directory, environment=self._environment)
        self.all = [
            Node(number, directory=directory, environment=self._environment, workers=workers, threads=threads)
            for number in range(1, count + 1)
        ]

    def wait(self) -> None:
        """Wait until all answer."""
        for node in self.all:
            node.wait()

    def add_users(self, count: int) -> None:
        """Make users ``user0``, ``user1``, … with :data:`PASSWORD`."""
        run_keyturn(
            "shell",
            "-v",
            "0",
            "-c",
            _USERS.format(password=PASSWORD, count=count),
            directory=self._directory,
            environment=self._environment,
        )

    def stop(self) -> None:
        """Stop all."""
        for node in self.all:
            node.stop()

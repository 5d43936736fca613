"""A server of two worker processes, and two hundred callers who knock at once."""

import http.client
import json
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.services.ports import LOOPBACK
from tests.services.process import ServerProcess

__all__ = ["SERVE", "Answer", "Guarded"]

SERVE = (
    *(sys.executable, "-m", "keyturn_server.cli", "serve", "--workers", "2"),
    *("--host", LOOPBACK, "--port", "{port}"),
)
_SECONDS = 60
_BUSY = 503


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    json: Any


@dataclass(frozen=True)
class Guarded:
    """The server, seen from its callers."""

    process: ServerProcess

    def guess(self, *guesses: tuple[str, str]) -> list[Answer]:
        """Send so many user names and passwords at the same moment, each on a connection of its own.

        Whoever is told that the server is busy asks again, as a client does: no guess was evaluated.
        """
        together = threading.Barrier(len(guesses), timeout=_SECONDS)
        with ThreadPoolExecutor(len(guesses)) as callers:
            asked = [callers.submit(self._log_in, name, password, together) for name, password in guesses]
            return [future.result(_SECONDS) for future in asked]

    def _log_in(self, name: str, password: str, together: threading.Barrier) -> Answer:
        together.wait()
        deadline = time.monotonic() + _SECONDS
        while (answer := self._try_log_in(name, password)).status == _BUSY:
            assert time.monotonic() < deadline, "the server stayed busy"
            time.sleep(0.2)
        return answer

    def _try_log_in(self, name: str, password: str) -> Answer:
        connection = http.client.HTTPConnection(LOOPBACK, self.process.port, timeout=_SECONDS)
        try:
            body = json.dumps({"username": name, "password": password})
            connection.request("POST", "/token/", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return Answer(
                response.status,
                {name.lower(): value for name, value in response.getheaders()},
                json.loads(response.read()),
            )
        finally:
            connection.close()

    def metric(self, name: str) -> float:
        """One number that the server tells an operator."""
        connection = http.client.HTTPConnection(LOOPBACK, self.process.port, timeout=_SECONDS)
        try:
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
        finally:
            connection.close()
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(f"{name} "))

"""A server program under test: started on a free port, waited for, stopped by its process id."""

import contextlib
import http.client
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.services.ports import LOOPBACK

__all__ = ["ServerProcess", "ServerProcessError", "clean_environment"]


class ServerProcessError(AssertionError):
    """The program ended or did not answer in time; the text holds the end of its output."""


def clean_environment(extra: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """Return this process's environment without what would configure Keyturn or Django, plus ``extra``.

    Args:
        extra: variables to set; None removes one.
    """
    foreign = ("KEYTURN_", "DJANGO_", "DATABASE_URL", "PYTEST_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    for name, value in (extra or {}).items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value
    return environment


class ServerProcess:
    """A running server program.

    Args:
        command: program and arguments; ``{port}`` in an argument stands for the port.
        port: the loopback port it is to listen on.
        directory: where it runs and its output is kept.
        environment: all of its environment variables.
    """

    def __init__(self, command: Sequence[str], *, port: int, directory: Path, environment: Mapping[str, str]) -> None:
        self.port = port
        self.url = f"http://{LOOPBACK}:{port}"
        self._output = directory / f"server-{port}.log"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [argument.replace("{port}", str(port)) for argument in command],
                cwd=directory,
                env={**environment, "PORT": str(port)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id of the program itself (its workers are its children)."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit status, None while it runs."""
        return self._process.poll()

    def output(self) -> str:
        """Return everything the program printed so far."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def wait_until_it_answers(self, path: str, *, seconds: float) -> None:
        """Wait for any HTTP answer at a path, an error's included.

        Raises:
            ServerProcessError: the program ended, or nothing answered in time.
        """
        deadline = time.monotonic() + seconds
        while True:
            if self._process.poll() is not None:
                raise ServerProcessError(f"the server ended with status {self._process.returncode}\n{self.output()}")
            try:
                connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=seconds)
                connection.request("GET", path)
                connection.getresponse().read()
                connection.close()
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    raise ServerProcessError(f"no answer at {path} in {seconds:g} s\n{self.output()}") from None
                time.sleep(0.05)
            else:
                return

    def stop(self, *, asked: signal.Signals = signal.SIGTERM, seconds: float = 15) -> int:
        """Ask the program to stop and wait for it; what is left of its process group is killed.

        Args:
            asked: the signal to ask with.
            seconds: how long it may take before it is killed.

        Returns:
            The exit status (negative: the signal that ended it).
        """
        if self._process.poll() is None:
            self._process.send_signal(asked)
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        with contextlib.suppress(ProcessLookupError):
            # The group is the program's own (start_new_session), so only its orphans can be in it.
            os.killpg(self._process.pid, signal.SIGKILL)
        return status

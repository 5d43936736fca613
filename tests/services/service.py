"""A running service: started under a keeper, waited for, stopped with it."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.services.identity import Identity

__all__ = ["Service", "ServiceError"]

_KEEPER = Path(__file__).with_name("keeper.py")
# Nothing of the caller's environment reaches a service: no locale, no PG* variable.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


class ServiceError(RuntimeError):
    """A service could not be started; the text says why, with the end of its own log."""


class Service:
    """A server process, its directory and its log.

    Args:
        command: program and arguments.
        directory: the working directory; removed with everything in it when the service stops.
        identity: whose rights it gets.
        stop_signal: the signal that asks it to stop at once but cleanly.
    """

    def __init__(self, command: Sequence[str], *, directory: Path, identity: Identity, stop_signal: int) -> None:
        self._directory = directory
        self._log = directory / "log"
        order = {
            "command": list(command),
            "directory": str(directory),
            "log": str(self._log),
            "stop_signal": int(stop_signal),
            "uid": identity.uid,
            "gid": identity.gid,
            "environment": _ENVIRONMENT,
        }
        # -I -S: no site-packages, so a keeper starts in a few milliseconds. A session of its own: no Ctrl-C.
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_KEEPER), json.dumps(order)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def pid(self) -> int | None:
        """The process id of the service itself, the keeper's one child; None once it is gone. Linux only."""
        try:
            children = Path(f"/proc/{self._keeper.pid}/task/{self._keeper.pid}/children").read_text().split()
        except OSError:
            return None
        return int(children[0]) if children else None

    def wait_until(self, ready: Callable[[], bool], *, seconds: float = 15) -> None:
        """Wait until the service answers.

        Raises:
            ServiceError: it ended, or did not answer in time. It is stopped then.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if self._keeper.poll() is not None:
                log = self.log()
                self.stop()
                raise ServiceError(f"it ended at once\n{log}")
            if time.monotonic() > deadline:
                log = self.log()
                self.stop()
                raise ServiceError(f"it did not answer within {seconds:g} s\n{log}")
            time.sleep(0.01)

    def log(self) -> str:
        """Return the last lines of what the service wrote."""
        try:
            return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
        except OSError:
            return ""

    def stop(self) -> None:
        """Stop the service and remove its directory. A second call does nothing."""
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper.terminate()
        self._keeper.wait(30)
        # The keeper has done this already, unless the service had died before.
        shutil.rmtree(self._directory, ignore_errors=True)

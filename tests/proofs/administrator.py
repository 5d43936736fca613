"""Somebody with a shell on the server's database, who changes users while the server runs.

A program of its own, since its settings are the server's and not the tests'. It reads one command a line and answers
each with one line. What takes long is done before it is asked for, so that the change itself meets a request halfway.

    user NAME            add a user with the password ``PASSWORD``
    prepare NAME         load the user and hash the password that ``change`` will set
    change NAME          save the prepared user with the other password
    deactivate NAME      save the user with is_active = False
    delete NAME          delete the user and all that hangs on it
    restore NAME         make the user active, with the first password, by a door that ends no session
    sessions NAME        "<number of rows> <number of them not revoked> <highest generation>"
"""

import json
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

__all__ = ["PASSWORD", "Administrator"]

PASSWORD: Final = "correct horse battery staple 1"
_OTHER: Final = "correct horse battery staple 2"
_ROOT: Final = Path(__file__).resolve().parent.parent.parent


class Administrator:
    """The program, seen from the test.

    Args:
        environment: the server's environment variables, all of them.
        directory: where the server runs.
    """

    def __init__(self, environment: Mapping[str, str], *, directory: Path) -> None:
        path = f"{_ROOT / 'src'}:{_ROOT}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.proofs.administrator"],
            cwd=directory,
            env={**environment, "DJANGO_SETTINGS_MODULE": "keyturn_server.settings", "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=15)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def begin(self, *words: str) -> None:
        """Have a command done, and do not wait for it."""
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(words) + "\n")

    def is_done(self) -> bool:
        """Whether the command that was begun is done."""
        assert self._process.stdout is not None
        return bool(select.select([self._process.stdout], [], [], 0)[0])

    def end(self) -> Any:
        """Wait for the command that was begun, and return what it says."""
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert said, "the administrator fell over a command"
        return json.loads(said)

    def __call__(self, *words: str) -> Any:
        """Have a command done, and return what it says."""
        self.begin(*words)
        return self.end()


class _Commands:
    """What the program can do. Imports wait until Django knows its settings."""

    def __init__(self) -> None:
        import django

        django.setup()
        from django.contrib.auth import get_user_model
        from django.contrib.auth.hashers import make_password

        self._users = get_user_model()._default_manager
        self._hash = make_password
        self._prepared: dict[str, Any] = {}
        self._first: dict[str, str] = {}

    def user(self, name: str) -> None:
        self._first[name] = self._hash(PASSWORD)
        self._users.create(username=name, password=self._first[name])

    def prepare(self, name: str) -> None:
        self._prepared[name] = self._users.get(username=name)
        self._prepared[name].other = self._hash(_OTHER)

    def change(self, name: str) -> None:
        user = self._prepared.pop(name)
        user.password = user.other
        user.save()

    def deactivate(self, name: str) -> None:
        user = self._prepared.pop(name)
        user.is_active = False
        user.save()

    def delete(self, name: str) -> None:
        self._prepared.pop(name).delete()

    def restore(self, name: str) -> None:
        if not self._users.filter(username=name).update(is_active=True, password=self._first[name]):
            self.user(name)

    def sessions(self, name: str) -> tuple[int, int, int]:
        from keyturn.models import Session

        rows = list(Session.objects.filter(user__username=name))
        return len(rows), sum(not row.is_revoked for row in rows), max((row.generation for row in rows), default=-1)


def _obey() -> None:
    commands = _Commands()
    for line in sys.stdin:
        name, *arguments = line.split()
        print(json.dumps(getattr(commands, name)(*arguments)), flush=True)


if __name__ == "__main__":
    _obey()

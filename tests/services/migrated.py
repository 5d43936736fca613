"""The tables of a server that a test starts: ``keyturn migrate`` once a run, and a copy for everybody.

A command takes seconds of processor time, and a run starts many servers on databases of their own. The first worker
that needs an original makes it, by the very commands; the others wait for it. tests/server/test_migrated.py holds a
copy against what they make.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tests.services import environment
from tests.services.postgres import PostgresServer
from tests.services.process import clean_environment

__all__ = ["Superuser", "migrate"]

_FILE: Final = "keyturn.sqlite3"
_SECONDS: Final = 100


@dataclass(frozen=True)
class Superuser:
    """Somebody whom ``keyturn createsuperuser`` makes."""

    name: str
    email: str
    password: str = field(repr=False)


def migrate(directory: Path, env: Mapping[str, str | None], *superusers: Superuser) -> None:
    """Do what ``keyturn migrate`` would do in ``directory`` for a server with this environment, and make first users.

    Args:
        directory: where the server will run.
        env: its variables. The database that they name, or leave to be a file in the data directory, is empty.
        superusers: whom to make, in this order.

    Raises:
        AssertionError: a command failed; or the file is there already.
    """
    url = env.get("DATABASE_URL")
    if url is not None and urlsplit(url).scheme != "sqlite":
        server = PostgresServer(os.environ[environment.POSTGRES])
        _replace(server, urlsplit(url).path.removeprefix("/"), like=_database(server, superusers))
        return
    if url is None:
        data = directory / (env.get("KEYTURN_DATA_DIR") or "var")
        # As the server makes it.
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = data / _FILE
    else:
        file = directory / url.removeprefix("sqlite:///")
    assert not file.exists(), f"{file} is there, and would be lost"
    shutil.copyfile(_file(superusers), file)


def _file(superusers: tuple[Superuser, ...]) -> Path:
    """Return the original on SQLite."""

    def make(home: Path) -> None:
        file = home / _FILE
        # Left by one who failed.
        file.unlink(missing_ok=True)
        url = f"sqlite:///{file}"
        if superusers:
            shutil.copyfile(_file(superusers[:-1]), file)
            _create(superusers[-1], home, url)
        else:
            _run(home, url, "migrate", "--verbosity=0")
        assert not file.with_name(f"{_FILE}-wal").exists(), "what is in the log is not in the file"

    return _once(f"sqlite-{_name(superusers)}", make) / _FILE


def _database(server: PostgresServer, superusers: tuple[Superuser, ...]) -> str:
    """Return the name of the original on PostgreSQL."""
    name = f"keyturn_{_name(superusers)}"

    def make(home: Path) -> None:
        _replace(server, name, like=_database(server, superusers[:-1]) if superusers else "template1")
        if superusers:
            _create(superusers[-1], home, server.database_url(name))
        else:
            _run(home, server.database_url(name), "migrate", "--verbosity=0")

    _once(name, make)
    return name


def _replace(server: PostgresServer, name: str, *, like: str) -> None:
    server.drop(name)
    server.create(name, like=like)


def _name(superusers: tuple[Superuser, ...]) -> str:
    """What an original is called; a password is in it as in a hash."""
    told = [(one.name, one.email, one.password) for one in superusers]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16] if told else "migrated"


def _once(name: str, make: Callable[[Path], None]) -> Path:
    """Return the directory of an original, which one process of this run makes."""
    home = Path(os.environ[environment.DIRECTORY]) / "migrated" / name
    home.mkdir(parents=True, exist_ok=True)
    made = home / "made"
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make(home)
            made.touch()
    return home


def _create(one: Superuser, home: Path, url: str) -> None:
    words = ("createsuperuser", "--noinput", f"--username={one.name}", f"--email={one.email}")
    _run(home, url, *words, DJANGO_SUPERUSER_PASSWORD=one.password)


def _run(home: Path, url: str, *words: str, **variables: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "keyturn_server.cli", *words],
        cwd=home,
        env=clean_environment({"KEYTURN_DEBUG": "1", "DATABASE_URL": url, **variables}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr

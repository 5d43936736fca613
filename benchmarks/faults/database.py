"""A PostgreSQL with a synchronous standby, whose parts are killed, promoted, rebuilt, and left without space.

The servers have two ports for good; who is the primary changes. A node is given both addresses and finds the primary by
``target_session_attrs=read-write`` (PostgreSQL's manual, 32.1.1.3).
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg

from benchmarks.driving import wait_until
from benchmarks.faults.processes import Daemon, lasting_port
from tests.services.identity import service_identity, temporary_directory
from tests.services.ports import LOOPBACK
from tests.services.postgres import start_postgres

__all__ = ["DATABASE", "Pair", "own_mounts"]

DATABASE: Final = "keyturn"
_STANDBY: Final = "standby"
_LAG: Final = 1.0
"""Seconds."""
_SPACE: Final = 768 << 20
"""Bytes for the data of each server, where it has a file system of its own."""
_SETTINGS: Final = (
    "unix_socket_directories=",
    "max_connections=200",
    "timezone=UTC",
    "wal_keep_size=128MB",
    "max_wal_size=256MB",
    # A standby that was killed is noticed by then, and one that is paused is waited for.
    "wal_sender_timeout=60s",
    "wal_receiver_status_interval=1s",
    "wal_retrieve_retry_interval=200ms",
)
_CUT: Final = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND datname = 'keyturn' AND pid <> pg_backend_pid()"
)
_GROW: Final = "CREATE TABLE grown AS SELECT repeat('x', 1000) FROM generate_series(1, 10000)"
_CLONE_NEWNS: Final = 0x00020000


def own_mounts() -> bool:
    """Give this process file systems that nobody else sees and that vanish with it; say whether that is possible."""
    if os.geteuid() != 0 or sys.platform != "linux":
        return False
    with suppress(OSError, AttributeError):
        if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNS) == 0:
            return _run("mount", "--make-rprivate", "/")
    return False


def _run(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


class _Member:
    """One of the two servers."""

    def __init__(self, pair: "Pair", port: int) -> None:
        self._pair = pair
        self.port = port
        self.directory = temporary_directory("keyturn-faults-", pair.identity)
        self.is_mounted = pair.may_mount and _run(
            "mount", "-t", "tmpfs", "-o", f"size={_SPACE},mode=700", "tmpfs", str(self.directory)
        )
        pair.identity.owns(self.directory)
        command = [str(pair.binaries / "postgres"), "-D", str(self.data), "-c", f"port={port}"]
        command += ["-c", f"listen_addresses={LOOPBACK}"]
        for setting in _SETTINGS:
            command += ["-c", setting]
        self.daemon = Daemon(
            command,
            directory=self.directory,
            identity=pair.identity,
            answers=lambda: self.ask("SELECT 1") == [(1,)],
            asked=signal.SIGINT,
        )

    @property
    def data(self) -> Path:
        return self.directory / "data"

    def ask(self, statement: str, *, database: str = "postgres", patience: int = 2) -> list[tuple[Any, ...]]:
        """Ask this very server; nothing where it does not answer."""
        url = self._pair.url_of(self.port, database)
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=patience) as connection:
                cursor = connection.execute(statement)
                return cursor.fetchall() if cursor.description else []
        except psycopg.Error:
            return []

    def copy_from(self, source: int, *, follow: bool) -> None:
        """Fill the data directory anew from the server on another port; ``follow``: as its standby."""
        shutil.rmtree(self.data, ignore_errors=True)
        url = self._pair.url_of(source, "postgres")
        command = [str(self._pair.binaries / "pg_basebackup"), "-d", url, "-D", str(self.data)]
        done = subprocess.run(
            [*command, "--checkpoint=fast", "--wal-method=stream", "--no-sync"],
            user=self._pair.identity.uid,
            group=self._pair.identity.gid,
            extra_groups=None if self._pair.identity.gid is None else [],
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode:
            raise RuntimeError(f"pg_basebackup failed\n{done.stderr}")
        if follow:
            with (self.data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
                settings.write(f"primary_conninfo = '{url}?application_name={_STANDBY}'\n")
            signpost = self.data / "standby.signal"
            signpost.touch(mode=0o600)
            self._pair.identity.owns(signpost)

    def remove(self) -> None:
        self.daemon.stop()
        if self.is_mounted:
            _run("umount", "--lazy", str(self.directory))
        shutil.rmtree(self.directory, ignore_errors=True)


class Pair:
    """A primary and its standby, with an empty database :data:`DATABASE`.

    Args:
        may_mount: whether the servers get file systems of their own, that can be filled.
        is_synchronous: whether commits wait for the standby. Where they do not, it lags a second behind in a fail-over.
    """

    def __init__(self, *, may_mount: bool, is_synchronous: bool = True) -> None:
        self.may_mount = may_mount
        self.is_synchronous = is_synchronous
        self.identity = service_identity()
        # The programs may be in its directory, so it stays until the end.
        self._seed, self._url = start_postgres(durable=True)
        self.binaries = self._find_binaries()
        self.primary, self.standby = (_Member(self, lasting_port()) for _ in range(2))
        parts = urlsplit(self._url)
        assert parts.port is not None
        self.primary.copy_from(parts.port, follow=False)
        pid = self._seed.pid
        if pid is not None:
            os.kill(pid, signal.SIGINT)
        self.primary.daemon.start()
        self.primary.ask(f"CREATE DATABASE {DATABASE}")
        self._join()

    def _find_binaries(self) -> Path:
        command = Path(f"/proc/{self._seed.pid}/cmdline").read_bytes().split(b"\0")
        return Path(command[0].decode()).parent

    def url_of(self, port: int, database: str) -> str:
        """The URL of one server's database."""
        parts = urlsplit(self._url)
        return f"postgresql://{parts.username}:{parts.password}@{LOOPBACK}:{port}/{database}"

    @property
    def url(self) -> str:
        """The URL for nodes: whichever of the two takes writes."""
        parts = urlsplit(self._url)
        ports = sorted((self.primary.port, self.standby.port))
        hosts = ",".join(f"{LOOPBACK}:{port}" for port in ports)
        query = "target_session_attrs=read-write&connect_timeout=2"
        return f"postgresql://{parts.username}:{parts.password}@{hosts}/{DATABASE}?{query}"

    @property
    def can_be_filled(self) -> bool:
        """Whether the primary's space is its own."""
        return self.primary.is_mounted

    def _join(self) -> None:
        """Build the standby anew, and let no commit be answered before it is there as well."""
        self.standby.copy_from(self.primary.port, follow=True)
        self.standby.daemon.start()
        if self.is_synchronous:
            self.primary.ask(f"ALTER SYSTEM SET synchronous_standby_names = '{_STANDBY}'")
            self.primary.ask("SELECT pg_reload_conf()")
        self.wait_until_followed()

    def wait_until_followed(self) -> None:
        """Wait until the standby keeps up, and commits wait for it where they should.

        Raises:
            TimeoutError: it does not come to that.
        """
        asked = "SELECT sync_state FROM pg_stat_replication WHERE application_name = 'standby' AND state = 'streaming'"
        wanted = [("sync" if self.is_synchronous else "async",)]
        wait_until(lambda: self.primary.ask(asked) == wanted, seconds=60)

    def fail_over(self) -> None:
        """Kill the primary, promote the standby."""
        if not self.is_synchronous:
            self.standby.ask("ALTER SYSTEM SET primary_conninfo = ''")
            self.standby.ask("SELECT pg_reload_conf()")
            time.sleep(_LAG)
        self.primary.daemon.kill()
        self.standby.ask("SELECT pg_promote(true, 60)", patience=10)
        self.primary, self.standby = self.standby, self.primary
        wait_until(lambda: self.primary.ask("SELECT pg_is_in_recovery()") == [(False,)], seconds=60)
        # Nobody is there to wait for. No second fault comes before there is.
        self.primary.ask("ALTER SYSTEM SET synchronous_standby_names = ''")
        self.primary.ask("SELECT pg_reload_conf()")

    def mend(self) -> None:
        """After a fail-over: make a new standby where the old primary was."""
        self._join()

    def restart(self, how: signal.Signals) -> None:
        """Restart the primary: SIGINT in order, SIGQUIT as after a crash."""
        self.primary.daemon.end(how)
        self.primary.daemon.start()
        self.wait_until_followed()

    def fill(self) -> None:
        """Leave the primary no space at all."""
        with suppress(OSError), (self.primary.directory / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(b"\0" * (1 << 20))
        with suppress(OSError), (self.primary.directory / "rest").open("wb", buffering=0) as filler:
            while True:
                filler.write(b"\0" * 512)

    def empty(self) -> None:
        """Give the space back, and see that the primary serves."""
        for name in ("filler", "rest"):
            (self.primary.directory / name).unlink(missing_ok=True)
        with suppress(TimeoutError):
            wait_until(lambda: self.primary.ask("SELECT 1") == [(1,)], seconds=20)
        if self.primary.daemon.pid is None:
            self.primary.daemon.start()
        self.wait_until_followed()

    def has_no_space(self) -> bool:
        """Whether the primary cannot make a table grow, or has fallen over the lack of space."""
        try:
            with psycopg.connect(self.url_of(self.primary.port, "postgres"), connect_timeout=5) as connection:
                # Never committed.
                connection.execute(_GROW)
                connection.rollback()
        except psycopg.errors.DiskFull:
            return True
        except psycopg.Error:
            return self.primary.ask("SELECT 1") != [(1,)]
        return False

    def take_writes(self, allowed: bool) -> bool:  # noqa: FBT001 - the one thing it says
        """Let the primary's sessions write, those that are open too, or refuse it; say whether that is so now."""
        wanted = "off" if allowed else "on"
        self.primary.ask(f"ALTER SYSTEM SET default_transaction_read_only = {wanted}")
        self.primary.ask("SELECT pg_reload_conf()")
        with suppress(TimeoutError):
            wait_until(lambda: self.primary.ask("SHOW default_transaction_read_only") == [(wanted,)], seconds=10)
            return True
        return False

    def cut(self) -> int:
        """Break all connections of clients, and say how many there were."""
        found = self.primary.ask(_CUT)
        return int(found[0][0]) if found else 0

    def stop(self) -> None:
        """End everything and remove it."""
        for member in (self.primary, self.standby):
            member.remove()
        self._seed.stop()

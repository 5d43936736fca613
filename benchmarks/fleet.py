"""Several ``keyturn serve`` processes on one PostgreSQL, and what stands around them, each stopped by its id."""

import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

import django
import psycopg
from psycopg import sql

from benchmarks.driving import wait_until
from tests.services.identity import service_identity, temporary_directory
from tests.services.ports import LOOPBACK, free_port
from tests.services.postgres import start_postgres
from tests.services.process import ServerProcess, clean_environment
from tests.services.service import Service

__all__ = [
    "AUDIENCE",
    "Fleet",
    "Frozen",
    "Postgres",
    "Session",
    "end_cleanly",
    "one_server",
    "run_keyturn",
    "start_pgbouncer",
    "versions",
]

ROOT: Final = Path(__file__).resolve().parent.parent
AUDIENCE: Final = "orders"
_KEYTURN: Final = (sys.executable, "-m", "keyturn_server.cli")
_USERS: Final = 20
_OPEN: Final = f"""
import json
from django.contrib.auth.models import User
from rest_framework_simplejwt.tokens import RefreshToken
users = [User.objects.get_or_create(username=f"user{{n}}")[0] for n in range({_USERS})]
opened = []
for number in range(%d):
    refresh = RefreshToken.for_user(users[number %% {_USERS}])
    opened.append([str(refresh["sid"]), str(refresh.access_token), str(refresh)])
print("opened", json.dumps(opened))
"""


def run_keyturn(*words: str, directory: Path, environment: Mapping[str, str]) -> str:
    """Run a ``keyturn`` command and return what it printed.

    Raises:
        RuntimeError: it failed; with what it printed.
    """
    done = subprocess.run(
        [*_KEYTURN, *words],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"keyturn {words[0]} failed\n{done.stdout}{done.stderr}")
    return done.stdout


@dataclass(frozen=True, slots=True)
class Session:
    """A session of some user, and its tokens."""

    sid: str
    access: str
    refresh: str


class Postgres:
    """A durable PostgreSQL that can be restarted on its port.

    Args:
        settings: what differs from its defaults; unless told otherwise it notes when each transaction was committed.

    Attributes:
        url: of its database ``postgres``.
        version: as it names it.
    """

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        service, self.url = start_postgres(durable=True)
        self._services = [service]
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
            assert row is not None
            self._data = Path(row[0])
            for name, value in (settings or {"track_commit_timestamp": "on"}).items():
                statement = sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
                connection.execute(statement)
            self.version = str(connection.info.parameter_status("server_version"))
        # As it was started: program, arguments, and thereby the port.
        command = Path(f"/proc/{self.pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        self._command = [word.decode() for word in command]
        self.restart(signal.SIGINT)

    @property
    def pid(self) -> int:
        """The process id of the postmaster, whose children serve the connections."""
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def restart(self, how: signal.Signals, *, away: float = 0) -> None:
        """Stop the server and start it again.

        Args:
            how: SIGINT ends connections and writes a checkpoint; SIGQUIT is a crash, recovered from the log.
            away: seconds in between.
        """
        pid = self.pid
        os.kill(pid, how)
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), seconds=60)
        time.sleep(away)
        service = Service(
            self._command, directory=self._data.parent, identity=service_identity(), stop_signal=signal.SIGINT
        )
        self._services.append(service)
        service.wait_until(self._answers, seconds=60)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Stop it and remove its data."""
        for service in reversed(self._services):
            service.stop()


class Fleet:
    """Servers with one secret and one issuer, the first of them, and services that verify its tokens.

    Args:
        stack: stops everything.
        directory: for logs.
        database_url: of an empty database.
        count: of servers.
        variables: more of the servers' environment.
    """

    def __init__(
        self, stack: ExitStack, directory: Path, database_url: str, *, count: int, variables: Mapping[str, str]
    ) -> None:
        self._stack = stack
        self._directory = directory
        ports = [free_port() for _ in range(count)]
        self.issuer = f"http://localhost:{ports[0]}"
        self._environment = clean_environment(
            {
                "DATABASE_URL": database_url,
                "KEYTURN_SECRET_KEY": "r3Wq8Zt1Lm6Xv0Kd5Hn9Bc2Pf7Gj4Ta8Ue1Ri6Ob3My0Sz5CqVw9",
                "KEYTURN_PUBLIC_URL": self.issuer,
                "KEYTURN_TOKEN_AUDIENCE": AUDIENCE,
                "KEYTURN_LOG_LEVEL": "warning",
                **variables,
            }
        )
        self.run("migrate", "--verbosity=0")
        self.servers = [self._serve(port) for port in ports]
        for server in self.servers:
            server.wait_until_it_answers("/health/ready/", seconds=60)

    def run(self, *words: str) -> str:
        """Run a ``keyturn`` command and return what it printed."""
        return run_keyturn(*words, directory=self._directory, environment=self._environment)

    def open_sessions(self, count: int) -> list[Session]:
        """Sign users in without a password, by a script on the same database."""
        printed = self.run("shell", "-v", "0", "-c", _OPEN % count)
        found = re.search(r"^opened (.+)$", printed, re.MULTILINE)
        assert found is not None, printed
        return [Session(*each) for each in json.loads(found[1])]

    def start_example(self, name: str) -> ServerProcess:
        """Start one of ``examples/`` by its command, with credentials of its own."""
        made = self.run("clients", "create", name, "--scope", "revocations", "--scope", "introspect")
        credentials = dict(re.findall(r"^(client_id|client_secret)[ :=]+(\S+)$", made, re.MULTILINE))
        service = ServerProcess(
            [str(ROOT / "examples" / name / "run")],
            port=free_port(),
            directory=self._directory,
            environment=clean_environment(
                {
                    "AUTH_ISSUER": self.issuer,
                    "AUTH_AUDIENCE": AUDIENCE,
                    "AUTH_CLIENT_ID": credentials["client_id"],
                    "AUTH_CLIENT_SECRET": credentials["client_secret"],
                    "PYTHON": sys.executable,
                }
            ),
        )
        self._stack.callback(service.stop)
        service.wait_until_it_answers("/", seconds=100)
        return service

    @staticmethod
    def has_node() -> bool:
        """Whether the example in JavaScript can be started."""
        installed = ROOT / "examples" / "express" / "node_modules" / ".package-lock.json"
        return shutil.which("node") is not None and (installed.exists() or shutil.which("npm") is not None)

    def serve(self, *options: str) -> ServerProcess:
        """Start one more server, on a port of its own, and wait until it answers."""
        server = self._serve(free_port(), *options)
        server.wait_until_it_answers("/health/ready/", seconds=60)
        return server

    def _serve(self, port: int, *options: str) -> ServerProcess:
        # The processes of a phase share two cores: as many threads as each would have on a machine of its own.
        server = ServerProcess(
            [*_KEYTURN, "serve", "--port", "{port}", "--threads", "5", *options],
            port=port,
            directory=self._directory,
            environment=self._environment,
        )
        self._stack.callback(server.stop)
        return server


@contextmanager
def one_server() -> Iterator[tuple[Postgres, Fleet]]:
    """One server on a PostgreSQL of its own, as long as it is needed; its programs find this project."""
    with ExitStack() as stack:
        postgres = Postgres()
        stack.callback(postgres.stop)
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="keyturn-benchmark-")))
        yield (
            postgres,
            Fleet(stack, directory, postgres.url, count=1, variables={"PYTHONPATH": os.pathsep.join(sys.path)}),
        )


class Frozen:
    """``with Frozen(server):`` all processes of a server are stopped by SIGSTOP, and go on by SIGCONT at the end."""

    def __init__(self, server: ServerProcess) -> None:
        self._group = server.pid

    def __enter__(self) -> Self:
        os.killpg(self._group, signal.SIGSTOP)
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._group, signal.SIGCONT)


def end_cleanly() -> None:
    """Let SIGTERM end this program as Ctrl-C does: by way of whatever stops what it started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def versions(postgres: Postgres) -> str:
    """What the figures were taken with."""
    found = [f"Python {platform.python_version()}", f"Django {django.__version__}", f"PostgreSQL {postgres.version}"]
    for program in ("node", "pgbouncer"):
        path = _program(program)
        if path is not None:
            done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
            found.append(f"{program} {re.sub('[^0-9.]', '', done.stdout.splitlines()[0])}")
    return f"{os.cpu_count()} cores, {', '.join(found)}"


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")


def start_pgbouncer(url: str) -> tuple[Service, str] | None:
    """Start a pgbouncer in transaction mode in front of a server.

    Args:
        url: of a database of that server.

    Returns:
        The service, and the database's URL through it; None where there is no such program.
    """
    program = _program("pgbouncer")
    if program is None:
        return None
    parts = urlsplit(url)
    identity = service_identity()
    directory = temporary_directory("keyturn-pgbouncer-", identity)
    port = free_port()
    users, configuration = directory / "users", directory / "pgbouncer.ini"
    users.touch(mode=0o600)
    users.write_text(f'"{parts.username}" "{parts.password}"\n', encoding="utf-8")
    configuration.write_text(
        "[databases]\n"
        f"* = host={LOOPBACK} port={parts.port}\n"
        "[pgbouncer]\n"
        f"listen_addr = {LOOPBACK}\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = scram-sha-256\nauth_file = {users}\n"
        "pool_mode = transaction\ndefault_pool_size = 20\nmax_client_conn = 200\nlogfile =\npidfile =\n",
        encoding="utf-8",
    )
    for path in (users, configuration):
        identity.owns(path)
    service = Service(
        [program, "-q", str(configuration)], directory=directory, identity=identity, stop_signal=signal.SIGINT
    )
    through = parts._replace(netloc=f"{parts.username}:{parts.password}@{LOOPBACK}:{port}").geturl()

    def answers() -> bool:
        try:
            psycopg.connect(through, connect_timeout=2, prepare_threshold=None).close()
        except psycopg.OperationalError:
            return False
        return True

    service.wait_until(answers)
    return service, through

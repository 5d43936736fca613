"""What the comparison needs to know of a backend; ``benchmarks/peers/*/peer.py`` say it, one each."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import urlsplit

from argon2 import low_level

from benchmarks.compare.calls import Call, Operation

__all__ = ["CONNECTIONS", "PASSWORD", "USERS", "WORKERS", "Launch", "Peer", "Site", "libpq_variables", "password_hash"]

USERS: Final = 1_000
"""``user0`` and so on."""
PASSWORD: Final = "violet kettle 47"  # noqa: S105 - of no value
WORKERS: Final = 2
CONNECTIONS: Final = 16
"""That a server is driven with; a server with threads has half as many in each worker."""


def password_hash() -> str:
    """Return what every user's password is stored as: Argon2id, 19 MiB, two passes, one lane."""
    made = low_level.hash_secret(
        PASSWORD.encode(),
        b"of no value at all.222",
        time_cost=2,
        memory_cost=19 * 1024,
        parallelism=1,
        hash_len=32,
        type=low_level.Type.ID,
    )
    return made.decode()


def libpq_variables(url: str) -> dict[str, str]:
    """Return a database's URL as the variables that libpq, asyncpg and node-postgres read."""
    parts = urlsplit(url)
    return {
        "PGHOST": str(parts.hostname),
        "PGPORT": str(parts.port),
        "PGUSER": str(parts.username),
        "PGPASSWORD": str(parts.password),
        "PGDATABASE": parts.path.removeprefix("/"),
    }


@dataclass(frozen=True, slots=True)
class Site:
    """Where a backend is to stand.

    Args:
        directory: an empty one.
        database_url: of an empty database of PostgreSQL.
        port: on loopback.
    """

    directory: Path
    database_url: str
    port: int


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a backend that has been set up.

    Args:
        command: program and arguments.
        directory: where it runs.
        environment: more variables than the clean environment has.
        path: that answers once it is there.
    """

    command: Sequence[str]
    directory: Path
    environment: Mapping[str, str]
    path: str


class Peer(ABC):
    """A backend."""

    name: ClassVar[str]
    title: ClassVar[str]
    calls: ClassVar[Mapping[Operation, Call]]
    """What it has a call for; a login's answer fills ``${refresh}`` and ``${access}``."""
    refresh_is: ClassVar[str]
    """In words, what was measured as its refresh."""

    @abstractmethod
    def install(self) -> None:
        """Install what it is made of.

        Raises:
            Missing: this machine cannot.
        """

    @abstractmethod
    def versions(self) -> dict[str, str]:
        """What it is made of."""

    @abstractmethod
    def set_up(self, site: Site) -> Launch:
        """Make its tables and its users."""

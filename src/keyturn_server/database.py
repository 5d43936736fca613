"""``DATABASE_URL``, and what Django is told about that database."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

__all__ = ["Database", "parse", "settings_for", "sqlite"]

_POSTGRES: Final = "django.db.backends.postgresql"
_SQLITE: Final = "django.db.backends.sqlite3"
_ENGINES: Final = {_POSTGRES: "keyturn_server.postgresql"}
_EXAMPLES: Final = "postgresql://user:password@host:5432/name or sqlite:////var/lib/keyturn/keyturn.sqlite3"

# Seconds. Every thread that waits for a database which is down is one less for those who need none, probes among them.
_CONNECT_TIMEOUT: Final = 5
_SILENCE: Final = 5
_POOL_TIMEOUT: Final = 2
# Seconds a writer waits for another one. Writers queue here, so this is the longest queue, not a pause.
_SQLITE_BUSY_TIMEOUT: Final = 20
_SQLITE_PRAGMAS: Final = (
    # Readers and the one writer do not block each other.
    "PRAGMA journal_mode = WAL",
    # A log-out that was answered must outlive a power cut: NORMAL may lose the last commits in WAL mode.
    "PRAGMA synchronous = FULL",
    # The log is cut back to this size (bytes) after a burst instead of staying as large as it ever was.
    "PRAGMA journal_size_limit = 16777216",
)


@dataclass(frozen=True, slots=True)
class Database:
    """A database as the URL names it. Its ``repr`` holds no password."""

    engine: str
    name: str
    user: str = ""
    password: str = field(default="", repr=False)
    host: str = ""
    port: str = ""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a SQLite file."""
        return self.engine == _SQLITE

    def __str__(self) -> str:
        """For people: the file, or the name and host."""
        return f"SQLite, {self.name}" if self.is_sqlite else f"PostgreSQL, {self.name} on {self.host or 'this machine'}"


def sqlite(path: Path) -> Database:
    """Return the database in the SQLite file ``path``."""
    return Database(engine=_SQLITE, name=str(path.absolute()))


def parse(text: str) -> Database:
    """Read a database URL.

    PostgreSQL's are read by libpq itself (its manual, "Connection URIs"): percent-encoding, IPv6, Unix sockets
    (``postgresql:///name?host=/run/postgresql``), several hosts and every option (``?sslmode=verify-full``).
    SQLite's take three slashes before a relative path and four before an absolute one.

    Raises:
        ValueError: it is none; the words never repeat the URL, which holds a password.
    """
    scheme = text.strip().partition(":")[0].lower()
    if scheme in {"postgres", "postgresql"}:
        return _parse_postgres(text.strip())
    if scheme == "sqlite":
        return _parse_sqlite(text.strip())
    raise ValueError(f"does not begin with postgresql:// or sqlite:///; write it as {_EXAMPLES}")


def _parse_postgres(url: str) -> Database:
    # Imported here because a server on SQLite has no use for a tenth of a second of libpq.
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        found = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError as error:
        option = re.match(r'invalid URI query parameter: "([^"]{1,64})"', str(error))
        if option is None:
            raise ValueError(
                f"is not a PostgreSQL URL (special characters in a user name or password are percent-encoded);"
                f" write it as {_EXAMPLES}"
            ) from None
        known = [default.keyword.decode() for default in psycopg.pq.Conninfo.get_defaults()]
        close = difflib.get_close_matches(option[1], known, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise ValueError(f"has an option that PostgreSQL does not know: {option[1]!r}{hint}") from None
    if not found.get("dbname"):
        raise ValueError(f"names no database; write it as {_EXAMPLES}")
    return Database(
        engine=_POSTGRES,
        name=found.pop("dbname"),
        user=found.pop("user", ""),
        password=found.pop("password", ""),
        host=found.pop("host", ""),
        port=found.pop("port", ""),
        options=found,
    )


def _parse_sqlite(url: str) -> Database:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(f"is not a URL; write it as {_EXAMPLES}") from None
    if ":memory:" in url or (not parts.path.strip("/") and not parts.netloc):
        raise ValueError("names no file; a database in memory would be another one in every process")
    if parts.netloc:
        raise ValueError("has two slashes; SQLite takes three before a relative path, four before an absolute one")
    if parts.query or parts.fragment:
        raise ValueError("has options, and SQLite takes none here (? in a path is written %3F, # is %23)")
    path = Path(unquote(parts.path.removeprefix("/")))
    if "\0" in str(path):
        raise ValueError("has a NUL byte in its path")
    if path.is_dir():
        raise ValueError(f"names a directory: {path}")
    if not path.parent.is_dir():
        absolute = Path("/") / path
        hint = f"; an absolute path takes four slashes: sqlite:///{absolute}" if absolute.parent.is_dir() else ""
        raise ValueError(f"names a file in a directory that does not exist: {path.parent}{hint}")
    return sqlite(path)


def settings_for(database: Database, *, pool_size: int) -> dict[str, Any]:
    """Return the entry of Django's ``DATABASES`` for ``database``.

    Args:
        database: where the data is.
        pool_size: PostgreSQL connections that one worker process holds at most.
    """
    entry: dict[str, Any] = {
        "ENGINE": _ENGINES.get(database.engine, database.engine),
        "NAME": database.name,
        "USER": database.user,
        "PASSWORD": database.password,
        "HOST": database.host,
        "PORT": database.port,
    }
    if database.is_sqlite:
        entry["OPTIONS"] = {
            # A transaction that reads first and writes later could not wait for another writer; it would fail at once.
            "transaction_mode": "IMMEDIATE",
            "timeout": _SQLITE_BUSY_TIMEOUT,
            "init_command": "; ".join(_SQLITE_PRAGMAS),
        }
        # Seconds. Opening the file and its pragmas cost more than a refresh does.
        entry["CONN_MAX_AGE"] = 60
    else:
        entry["OPTIONS"] = {
            "connect_timeout": str(_CONNECT_TIMEOUT),
            # A network that swallows everything is noticed after so long, not after TCP's own quarter of an hour.
            "tcp_user_timeout": str(_SILENCE * 1000),
            "keepalives_idle": str(_SILENCE),
            "keepalives_interval": "1",
            "keepalives_count": "3",
            **database.options,
            "pool": {"max_size": pool_size, "timeout": _POOL_TIMEOUT},
        }
        # Connections are kept by the process (keyturn_server.postgresql); a thread has one for a request only.
        entry["CONN_MAX_AGE"] = 0
    return entry

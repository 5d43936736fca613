"""A hot statement as a prepared one of PostgreSQL's, run by libpq without a cursor in between (ADR 0048).

The database then plans it once a connection instead of each time, which was most of what a refresh cost there. Whoever
calls has the ordinary way for wherever this one is closed: :func:`run` then returns None, and nothing has been done.
"""

import logging
import math
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from types import FunctionType
from typing import Any, Final
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

__all__ = ["Row", "Statement", "run"]

logger = logging.getLogger("keyturn.sessions")

Row = Sequence[bytes | None]
"""Values in PostgreSQL's binary formats."""

# libpq's numbers (PostgreSQL's manual, 32.3): a format, and what came of a command.
_BINARY: Final = 1
_DONE: Final = 1
_ROWS: Final = 2
_GOOD_FOR: Final = 60.0
"""Seconds. A plan made while a table was small reads all of it, and PostgreSQL learns of its growth by the minute."""

# PostgreSQL's error codes (its manual, appendix A) by which a server says that it has not begun: it knows no statement
# of that name, has another one, or the columns are not what they were when it was prepared.
_UNKNOWN_NAME: Final = "26000"
_NAME_TAKEN: Final = "42P05"
_CHANGED_COLUMNS: Final = "0A000"
_A_POOLERS: Final = frozenset({_UNKNOWN_NAME, _NAME_TAKEN})
_MOST_FAILURES: Final = 3
"""Of a pooler's kind, in a process and for a database. One may come of a ``DISCARD ALL``; more are a pooler that hands
out another server connection for each transaction and knows nothing of prepared statements."""

_failures: Final[dict[str, int]] = {}

_DJANGOS: Final = "django.db.backends.postgresql.base"
_PARAMETER: Final = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as PostgreSQL prepares it.

    Args:
        name: follows from the text, so that no other text ever has it; a connection adds a number.
        text: with ``$1``, ``$2``, … in it.
        parameters: the names of their values, in this order.
    """

    name: bytes
    text: bytes
    parameters: tuple[str, ...]

    @classmethod
    @lru_cache(maxsize=32)
    def of(cls, sql: str) -> "Statement":
        """Make one from a statement with parameters as ``%(name)s``; a doubled percent sign is a single one."""
        names: list[str] = []

        def numbered(match: re.Match[str]) -> str:
            if match[1] not in names:
                names.append(match[1])
            return f"${names.index(match[1]) + 1}"

        text = _PARAMETER.sub(numbered, sql).replace("%%", "%").encode()
        return cls(b"keyturn_" + sha256(text).hexdigest()[:20].encode(), text, tuple(names))


class _Known:
    """What has been done on one of psycopg's connections.

    Attributes:
        is_plain: whether nobody watches or changes statements on their way, and libpq may be called directly.
        since: when each statement was prepared (:func:`time.monotonic`); None: it was seen, and is not prepared.
        names: what each was prepared as last.
        prepared: how many were, in total. No name is used twice: a pooler may still have it.
    """

    __slots__ = ("is_plain", "names", "prepared", "since")

    def __init__(self, *, is_plain: bool) -> None:
        self.is_plain = is_plain
        self.since: dict[bytes, float | None] = {}
        self.names: dict[bytes, bytes] = {}
        self.prepared = 0


_known: Final[WeakKeyDictionary[Any, _Known]] = WeakKeyDictionary()


def run(
    connection: BaseDatabaseWrapper,
    statement: Statement,
    values: Mapping[str, bytes | None],
    kinds: Sequence[frozenset[int]],
) -> list[Row] | None:
    """Run a statement in autocommit, if this connection has seen it before.

    Args:
        connection: Django's, to PostgreSQL.
        statement: what to run; it returns rows.
        values: by parameter, in PostgreSQL's text formats, or None. A NUL would end a text.
        kinds: of each column that comes back, the types (their OIDs) that the caller can read.

    Returns:
        The rows; None: nothing was done, and the statement has to go the ordinary way.

    Raises:
        django.db.Error: as a cursor of Django's would, with psycopg's error as its cause.
    """
    if (
        not connection.autocommit
        or connection.in_atomic_block
        or connection.execute_wrappers
        or connection.force_debug_cursor
        or settings.DEBUG
    ):
        return None
    connection.validate_thread_sharing()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    own: Any = connection.connection
    known = _known.get(own)
    if known is None:
        known = _known[own] = _Known(is_plain=_is_plain(connection))
    # The values are texts in UTF-8.
    if not known.is_plain or own.pgconn.parameter_status(b"client_encoding") != b"UTF8":
        return None
    sent = [values[name] for name in statement.parameters]
    with connection.wrap_database_errors, own.lock:
        return _run(connection, known, statement, sent, kinds)


def _run(
    connection: BaseDatabaseWrapper,
    known: _Known,
    statement: Statement,
    sent: list[bytes | None],
    kinds: Sequence[frozenset[int]],
) -> list[Row] | None:
    name = statement.name
    if _failures.get(connection.alias, 0) >= _MOST_FAILURES:
        return None
    if name not in known.since:
        # A connection that is closed after each request, as is Django's custom, would pay for it and never gain.
        known.since[name] = None
        return None
    since = known.since[name]
    if (since is None or time.monotonic() - since > _GOOD_FOR) and not _prepare(connection, known, statement, kinds):
        return None
    own: Any = connection.connection
    result = own.pgconn.exec_prepared(known.names[name], sent, None, _BINARY)
    if result.status != _ROWS:
        _not_begun(connection, known, statement, result)
        return None
    columns = range(result.nfields)
    value = result.get_value
    return [[value(row, column) for column in columns] for row in range(result.ntuples)]


def _prepare(
    connection: BaseDatabaseWrapper, known: _Known, statement: Statement, kinds: Sequence[frozenset[int]]
) -> bool:
    """Prepare a statement, anew where it is already, and say whether it is now."""
    own: Any = connection.connection
    libpq = own.pgconn
    former = known.names.pop(statement.name, None)
    known.since[statement.name] = None
    # By the protocol's own message, which poolers understand as they understand the others, and DEALLOCATE they do not.
    # It is no error if there is none of that name.
    if former is not None:
        libpq.close_prepared(former)
    known.prepared += 1
    name = b"%s_%d" % (statement.name, known.prepared)
    result = libpq.prepare(name, statement.text)
    if result.status == _DONE:
        result = libpq.describe_prepared(name)
    if result.status != _DONE:
        _not_begun(connection, known, statement, result)
        return False
    known.names[statement.name] = name
    if [result.ftype(column) in kind for column, kind in enumerate(kinds)] != [True] * result.nfields:
        # A column of another type than its field's class has by custom: psycopg knows how to read it.
        known.is_plain = False
        return False
    known.since[statement.name] = time.monotonic()
    return True


def _not_begun(connection: BaseDatabaseWrapper, known: _Known, statement: Statement, result: Any) -> None:
    """Take note of an error that says that the statement was not begun, for it to go the ordinary way.

    Raises:
        psycopg.Error: the result's, where it says anything else.
    """
    library: Any = connection.Database  # type: ignore[attr-defined] # psycopg
    error = library.errors.error_from_result(result)
    if error.sqlstate is None:
        # Libpq's own words: the connection is lost, and what became of the statement is not known.
        raise library.OperationalError(*error.args)
    if error.sqlstate == _CHANGED_COLUMNS and known.since[statement.name] is not None:
        # The next one prepares it anew.
        known.since[statement.name] = -math.inf
    elif error.sqlstate in _A_POOLERS:
        known.since[statement.name] = None
        alias = connection.alias
        _failures[alias] = _failures.get(alias, 0) + 1
        if _failures[alias] == _MOST_FAILURES:
            logger.info("a pooler stands before the database %s: no statement is prepared from now on", alias)
    else:
        raise error


def _is_plain(connection: BaseDatabaseWrapper) -> bool:
    """Whether between Django and PostgreSQL there is only what they brought, so that nobody misses the statement.

    ``DISABLE_SERVER_SIDE_CURSORS`` is how a project says that a pooler in transaction mode is in between.
    """
    library: Any = connection.Database  # type: ignore[attr-defined]
    # Not psycopg 2, nor a class of somebody's own.
    if not hasattr(library, "pq") or type(connection.connection) is not library.Connection:
        return False
    # Before libpq 17 a statement stays prepared for as long as its connection lasts, which may be for weeks.
    if not library.capabilities.has_send_close_prepared():
        return False
    if connection.connection.cursor_factory.__module__ != _DJANGOS:
        return False
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        return False
    # gevent's threads are one; a call into libpq would hold up all of them.
    gevent = sys.modules.get("gevent.monkey")
    if gevent is not None and gevent.is_module_patched("select"):
        return False
    return not _is_watched(connection)


def _is_watched(connection: BaseDatabaseWrapper) -> bool:
    """Whether a tracer, a debugger or a project's own backend looks at cursors."""
    kind = type(connection)
    django_s = next((each for each in kind.__mro__ if each.__module__ == _DJANGOS), None)
    ways = ("cursor", "_cursor", "create_cursor", "make_cursor", "_prepare_cursor")
    if django_s is None or any(
        getattr(kind, way) is not getattr(django_s, way) or way in vars(connection) for way in ways
    ):
        return True
    # Those who patch Django's cursor leave its file.
    place = CursorWrapper.__init__.__code__.co_filename
    runs = [getattr(CursorWrapper, way) for way in ("execute", "_execute_with_wrappers", "_execute")]
    # What stands in for a function shows the code of the one behind it.
    return any(type(run) is not FunctionType or run.__code__.co_filename != place for run in runs)

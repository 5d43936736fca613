"""The one statement of a refresh as a prepared one of PostgreSQL's, and the session that it leaves.

Only such columns come back as the database alone can know, in PostgreSQL's binary formats. The session is put together
from these and from what was written: a model's own way of it costs more than the statement does (ADR 0048).
"""

import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState
from django.db.models.signals import post_init, pre_init

from keyturn.clock import stored
from keyturn.conf import OncePerSettings, Settings
from keyturn.sessions.client import BindingKind, Client
from keyturn.sessions.models import Session
from keyturn.sessions.prepared import Row, Statement, run
from keyturn.sessions.statements import KNOWN, rotate_sql
from keyturn.sessions.user_table import UserTable

__all__ = ["Turn", "turned"]

_Decoder = Callable[[bytes], Any]

# Types of PostgreSQL by their numbers (its catalogue pg_type), which never change.
_INSTANT: Final = frozenset({1184})
_NUMBER: Final = frozenset({20, 21, 23})
_UUID: Final = frozenset({2950})
_TEXT: Final = frozenset({25, 1042, 1043})

# PostgreSQL's instants count microseconds from here.
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_read_instant: Final = struct.Struct("!q").unpack
_TEXTS: Final = frozenset({"CharField", "SlugField", "EmailField", "TextField", "GenericIPAddressField"})


class Turn(NamedTuple):
    """What the statement sets and looks for.

    Attributes:
        sid: the session.
        user: the claimed user's id as a database parameter.
        expected: the generation that it must be at.
        successor: the one that it gets.
        now: aware.
        live_at: it must not end before.
        idle_expires_at: when it ends unless used before, if that is not later than it may end at all.
        client: who presents the token.
    """

    sid: UUID
    user: Any
    expected: int
    successor: int
    now: datetime
    live_at: datetime
    idle_expires_at: datetime
    client: Client


def turned(
    connection: BaseDatabaseWrapper, users: UserTable, turn: Turn, *, check_active: bool
) -> list[Session] | None:
    """Run the statement of :func:`~keyturn.sessions.statements.rotate_sql`.

    Args:
        connection: Django's, to any database.
        users: the user model's table.
        turn: what it sets and looks for.
        check_active: whether the user must be active.

    Returns:
        The session as it is now, or an empty list if nothing was changed; None: the statement has to go the ordinary
        way, and nothing was done.

    Raises:
        django.db.Error: whatever the database says.
    """
    if connection.vendor != "postgresql":
        return None
    decoders = _decoders()
    # Of these it is known how PostgreSQL writes them.
    if decoders is None or type(turn.user) not in {int, str, UUID}:
        return None
    sql = rotate_sql(connection.alias, users, check_active=check_active, claims_user=users.id_is_here, lean=True)
    rows = run(connection, Statement.of(sql), _values(turn), [kind for _, _, kind in decoders])
    if rows is None:
        return None
    return [_session(connection, turn, decoders, row) for row in rows]


def _values(turn: Turn) -> dict[str, bytes | None]:
    """The parameters as texts. None of these holds a NUL: a client's are cleaned, and so is a user's id."""
    client = turn.client
    sid = str(turn.sid).encode()
    now = turn.now.isoformat().encode()
    return {
        "expected": b"%d" % turn.expected,
        "successor": b"%d" % turn.successor,
        "now": now,
        "live_at": now if turn.live_at == turn.now else turn.live_at.isoformat().encode(),
        "idle_expires_at": turn.idle_expires_at.isoformat().encode(),
        "ip": None if client.ip is None else _address(client.ip),
        "user_agent": client.user_agent.encode(),
        "retry_key": client.retry_key.encode(),
        "worn_key": client.worn_key.encode(),
        "sid": sid,
        "sid_text": sid,
        "user_id": str(turn.user).encode(),
        "binding_cookie": client.shown(BindingKind.COOKIE).encode(),
        "binding_dpop": client.shown(BindingKind.DPOP).encode(),
    }


@lru_cache(maxsize=1024)
def _address(ip: str) -> bytes:
    """An address as its column has it.

    Raises:
        ValueError: it is none.
    """
    column: Any = Session._meta.get_field("ip")
    return str(ip_address(column.get_prep_value(ip))).encode()


def _session(
    connection: BaseDatabaseWrapper, turn: Turn, decoders: list[tuple[str, _Decoder, frozenset[int]]], row: Row
) -> Session:
    """The session that the statement left, as Django would have read it."""
    found: dict[str, Any] = {
        "id": turn.sid,
        "generation": turn.successor,
        "rotated_at": turn.now if turn.now.tzinfo is UTC else turn.now.astimezone(UTC),
        "user_agent": turn.client.user_agent,
        "revoked_at": None,
    }
    for (name, decode, _), value in zip(decoders, row, strict=True):
        found[name] = None if value is None else decode(value)
    timezone = connection.timezone
    if timezone is not UTC:
        for name in _INSTANTS:
            if found[name] is not None:
                found[name] = stored(found[name]) if not settings.USE_TZ else found[name].astimezone(timezone)
    if _is_watched():
        names = [str(field.attname) for field in Session._meta.concrete_fields]
        return Session.from_db(connection.alias, names, [found[name] for name in names])
    session = Session.__new__(Session)
    state = ModelState()
    state.adding, state.db = False, connection.alias
    session.__dict__ = {"_state": state, **found}
    return session


def _is_watched() -> bool:
    """Whether anybody is told of each session that is read."""
    return any(signal.receivers and signal.has_listeners(Session) for signal in (pre_init, post_init))


_INSTANTS: Final = tuple(
    field.attname for field in Session._meta.concrete_fields if isinstance(field, models.DateTimeField)
)


def _instant(value: bytes) -> datetime:
    return _EPOCH + timedelta(microseconds=_read_instant(value)[0])


def _whole(value: bytes) -> int:
    return int.from_bytes(value, "big", signed=True)


def _uuid(value: bytes) -> UUID:
    return UUID(bytes=value)


def _decoder_of(field: Any) -> tuple[_Decoder, frozenset[int]] | None:
    """What reads a field's binary format, and of which types; None for a field of a project's own making."""
    field = getattr(field, "target_field", field)
    if hasattr(field, "from_db_value"):
        return None
    if isinstance(field, models.DateTimeField):
        return _instant, _INSTANT
    if isinstance(field, models.IntegerField):
        return _whole, _NUMBER
    if isinstance(field, models.UUIDField):
        return _uuid, _UUID
    return (bytes.decode, _TEXT) if field.get_internal_type() in _TEXTS else None


@OncePerSettings
def _decoders(_settings: Settings) -> list[tuple[str, _Decoder, frozenset[int]]] | None:
    """How to read what comes back, in its order; None: one of the columns is of a kind that only psycopg can read."""
    found: list[tuple[str, _Decoder, frozenset[int]]] = []
    for field in Session._meta.concrete_fields:
        if field.column in KNOWN:
            continue
        decode = _decoder_of(field)
        if decode is None:
            return None
        found.append((str(field.attname), *decode))
    return found

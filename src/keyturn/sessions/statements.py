"""The SQL of the session engine: the statements that must do in one step what the ORM would do in several.

Each is built once for a database vendor, a user model and a few switches. Names of tables and columns come from the
models and are quoted; every value is a parameter.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.apps import apps
from django.db import connections, models, router

from keyturn.feed.statements import publish_ended_sql
from keyturn.sessions.client import BindingKind
from keyturn.sessions.fingerprint import password_fingerprint_sql
from keyturn.sessions.models import Session
from keyturn.sessions.rows import columns_of
from keyturn.sessions.user_table import UserTable
from keyturn.trail.endings import record_ended_sql

__all__ = ["KNOWN", "SUPPORTED_VENDORS", "database", "insert_sql", "read_sql", "revoke_sql", "rotate_sql", "vendor"]

SUPPORTED_VENDORS = ("postgresql", "sqlite")

KNOWN: Final = frozenset({"id", "generation", "rotated_at", "user_agent", "revoked_at"})
"""Columns whose values are known before a session is rotated: the statement sets them, or looks for them."""

BLACKLIST_APP = "token_blacklist"


def database() -> str:
    """The alias that sessions live in: always the primary, never a replica."""
    return router.db_for_write(Session)


def vendor(alias: str) -> str:
    """The kind of database behind an alias."""
    return connections[alias].vendor


@dataclass(frozen=True, slots=True)
class _Names:
    """Quoted names of one database."""

    alias: str

    def __call__(self, name: str) -> str:
        return connections[self.alias].ops.quote_name(name)


def _live_user(names: _Names, users: UserTable, *, check_active: bool, kind: str) -> str:
    """The conditions on the user's row that every mint re-checks (DESIGN P6)."""
    conditions = [
        f"u.{names(users.key)} = s.user_id",
        f"{password_fingerprint_sql('u.' + names(users.password), kind)} = s.password_fingerprint",
    ]
    if check_active and users.is_active is not None:
        conditions.append(f"u.{names(users.is_active)}")
    return " AND ".join(conditions)


def _blacklisted(names: _Names) -> str:
    """Whether token_blacklist has the session, empty where that app is not installed."""
    if not apps.is_installed("rest_framework_simplejwt.token_blacklist"):
        return ""
    outstanding = names(apps.get_model(BLACKLIST_APP, "OutstandingToken")._meta.db_table)
    blacklisted = names(apps.get_model(BLACKLIST_APP, "BlacklistedToken")._meta.db_table)
    return (
        f"EXISTS (SELECT 1 FROM {outstanding} o JOIN {blacklisted} b ON b.token_id = o.id"  # noqa: S608
        " WHERE o.jti = %(sid_text)s)"
    )


def _not_blacklisted(names: _Names) -> str:
    """Doors without a signal (``bulk_create`` of BlacklistedToken, SQL) take effect at the next mint."""
    condition = _blacklisted(names)
    return f" AND NOT {condition}" if condition else ""


def _not_to_be_reset(names: _Names, users: UserTable) -> str:
    accounts = names(apps.get_model("keyturn", "AccountState")._meta.db_table)
    return (
        f" AND NOT EXISTS (SELECT 1 FROM {accounts} a WHERE a.user_id = u.{names(users.key)}"  # noqa: S608
        " AND a.reset_required_at IS NOT NULL)"
    )


def _carried() -> str:
    """The session is unbound, or what it is bound to came along. No hash is empty, so an empty one is nobody's."""
    kinds = "".join(
        f" OR (s.binding_kind = '{kind.value}' AND s.binding_hash <> '' AND s.binding_hash = %(binding_{kind.value})s)"
        for kind in BindingKind
    )
    return f"(s.binding_kind = ''{kinds})"


@lru_cache(maxsize=32)
def rotate_sql(alias: str, users: UserTable, *, check_active: bool, claims_user: bool, lean: bool = False) -> str:
    """One compare-and-set: from ``expected`` to ``successor``, if session and user still stand.

    Parameters: expected, successor, now, live_at, idle_expires_at, ip, user_agent, retry_key, worn_key, sid, sid_text,
    binding_cookie and binding_dpop (the hash of what came along of each kind, or an empty text), and user_id where
    ``claims_user``. Returns the row as it is afterwards; where ``lean`` (PostgreSQL only) without the columns that
    :data:`KNOWN` has.
    """
    names = _Names(alias)
    kind = vendor(alias)
    least = "LEAST" if kind == "postgresql" else "MIN"
    claimed = ""
    if claims_user:
        own = "s.user_id" if users.id_field.primary_key else f"u.{names(str(users.id_field.column))}"
        claimed = f" AND {own} = %(user_id)s"
    of_row = "s." if kind == "postgresql" else ""
    returned = ", ".join(
        # An address in binary would have to be read; host() writes it.
        f"host(s.{names(column)})" if lean and column == "ip" else f"{of_row}{names(column)}"
        for column in columns_of(Session)
        if not (lean and column in KNOWN)
    )
    return (
        f"UPDATE {names(Session._meta.db_table)} AS s SET generation = %(successor)s, rotated_at = %(now)s,"  # noqa: S608
        f" idle_expires_at = {least}(%(idle_expires_at)s, s.absolute_expires_at),"
        " ip = COALESCE(%(ip)s, s.ip), user_agent = %(user_agent)s,"
        # A key that came with two refreshes is nobody's: whoever knows it could ask for replies for ever.
        " retry_key = CASE WHEN s.retry_key IN (%(retry_key)s, %(worn_key)s) THEN %(worn_key)s ELSE %(retry_key)s END"
        f" FROM {names(users.table)} AS u"
        " WHERE s.id = %(sid)s AND s.generation = %(expected)s AND s.revoked_at IS NULL"
        " AND s.idle_expires_at > %(live_at)s AND s.absolute_expires_at > %(live_at)s"
        f" AND {_carried()}"
        f" AND {_live_user(names, users, check_active=check_active, kind=kind)}{claimed}{_not_blacklisted(names)}"
        f" RETURNING {returned}"
    )


@lru_cache(maxsize=32)
def read_sql(alias: str, user: type[models.Model]) -> str | None:
    """One indexed join: a session's columns, then its user's, then whether token_blacklist has the session.

    Parameters: sid, sid_text. None for a user model whose columns are in several tables.
    """
    table = user._meta.db_table
    if any(field.model._meta.db_table != table for field in user._meta.concrete_fields):
        return None
    names = _Names(alias)
    key = names(str(user._meta.pk.column))
    columns = [f"s.{names(column)}" for column in columns_of(Session)] + [f"u.{names(one)}" for one in columns_of(user)]
    return (
        f"SELECT {', '.join(columns)}, {_blacklisted(names) or 'FALSE'} FROM {names(Session._meta.db_table)} AS s"  # noqa: S608
        f" INNER JOIN {names(table)} AS u ON u.{key} = s.user_id WHERE s.id = %(sid)s"
    )


@lru_cache(maxsize=32)
def insert_sql(alias: str, users: UserTable, *, check_active: bool, unless_reset: bool) -> str:
    """Open a session only if the verified password is still the user's, under a share lock on PostgreSQL.

    Parameters: one for each column of the row but ``user_id``, plus ``user_pk`` and ``verified``. A session that
    exists already is left alone (adoption may race). ``unless_reset``: none while a password reset is required; the
    login may have begun before it was.
    """
    names = _Names(alias)
    columns = columns_of(Session)
    values = [f"u.{names(users.key)}" if column == "user_id" else f"%({column})s" for column in columns]
    active = f" AND u.{names(users.is_active)}" if check_active and users.is_active is not None else ""
    lock = " FOR SHARE OF u" if vendor(alias) == "postgresql" else ""
    return (
        f"INSERT INTO {names(Session._meta.db_table)} ({', '.join(names(column) for column in columns)})"  # noqa: S608
        f" SELECT {', '.join(values)} FROM {names(users.table)} AS u"
        f" WHERE u.{names(users.key)} = %(user_pk)s AND u.{names(users.password)} = %(verified)s{active}"
        f"{_not_to_be_reset(names, users) if unless_reset else ''}{lock} ON CONFLICT (id) DO NOTHING"
    )


@lru_cache(maxsize=8)
def revoke_sql(alias: str, condition: str) -> str:
    """End the live sessions that fulfil a condition of this package's own writing, and say which they were.

    On PostgreSQL the same statement writes them into the feed and into the trail, and says their ``trail_id``. SQLite
    has no such statement: there its caller does.
    """
    names = _Names(alias)
    update = (
        f"UPDATE {names(Session._meta.db_table)} SET revoked_at = %(now)s, revoked_reason = %(reason)s"  # noqa: S608
        f" WHERE revoked_at IS NULL AND {condition} RETURNING id, user_id, user_agent"
    )
    if vendor(alias) != "postgresql":
        return update
    return (
        f"WITH ended AS ({update}), fed AS ({publish_ended_sql()}), trailed AS ({record_ended_sql()})"  # noqa: S608
        " SELECT ended.id, ended.user_id, ended.user_agent, trailed.id AS trail_id"
        " FROM ended JOIN trailed ON trailed.session_id = ended.id"
    )

"""One presentation of a token to a session: the statement that rotates, the row that is read, who may go on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import OperationalError, connections

from keyturn.clock import aware
from keyturn.errors import Reason
from keyturn.overtaken import overtaken
from keyturn.sessions.blacklist import with_blacklisted
from keyturn.sessions.client import BindingKind, Client
from keyturn.sessions.fingerprint import password_fingerprint
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Refused
from keyturn.sessions.policy import Policy
from keyturn.sessions.rows import columns_of, model_from, rows_of
from keyturn.sessions.statements import read_sql, rotate_sql
from keyturn.sessions.turning import Turn, turned
from keyturn.sessions.values import for_column

__all__ = ["Attempt", "read_session"]

_ENDED_BECAUSE = {
    "refresh_reused": Reason.REFRESH_REUSED,
    "password_changed": Reason.PASSWORD_CHANGED,
    "user_inactive": Reason.USER_INACTIVE,
}


def read_session(alias: str, sid: UUID) -> Session | None:
    """Read a session and its user by one indexed join; ``session.blacklisted`` tells what token_blacklist says."""
    user_model = get_user_model()
    sql = read_sql(alias, user_model)
    if sql is not None:
        rows = rows_of(alias, sql, {"sid": for_column("id", sid, alias), "sid_text": str(sid)})
        if not rows:
            return None
        row, width = rows[0], len(columns_of(Session))
        session = model_from(Session, alias, row[:width])
        session.user = model_from(user_model, alias, row[width:-1])
        session.blacklisted = bool(row[-1])  # type: ignore[attr-defined] # as the query below annotates it
        return session
    sessions = Session.objects.using(alias).select_related("user").filter(pk=sid)
    found: Session | None = with_blacklisted(sessions, str(sid)).first()
    return found


@dataclass(frozen=True)
class Attempt:
    """Who presents what, when. The arguments are those of :func:`keyturn.sessions.rotate`."""

    alias: str
    sid: UUID
    user_id: str
    now: datetime
    policy: Policy
    client: Client
    leeway: timedelta = timedelta(0)

    @cached_property
    def claimed_user(self) -> Any:
        """The claimed user's id as a database parameter; None where no user can have it."""
        try:
            return self.policy.users.prepare_id(self.user_id, connections[self.alias])
        except ValueError:
            return None

    def compare_and_set(self, *, expected: int, successor: int, idle_expires_at: datetime) -> Session | None:
        """Move the session from one generation to another if it and its user still stand (P1, P6).

        Returns:
            The row as it is now, or None if nothing was changed. A serialization failure means just that.
        """
        users, check_active = self.policy.users, self.policy.column_decides
        turn = Turn(
            sid=self.sid,
            user=self.claimed_user,
            expected=expected,
            successor=successor,
            now=self.now,
            live_at=self.now - self.leeway,
            idle_expires_at=idle_expires_at,
            client=self.client,
        )
        try:
            found = turned(connections[self.alias], users, turn, check_active=check_active)
            if found is not None:
                return found[0] if found else None
            sql = rotate_sql(self.alias, users, check_active=check_active, claims_user=users.id_is_here)
            rows = rows_of(self.alias, sql, self._parameters(turn))
        except OperationalError as error:
            if not overtaken(error, self.alias):
                raise
            return None
        return model_from(Session, self.alias, rows[0]) if rows else None

    def _parameters(self, turn: Turn) -> dict[str, Any]:
        """What a cursor of Django's is given, on any database."""
        return {
            "expected": turn.expected,
            "successor": turn.successor,
            "now": for_column("rotated_at", turn.now, self.alias),
            "live_at": for_column("rotated_at", turn.live_at, self.alias),
            "idle_expires_at": for_column("idle_expires_at", turn.idle_expires_at, self.alias),
            "ip": for_column("ip", self.client.ip, self.alias),
            # Also where it is empty: the rule compares a retry with the client that rotated last, named or not.
            "user_agent": self.client.user_agent,
            # The same: of a refresh that named none, nobody can show to be the sender.
            "retry_key": self.client.retry_key,
            "worn_key": self.client.worn_key,
            "sid": for_column("id", self.sid, self.alias),
            "sid_text": str(self.sid),
            **{f"binding_{kind.value}": self.client.shown(kind) for kind in BindingKind},
            "user_id": turn.user,
        }

    def standing(self, *, unless_idle: bool = True) -> Session | Refused:
        """Read the session and say whether it and its user stand, whatever the generation.

        Args:
            unless_idle: whether the idle expiry counts, as it does for a refresh; an access token carries its own.
        """
        session = read_session(self.alias, self.sid)
        if session is None:
            return Refused(Reason.SESSION_REVOKED)
        user: Any = session.user
        id_field = self.policy.users.id_field
        try:
            if getattr(user, id_field.attname) != id_field.to_python(self.user_id):
                return Refused(Reason.USER_MISMATCH)
        except (ValidationError, ValueError, TypeError):
            return Refused(Reason.USER_MISMATCH)
        if session.is_revoked:
            return Refused(_ENDED_BECAUSE.get(session.revoked_reason, Reason.SESSION_REVOKED))
        if session.blacklisted:  # type: ignore[attr-defined] # annotated by read_session
            return Refused(Reason.SESSION_REVOKED)
        live_at = self.now - self.leeway
        ends_at = aware(session.absolute_expires_at)
        if unless_idle:
            ends_at = min(ends_at, aware(session.idle_expires_at))
        if ends_at <= live_at:
            return Refused(Reason.SESSION_EXPIRED)
        return session

    def admitted(self) -> Session | Refused:
        """The same, and whether the user may sign in and has still the password of the login (P6)."""
        session = self.standing()
        if isinstance(session, Refused):
            return session
        user: Any = session.user
        if not self.policy.admits(user):
            return Refused(Reason.USER_INACTIVE)
        if password_fingerprint(user.password) != session.password_fingerprint:
            return Refused(Reason.PASSWORD_CHANGED)
        return session

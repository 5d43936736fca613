"""End sessions before their time. Every way in ends here, in one transaction with all that must know of it."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connections, transaction
from django.dispatch import Signal

from keyturn.clock import utc_now
from keyturn.feed import publishing
from keyturn.overtaken import until_settled
from keyturn.sessions import blacklist
from keyturn.sessions.models import Session, sessions_about_to_be_deleted
from keyturn.sessions.statements import database, revoke_sql, vendor
from keyturn.sessions.values import for_column
from keyturn.trail import recording as trail
from keyturn.trail.endings import ending, ending_parameters

__all__ = ["RevokeReason", "revoke_sessions", "revoke_user_sessions", "sessions_revoked"]

logger = logging.getLogger("keyturn.sessions")

sessions_revoked = Signal()
"""Sent inside the revocation's transaction with ``session_ids`` (tuple of UUID) and ``reason`` (str)."""


class RevokeReason:
    """Why a session ended, as stored in its row. Words, not codes: the user's list of sessions shows them."""

    LOGOUT = "logout"
    LOGOUT_ALL = "logout_all"
    LOGOUT_OTHERS = "logout_others"
    SIGNED_IN_AGAIN = "signed_in_again"
    REVOKED_BY_USER = "revoked_by_user"
    REVOKED_BY_ADMIN = "revoked_by_admin"
    BLACKLISTED = "blacklisted"
    REFRESH_REUSED = "refresh_reused"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a word, not a password
    USER_INACTIVE = "user_inactive"
    USER_DELETED = "user_deleted"
    DELETED = "deleted"


def revoke_sessions(
    session_ids: Collection[UUID],
    *,
    reason: str,
    now: datetime,
    user_pk: Any = None,
    details: Mapping[str, Any] | None = None,
) -> tuple[UUID, ...]:
    """Revoke sessions by id.

    Args:
        session_ids: which; ids that do not exist are passed over.
        reason: a word of :class:`RevokeReason`.
        now: aware; becomes ``revoked_at``.
        user_pk: only sessions of this user are touched; None: of any user.
        details: what the trail shall say of it besides; words and numbers.

    Returns:
        The ids that this call ended; sessions that had ended before are not among them.
    """
    if not session_ids:
        return ()
    alias = database()
    parameters = {f"id{n}": for_column("id", sid, alias) for n, sid in enumerate(session_ids)}
    condition = f"id IN ({', '.join(f'%({name})s' for name in parameters)})"
    if user_pk is not None:
        condition += " AND user_id = %(user_id)s"
        parameters["user_id"] = _user_key(user_pk, alias)
    return _revoke(alias, condition, parameters, reason=reason, now=now, details=details)


def revoke_user_sessions(
    user_pk: Any,
    *,
    reason: str,
    now: datetime,
    keep: UUID | None = None,
    unless_fingerprint: str | None = None,
    unshown_too: bool = True,
) -> tuple[UUID, ...]:
    """Revoke all of a user's sessions, and the stock refresh tokens that would become sessions when shown.

    Args:
        user_pk: the user's primary key.
        reason: a word of :class:`RevokeReason`.
        now: aware; becomes ``revoked_at``.
        keep: the one session to leave alone.
        unless_fingerprint: leave alone the sessions that were opened under this password fingerprint.
        unshown_too: whether the refresh tokens end that stock simplejwt issued and listed in its ``token_blacklist``
            tables, and that nobody has shown to Keyturn yet.

    Returns:
        The ids that this call ended.
    """
    alias = database()
    parameters = {"user_id": _user_key(user_pk, alias)}
    condition = "user_id = %(user_id)s"
    if keep is not None:
        condition += " AND id <> %(keep)s"
        parameters["keep"] = for_column("id", keep, alias)
    if unless_fingerprint is not None:
        condition += " AND password_fingerprint <> %(unless)s"
        parameters["unless"] = unless_fingerprint

    def end_unshown() -> None:
        if unshown_too:
            blacklist.end_unshown(user_pk, alias=alias)

    return _revoke(alias, condition, parameters, reason=reason, now=now, also=end_unshown)


def _user_key(user_pk: Any, alias: str) -> Any:
    field: Any = Session._meta.get_field("user")
    return field.get_db_prep_value(user_pk, connections[alias])


def _revoke(
    alias: str,
    condition: str,
    parameters: dict[str, Any],
    *,
    reason: str,
    now: datetime,
    details: Mapping[str, Any] | None = None,
    also: Callable[[], None] = lambda: None,
) -> tuple[UUID, ...]:
    said = details or {}
    parameters = {
        **parameters,
        "now": for_column("revoked_at", now, alias),
        "reason": reason,
        **ending_parameters(reason=reason, details=said),
    }

    def revoke() -> tuple[UUID, ...]:
        with transaction.atomic(using=alias):
            rows = list(Session.objects.using(alias).raw(revoke_sql(alias, condition), parameters))
            ended = tuple(session.id for session in rows)
            if ended:
                events = [_event(session, reason=reason, details=said, at=now) for session in rows]
                if vendor(alias) == "postgresql":
                    # The statement itself has written them into the feed and into the trail.
                    publishing.follow_up(alias=alias, session_ids=ended, reason=reason)
                    trail.announce(events, alias=alias)
                else:
                    publishing.publish(alias=alias, at=now, session_ids=ended, reason=reason)
                    trail.write(events)
                sessions_revoked.send(sender=Session, session_ids=ended, reason=reason)
            also()
        return ended

    ended = until_settled(revoke, alias=alias)
    for sid in ended:
        logger.info("session %s ended: %s", sid, reason)
    return ended


def _event(session: Session, *, reason: str, details: Mapping[str, Any], at: datetime) -> Any:
    return ending(
        user_id=session.user_id,
        session_id=session.id,
        reason=reason,
        client=session.user_agent,
        details=details,
        at=at,
        pk=getattr(session, "trail_id", None),
    )


_IDS_A_STATEMENT: Final = 10_000
"""SQLite takes no more than 32,766 parameters."""


def _end_deleted(*, session_ids: Sequence[UUID], **_: object) -> None:
    for start in range(0, len(session_ids), _IDS_A_STATEMENT):
        some = session_ids[start : start + _IDS_A_STATEMENT]
        revoke_sessions(some, reason=RevokeReason.DELETED, now=utc_now())


sessions_about_to_be_deleted.connect(_end_deleted, sender=Session, dispatch_uid="keyturn.sessions_deleted")

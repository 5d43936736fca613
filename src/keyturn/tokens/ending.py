"""Log out: end the session that a refresh token belongs to (RFC 7009 in spirit: a repeat is no error)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections

from keyturn.errors import Reason, RefusedError
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.sessions.policy import Policy
from keyturn.sessions.revocation import RevokeReason, revoke_sessions
from keyturn.sessions.statements import database
from keyturn.tokens.adoption import forget_stock_token
from keyturn.tokens.claims import Claims, presented, read_refresh
from keyturn.tokens.verifying import check_refresh

__all__ = ["end_replaced_session", "end_session", "end_session_of", "was_replaced"]


def end_session(raw: str | bytes, *, now: datetime, user_id: str | None = None) -> Claims:
    """End the session of a refresh token; any unexpired generation of it will do, and a repeat changes nothing.

    Args:
        raw: the refresh token.
        now: aware.
        user_id: the user who asks, in the form of ``USER_ID_FIELD``; None: the token alone is enough.

    Returns:
        The token's claims.

    Raises:
        RefusedError: the token does not verify, or is not this user's (``user_mismatch``).
    """
    claims = read_refresh(raw, now=now)
    if user_id is not None and claims.user_id != user_id:
        raise RefusedError(Reason.USER_MISMATCH)
    end_session_of(claims, now=now)
    return claims


def end_session_of(claims: Claims, *, now: datetime) -> None:
    """End the session of verified claims."""
    if claims.sid is None:
        forget_stock_token(claims, now=now)
        return
    sid, _, user_id = presented(claims)
    revoke_sessions((sid,), reason=RevokeReason.LOGOUT, now=now, user_pk=_primary_key(user_id))


def end_replaced_session(raw: str, *, now: datetime, client: Client) -> bool:
    """End the session of a refresh token whose place another one's has just taken: nobody will show it again.

    Whoever holds some old copy of it ends nothing by this: it must be the newest there is of a session that stands, and
    come with the session's binding.

    Args:
        raw: the refresh token that is given up.
        now: aware.
        client: who gives it up, with what came along.

    Returns:
        Whether a session was ended.
    """
    try:
        claims = read_refresh(raw, now=now)
        session = None if claims.sid is None else check_refresh(claims, now=now, client=client)
    except RefusedError:
        return False
    if session is None or session.generation != claims.generation:
        return False
    return bool(revoke_sessions((session.id,), reason=RevokeReason.SIGNED_IN_AGAIN, now=now))


def was_replaced(sid: UUID) -> bool:
    """Whether a session ended because another one took its place: see :func:`end_replaced_session`."""
    replaced = Session.objects.using(database()).filter(pk=sid, revoked_reason=RevokeReason.SIGNED_IN_AGAIN)
    return replaced.exists()


def _primary_key(user_id: str) -> Any:
    """The claimed user's primary key where tokens carry it: another user's session is never touched."""
    users = Policy.current().users
    if not users.id_field.primary_key:
        return None
    try:
        return users.prepare_id(user_id, connections[database()])
    except ValueError:
        raise RefusedError(Reason.INVALID_CLAIM, "no user can have this id") from None

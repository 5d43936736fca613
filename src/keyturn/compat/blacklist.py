"""``token_blacklist`` both ways: a BlacklistedToken ends the session, and a session that ends gets its row there."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models.signals import post_save

from keyturn.clock import stored, utc_now
from keyturn.sessions import blacklist
from keyturn.sessions.identity import adopted_session_id
from keyturn.sessions.revocation import RevokeReason, revoke_sessions, sessions_revoked
from keyturn.sessions.statements import database
from keyturn.tokens.claims import Claims
from keyturn.tokens.stock import claimed_user

__all__ = ["blacklisted_row", "install", "outstanding_row", "session_id_of"]


def install() -> None:
    """Connect the two, where the app is installed."""
    if blacklist.is_installed():
        post_save.connect(_end_session, sender=_model("BlacklistedToken"), dispatch_uid="keyturn.blacklisted")
        sessions_revoked.connect(_list_as_blacklisted, dispatch_uid="keyturn.session_ended")


def session_id_of(jti: str) -> UUID:
    """The session of an OutstandingToken: its ``jti`` is the session's id, or that of a stock token to be adopted."""
    if len(jti) == 36:
        try:
            return UUID(jti)
        except ValueError:
            pass
    return adopted_session_id(jti)


def outstanding_row(claims: Claims, *, created_at: datetime) -> Any:
    """Return ``(OutstandingToken, created)`` for a token, listing it by its id where it is not listed yet.

    Args:
        claims: of the token.
        created_at: in the form that the project's model fields take.

    Returns:
        None where the app is missing.
    """
    if not blacklist.is_installed():
        return None
    jti = claims.jti if claims.sid is None else str(claims.sid)
    known: Any = _model("OutstandingToken").objects.using(database())
    times = {"created_at": created_at, "expires_at": stored(claims.expires_at)}
    return known.get_or_create(jti=jti, defaults={"user": claimed_user(claims), "token": jti, **times})


def blacklisted_row(sid: UUID, *, created: bool) -> Any:
    """Return ``(BlacklistedToken, created)`` for a session; None where the app or the session's row is missing."""
    if not blacklist.is_installed():
        return None
    row = _model("BlacklistedToken").objects.using(database()).filter(token__jti=str(sid)).first()
    return None if row is None else (row, created)


def _end_session(*, instance: Any, created: bool, raw: bool = False, **_: object) -> None:
    if created and not raw:
        revoke_sessions((session_id_of(instance.token.jti),), reason=RevokeReason.BLACKLISTED, now=utc_now())


def _list_as_blacklisted(*, session_ids: Collection[UUID], **_: object) -> None:
    blacklist.list_ended(session_ids, now=utc_now(), alias=database())


def _model(name: str) -> Any:
    return apps.get_model("token_blacklist", name)

"""``token_blacklist`` both ways: a BlacklistedToken ends the session, and a session that ends gets its row there."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models.signals import post_save

from keyturn.clock import utc_now
from keyturn.sessions import blacklist
from keyturn.sessions.identity import adopted_session_id
from keyturn.sessions.revocation import RevokeReason, revoke_sessions, sessions_revoked
from keyturn.sessions.statements import database

__all__ = ["blacklisted_row", "install", "session_id_of"]


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


def blacklisted_row(sid: UUID) -> Any:
    """Return ``(BlacklistedToken, created)`` for a session; None where the app or the session's row is missing."""
    if not blacklist.is_installed():
        return None
    outstanding = _model("OutstandingToken").objects.using(database()).filter(jti=str(sid)).first()
    if outstanding is None:
        return None
    return _model("BlacklistedToken").objects.using(database()).get_or_create(token=outstanding)


def _end_session(*, instance: Any, created: bool, raw: bool = False, **_: object) -> None:
    if created and not raw:
        revoke_sessions((session_id_of(instance.token.jti),), reason=RevokeReason.BLACKLISTED, now=utc_now())


def _list_as_blacklisted(*, session_ids: Collection[UUID], **_: object) -> None:
    """One INSERT … SELECT would be less portable; a revocation is rare and its sessions are few."""
    alias = database()
    outstanding = _model("OutstandingToken").objects.using(alias).filter(jti__in=[str(sid) for sid in session_ids])
    _model("BlacklistedToken").objects.using(alias).bulk_create(
        [_model("BlacklistedToken")(token=token) for token in outstanding.only("id")], ignore_conflicts=True
    )


def _model(name: str) -> Any:
    return apps.get_model("token_blacklist", name)

"""Reuse found inside a transaction that is not ours: the session is ended once more when that transaction is over.

A project's own view may refresh under ``ATOMIC_REQUESTS``, or inside ``transaction.atomic()``. REST framework rolls
such a transaction back with the 401, and the revocation with it. So the session is remembered here, and ended again
outside, before the answer leaves (:mod:`keyturn.api.settling`).
"""

from contextvars import ContextVar
from datetime import datetime
from uuid import UUID

from keyturn.sessions.revocation import RevokeReason, revoke_sessions

__all__ = ["forget", "remember_reused", "settle"]

_reused: ContextVar[tuple[tuple[UUID, datetime], ...]] = ContextVar("keyturn_reused", default=())


def remember_reused(sid: UUID, *, now: datetime) -> None:
    """Note a session that was ended inside somebody else's transaction."""
    _reused.set((*_reused.get(), (sid, now)))


def forget() -> None:
    """Begin with nothing noted: what services did outside of any request is their caller's to settle."""
    _reused.set(())


def settle() -> None:
    """End the sessions noted since the last call; one that has ended stays as it is."""
    noted = _reused.get()
    if noted:
        _reused.set(())
        for sid, now in noted:
            revoke_sessions((sid,), reason=RevokeReason.REFRESH_REUSED, now=now)

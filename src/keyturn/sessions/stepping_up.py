"""When and how a session's user last proved who they are: read it, and raise it by a new proof (RFC 9470)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from keyturn.clock import aware, stored
from keyturn.errors import Reason, RefusedError, UnavailableError
from keyturn.sessions.assurance import Proof, acr_of, is_strong, stepped_up
from keyturn.sessions.models import Session
from keyturn.sessions.statements import database

__all__ = ["Standing", "raise_standing", "standing_of"]

_TRIES: Final = 8
"""Each further one means that another proof of the same session was stored in between."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a session has to show for its user.

    Args:
        auth_time: aware; when its user last proved who they are.
        amr: how, in the words of :mod:`keyturn.sessions.assurance`.
    """

    auth_time: datetime
    amr: str

    def meets(self, *, max_age: timedelta | None, acr: str | None, now: datetime) -> bool:
        """Whether it is as recent and as strong as somebody asks for.

        Args:
            max_age: since the proof; None: however long ago.
            acr: ``1fa`` or ``2fa``; None: however.
            now: aware.
        """
        worth = acr_of(self.amr)
        if worth is None or (max_age is not None and self.auth_time < now - max_age):
            return False
        return acr is None or worth == acr or is_strong(self.amr)


def standing_of(session_id: UUID, *, user_pk: Any) -> Standing | None:
    """What a session has to show, read from its row; None where it is over, or not this user's."""
    rows = Session.objects.using(database()).filter(pk=session_id, user_id=user_pk, revoked_at__isnull=True)
    found = rows.values_list("auth_time", "amr").first()
    return None if found is None else Standing(aware(found[0]), found[1])


def raise_standing(session_id: UUID, *, user_pk: Any, proof: Proof, now: datetime) -> Session:
    """Store that a session's user has just proved who they are; nothing else about the session changes.

    Args:
        session_id: the session in which it was proved.
        user_pk: whose it must be.
        proof: what was shown.
        now: aware; a proof that was stored with a later time keeps it.

    Returns:
        The row as it stands.

    Raises:
        RefusedError: ``session_revoked``: it is over, or not this user's.
        UnavailableError: other proofs of this session came in between, again and again.
    """
    rows = Session.objects.using(database()).filter(pk=session_id, user_id=user_pk, revoked_at__isnull=True)
    for _ in range(_TRIES):
        session = rows.first()
        if session is None:
            raise RefusedError(Reason.SESSION_REVOKED, "while its user proved who they are")
        amr = stepped_up(session.amr, proof)
        at = max(now, aware(session.auth_time))
        # What was read must still be there: two proofs at once count both.
        if rows.filter(amr=session.amr, auth_time=session.auth_time).update(amr=amr, auth_time=stored(at)):
            session.amr, session.auth_time = amr, stored(at)
            return session
    raise UnavailableError

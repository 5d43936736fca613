"""What users show beside their sign-in, to go on with something that asks for it: the session remembers it.

Every such proof is told by django-allauth's signal, whichever view asked for it.
"""

from typing import Any
from uuid import UUID

from django.apps import apps

from keyturn.clock import utc_now
from keyturn.sessions.models import Session
from keyturn.sessions.stepping_up import raise_standing

__all__ = ["follow_proofs", "raised_session"]


def follow_proofs() -> None:
    """Listen where django-allauth is installed. Safe to call twice."""
    if not apps.is_installed("allauth.account"):
        return
    from allauth.account.signals import authentication_step_completed  # noqa: PLC0415 - not every project has it

    authentication_step_completed.connect(_proved, dispatch_uid="keyturn.accounts.proved")


def raised_session(request: Any) -> Session | None:
    """The session that somebody has proved in this request to be theirs still; None where nobody has."""
    return getattr(request, "keyturn_raised", None)


def _proved(*, request: Any, user: Any, method: str, reauthenticated: bool = False, **more: Any) -> None:
    from keyturn.accounts.methods import proof_of  # noqa: PLC0415 - stands on django-allauth

    session_id: UUID | None = getattr(getattr(request, "auth", None), "sid", None)
    if not reauthenticated or session_id is None:
        return
    proof = proof_of({"method": method, **more})
    if proof is None:
        return
    session = raise_standing(session_id, user_pk=user.pk, proof=proof, now=utc_now())
    session.remember_user(user)
    request.keyturn_raised = session

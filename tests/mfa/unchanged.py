"""What must be as it was, after an answer of a passkey that does not serve."""

from typing import Any

from allauth.mfa.models import Authenticator

from keyturn.mfa.models import FactorState, UsedChallenge
from keyturn.sessions.models import Session

__all__ = ["kept", "refused"]


def kept() -> Any:
    """Everything an answer may change."""
    return (
        list(Authenticator.objects.order_by("pk").values()),
        list(FactorState.objects.order_by("pk").values()),
        sorted(UsedChallenge.objects.values_list("pk", flat=True)),
        Session.objects.count(),
    )


def refused(answer: Any, before: Any, reason: str = "passkey_invalid") -> None:
    """Assert that an answer was refused for that reason and changed nothing."""
    assert answer.status_code == 400, answer.content
    assert answer.json()["reason"] == reason
    assert kept() == before

"""What came of presenting a refresh token: one frozen result for each way it can go."""

from dataclasses import dataclass

from keyturn.errors import Reason
from keyturn.sessions.models import Session

__all__ = ["Converged", "Forgiven", "Outcome", "Refused", "Reused", "Rotated"]


@dataclass(frozen=True, slots=True)
class Rotated:
    """The current generation was presented; ``session`` stands at its successor."""

    session: Session


@dataclass(frozen=True, slots=True)
class Converged:
    """A predecessor was presented by an honest client; nothing changed, ``session`` is the current row."""

    session: Session


@dataclass(frozen=True, slots=True)
class Forgiven:
    """A late predecessor was let in this once; ``session`` is the current row."""

    session: Session


@dataclass(frozen=True, slots=True)
class Reused:
    """Two parties hold this session; it has been revoked, and that is committed."""

    session: Session


@dataclass(frozen=True, slots=True)
class Refused:
    """The session or its user does not stand; nothing changed."""

    reason: Reason


Outcome = Rotated | Converged | Forgiven | Reused | Refused

"""Short sentences for the engine's services: open a session, present a generation, look at the row."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from keyturn.sessions.client import Binding, BindingKind, Client
from keyturn.sessions.models import Session
from keyturn.sessions.opening import open_session
from keyturn.sessions.outcome import Outcome, Refused
from keyturn.sessions.policy import Policy
from keyturn.sessions.revocation import RevokeReason, revoke_sessions
from keyturn.sessions.rotation import examine, rotate

__all__ = [
    "COOKIE",
    "CURL",
    "DPOP",
    "FIREFOX",
    "FIREFOX_UPDATED",
    "IDLE",
    "NOW",
    "ended",
    "examined",
    "later",
    "opened",
    "placed",
    "policy",
    "present",
    "row",
    "showing",
]

NOW: Final = datetime(2031, 5, 17, 12, 0, 0, tzinfo=UTC)
IDLE: Final = timedelta(days=2)

_FIREFOX: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:{0}) Gecko/20100101 Firefox/{0}"
FIREFOX: Final = Client(ip="192.0.2.7", user_agent=_FIREFOX.format("140.0"))
FIREFOX_UPDATED: Final = Client(ip="192.0.2.8", user_agent=_FIREFOX.format("141.0.2"))
CURL: Final = Client(ip="198.51.100.9", user_agent="curl/8.14.1")

COOKIE: Final = Binding.to(BindingKind.COOKIE, "what the device cookie holds")
DPOP: Final = Binding.to(BindingKind.DPOP, "the thumbprint of the client's key")


def later(seconds: float = 0, **spans: float) -> datetime:
    """So long after :data:`NOW`."""
    return NOW + timedelta(seconds=seconds, **spans)


def showing(client: Client, binding: Binding | None) -> Client:
    """The client, with something to show; as it is without."""
    return client if binding is None else replace(client, bindings=(binding,))


def _shown(facts: dict[str, Any]) -> dict[str, Any]:
    """``binding`` among the facts becomes what the client has to show."""
    binding = facts.pop("binding", None)
    return {**facts, "client": showing(facts["client"], binding)}


def policy(**changes: Any) -> Policy:
    """The policy of the settings, with changes."""
    return replace(Policy.current(), **changes)


def opened(user: Any, *, now: datetime = NOW, idle_lifetime: timedelta = IDLE, **facts: Any) -> Session:
    """Open a session that nothing stands against."""
    facts = _shown({"policy": policy(), "client": FIREFOX, **facts})
    session = open_session(user=user, now=now, idle_lifetime=idle_lifetime, **facts)
    assert session is not None
    return session


def present(session: Session, generation: int, *, now: datetime = NOW, **facts: Any) -> Outcome:
    """Present a generation of a session's refresh token, as its user and with its usual client."""
    facts = {"user_id": str(session.user_id), "policy": policy(), "client": FIREFOX, "idle_lifetime": IDLE, **facts}
    facts = _shown(facts)
    return rotate(sid=session.pk, generation=generation, now=now, **facts)


def examined(session: Session, generation: int, *, now: datetime = NOW, **facts: Any) -> Session | Refused:
    """Ask what presenting a generation would bring."""
    facts = _shown({"user_id": str(session.user_id), "policy": policy(), "client": FIREFOX, **facts})
    return examine(sid=session.pk, generation=generation, now=now, **facts)


def row(session: Session) -> Session:
    """The session as the database has it."""
    return Session.objects.get(pk=session.pk)


def placed(session: Session, **columns: Any) -> Session:
    """Put a session's row into a state that would take many steps to reach, and return it."""
    assert Session.objects.filter(pk=session.pk).update(**columns) == 1
    return row(session)


def ended(session: Session, *, now: datetime = NOW) -> None:
    """Log the session out."""
    assert revoke_sessions((session.pk,), reason=RevokeReason.LOGOUT, now=now) == (session.pk,)

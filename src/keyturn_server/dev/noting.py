"""Write down what the lab draws: how refresh tokens were judged, who was refused and why, which sessions ended.

What is noted during one request is kept together when it ends, the judgement first. No token, no cookie, no password
and no hash of one is ever noted.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from keyturn.clock import utc_now
from keyturn.sessions.client import Client
from keyturn.sessions.judged import refresh_judged
from keyturn.sessions.outcome import Outcome, Refused
from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent
from keyturn.trail.recording import event_recorded
from keyturn_server.dev import store

__all__ = ["Notes", "follow", "note", "noting"]

_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9 ._-]")
_KINDS: Final = {
    Event.LOGIN.value: "login",
    Event.SESSION_REVOKED.value: "ended",
    Event.REFRESH_REUSED.value: "ended",
    Event.SIGNING_KEY_ROTATED.value: "keys",
    Event.SIGNING_KEY_REVOKED.value: "keys",
}


@dataclass
class Notes:
    """What one request led to.

    Args:
        who: the name that the client gave itself in ``X-Keyturn-Lab``; empty: it gave none.
        judgement: how its refresh token was judged, where one was.
        others: everything else, in its order.
    """

    who: str = ""
    judgement: dict[str, Any] | None = None
    others: list[dict[str, Any]] = field(default_factory=list)


_current: ContextVar[Notes | None] = ContextVar("keyturn_lab_notes", default=None)


@contextmanager
def noting(who: str) -> Iterator[Notes]:
    """Collect what is noted from here, and keep it at the end.

    Args:
        who: as the client calls itself; letters, digits and a few signs of it are kept.
    """
    notes = Notes(who=_NOT_PLAIN.sub("", who)[:40])
    token = _current.set(notes)
    try:
        yield notes
    finally:
        _current.reset(token)
        store.keep([*([notes.judgement] if notes.judgement else []), *notes.others])


def note(kind: str, *, at: datetime | None = None, **told: Any) -> None:
    """Note one event, now or with the request under way.

    Args:
        kind: what it is; the lab knows them (``web/app/lab/events.ts``).
        at: aware; now where absent.
        told: JSON.
    """
    notes = _current.get()
    moment = (at or utc_now()).isoformat().replace("+00:00", "Z")
    event = {"kind": kind, "at": moment, "who": notes.who if notes else "", **told}
    if notes is None:
        store.keep([event])
    elif kind == "refresh":
        notes.judgement = event
    else:
        notes.others.append(event)


def follow() -> None:
    """Hear of judgements and of the trail's events, from now on. Safe to call twice."""
    refresh_judged.connect(_on_judged, dispatch_uid="keyturn lab")
    event_recorded.connect(_on_trail, dispatch_uid="keyturn lab")


def _on_judged(
    *, session_id: UUID, generation: int, outcome: Outcome, client: Client, now: datetime, **_: object
) -> None:
    told: dict[str, Any] = {
        "session": str(session_id),
        "presented": generation,
        "verdict": type(outcome).__name__.lower(),
    }
    if isinstance(outcome, Refused):
        told["reason"] = outcome.reason.value
    else:
        session = outcome.session
        told |= {
            "stands": session.generation,
            "bound": session.binding_kind or "none",
            "carried": client.carries(kind=session.binding_kind, hash=session.binding_hash),
        }
    note("refresh", at=now, **told)


def _on_trail(*, event: AuditEvent, **_: object) -> None:
    kind = _KINDS.get(event.event)
    if kind is not None:
        # The trail's own clock is the database column's; the lab draws by the order in which it hears.
        note(kind, session=str(event.session_id) if event.session_id else None, what=event.event, reason=event.reason)

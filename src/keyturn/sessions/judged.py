"""Tell who wants to know how each refresh token that was presented has been judged."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.dispatch import Signal

from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Outcome

__all__ = ["refresh_judged", "tell_judged"]

refresh_judged: Final = Signal()
"""Sent by :class:`~keyturn.sessions.models.Session` after each judgement, in the thread of the request.

``session_id``, ``generation`` (the one presented), ``outcome`` (:data:`~keyturn.sessions.outcome.Outcome`), ``client``
(:class:`~keyturn.sessions.client.Client`) and ``now``. No token comes along. Without a receiver nothing is done, and
nothing is paid; what a receiver raises is logged by Django and changes no answer.
"""


def tell_judged(*, session_id: UUID, generation: int, outcome: Outcome, client: Client, now: datetime) -> None:
    """Send :data:`refresh_judged`."""
    if refresh_judged.receivers:
        refresh_judged.send_robust(
            sender=Session, session_id=session_id, generation=generation, outcome=outcome, client=client, now=now
        )

"""Let an administrator act as a user: one short token that says who really acts (RFC 8693 section 4.1).

No refresh token is issued and the session ends with its one access token, so nobody forgets to stop. The token names
the user in ``sub`` and the administrator in ``act``, and every service that reads tokens can tell the two apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from keyturn import conf
from keyturn.clock import aware
from keyturn.sessions.client import Client
from keyturn.sessions.policy import Policy
from keyturn.sessions.statements import database
from keyturn.sessions.user_table import user_table
from keyturn.tokens.issuing import open_listed_session
from keyturn.tokens.minting import Lifetimes, access_payload, encode_access, user_claims
from keyturn.trail.calling import calling, current_caller
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["ACT", "LABEL", "METHOD", "Impersonation", "WhyNot", "actor_of", "gained_by_being", "impersonate", "why_not"]

ACT: Final = "act"
"""The claim that names who acts (RFC 8693 section 4.1)."""

METHOD: Final = "impersonation"
"""``amr`` of such a session: the user has proved nothing. RFC 8176 has no word for it and leaves room for others."""

LABEL: Final = "An administrator, acting as you"
"""How the user's own list of sessions names it. Neither name nor address of the administrator is the user's to see."""

_LONGEST_REASON: Final = 200


class WhyNot(StrEnum):
    """Why somebody may not act as a user."""

    NO_PERMISSION = "no_permission"
    SAME_USER = "same_user"
    INACTIVE = "inactive"
    SUPERUSER = "superuser"
    MORE_PERMISSIONS = "more_permissions"


@dataclass(frozen=True, slots=True)
class Impersonation:
    """The token, and the session that ends with it."""

    access: str
    session_id: UUID
    expires_at: datetime


def why_not(*, actor: Any, user: Any) -> WhyNot | None:
    """Say why an administrator may not act as a user; None where that is allowed.

    Nobody gains by it: neither a superuser's rights, nor a permission that the administrator lacks.

    Args:
        actor: the administrator, who holds ``keyturn.impersonate_user``.
        user: the user to act as.
    """
    # A user model of the project's own may know no permissions; then nobody has this one.
    may = getattr(actor, "has_perm", None)
    if may is None or not _holds(actor, "is_active") or not may("keyturn.impersonate_user"):
        return WhyNot.NO_PERMISSION
    if actor.pk == user.pk:
        return WhyNot.SAME_USER
    if not _holds(user, "is_active") or not Policy.current().admits(user):
        return WhyNot.INACTIVE
    return gained_by_being(user, actor=actor)


def gained_by_being(user: Any, *, actor: Any) -> WhyNot | None:
    """Say what an administrator who could act, or sign in, as a user would gain; None: nothing."""
    if getattr(actor, "is_superuser", False):
        return None
    if getattr(user, "is_superuser", False):
        return WhyNot.SUPERUSER
    if getattr(user, "is_staff", False) and not getattr(actor, "is_staff", False):
        return WhyNot.MORE_PERMISSIONS
    if not _permissions(user) <= _permissions(actor):
        return WhyNot.MORE_PERMISSIONS
    return None


def impersonate(*, actor: Any, user: Any, reason: str, now: datetime) -> Impersonation:
    """Open a session for an administrator who acts as a user, and give its only token.

    Both are told in the trail, in the transaction that opens the session: without the record there is no token.

    Args:
        actor: the administrator.
        user: as loaded just now.
        reason: why, in the administrator's words; cut after 200 characters. It goes into the trail.
        now: aware.

    Raises:
        PermissionError: :func:`why_not` says so; its word is the argument.
        ValueError: no reason was given.
        RefusedError: ``bad_credentials``: the user was deactivated, deleted, or changed the password meanwhile.
    """
    refused = why_not(actor=actor, user=user)
    if refused is not None:
        raise PermissionError(refused.value)
    why = " ".join("".join(letter if letter.isprintable() else " " for letter in reason).split())[:_LONGEST_REASON]
    if not why:
        raise ValueError("a reason must be given")
    lifetime = Lifetimes.current().access
    with transaction.atomic(using=database()):
        # Without address and agent: the user sees a session's, and these are the administrator's. The trail has them.
        session = open_listed_session(
            user=user,
            now=now,
            idle_lifetime=lifetime,
            policy=replace(Policy.current(), absolute_lifetime=lifetime, unless_reset=False),
            client=Client(label=LABEL),
            amr=METHOD,
        )
        _record(actor=actor, user=user, session_id=session.pk, why=why, now=now)
    session.remember_user(user)
    carried = user_claims(user) | {ACT: {"sub": _subject(actor)}}
    return Impersonation(
        access=encode_access(access_payload(session, carried, now=now, lifetime=lifetime), now=now),
        session_id=session.pk,
        expires_at=aware(session.absolute_expires_at),
    )


def actor_of(payload: Mapping[str, Any]) -> str | None:
    """Who acts, by a verified token's claims; None where that is the user.

    Returns:
        ``act.sub``; empty where the claim is there and names nobody: somebody else acts all the same.
    """
    act = payload.get(ACT)
    if act is None:
        return None
    subject = act.get("sub") if isinstance(act, Mapping) else None
    return subject if isinstance(subject, str) else ""


def _record(*, actor: Any, user: Any, session_id: UUID, why: str, now: datetime) -> None:
    with calling(replace(current_caller(), actor_id=str(actor.pk))):
        record(Event.IMPERSONATED, user_id=user.pk, session_id=session_id, details={"why": why}, at=now)
        record(
            Event.ADMIN_ACTION,
            user_id=actor.pk,
            session_id=session_id,
            reason="impersonate_user",
            details={"user": str(user.pk), "why": why},
            at=now,
        )


def _subject(actor: Any) -> str:
    """The administrator in the form that ``sub`` has."""
    name = conf.get().user_id_field
    return str(actor.pk if user_table(name).id_field.primary_key else getattr(actor, name))


def _holds(user: Any, flag: str) -> bool:
    return bool(getattr(user, flag, True))


def _permissions(user: Any) -> set[str]:
    """What the project's back ends grant; nothing where its user model knows no permissions."""
    granted = getattr(user, "get_all_permissions", None)
    return set(granted()) if granted is not None else set()

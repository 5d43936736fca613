"""Refresh a session: one compare-and-set, and the rule where it changed nothing."""

import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import OperationalError, connections

from keyturn.clock import aware
from keyturn.errors import Reason, UnavailableError
from keyturn.overtaken import ATTEMPTS, overtaken
from keyturn.sessions.attempt import Attempt
from keyturn.sessions.client import BindingKind, Client, same_agent
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Converged, Forgiven, Outcome, Refused, Reused, Rotated
from keyturn.sessions.policy import Policy
from keyturn.sessions.revocation import RevokeReason, revoke_sessions
from keyturn.sessions.rule import Presented, Standing, Verdict, acceptable, judge
from keyturn.sessions.statements import database
from keyturn.sessions.unsettled import remember_reused

__all__ = ["MAX_GENERATION", "examine", "rotate", "touch"]

logger = logging.getLogger("keyturn.sessions")

MAX_GENERATION: Final = 2**53
"""Far beyond any real session, within every JSON number and every BIGINT."""


def rotate(
    *,
    sid: UUID,
    generation: int,
    user_id: str,
    now: datetime,
    idle_lifetime: timedelta,
    policy: Policy,
    client: Client,
    leeway: timedelta = timedelta(0),
) -> Outcome:
    """Present a refresh token of one generation and get what the rule gives for it.

    Args:
        sid: the session.
        generation: k, the generation the token names.
        user_id: the user the token claims, in the form of ``USER_ID_FIELD``.
        now: aware.
        idle_lifetime: how long the successor lives unused.
        policy: grace, forgiveness, and which users may go on.
        client: who presents it; what a bound session is bound to must be among its bindings.
        leeway: tolerance for the session's expiries.

    Returns:
        The outcome. After ``Reused`` the session is revoked and, unless the caller holds a transaction open, that is
        committed; after ``Refused`` nothing has changed.

    Raises:
        UnavailableError: other requests changed the row again and again; nothing was decided.
    """
    attempt = Attempt(database(), sid, user_id, now, policy, client, leeway)
    if attempt.claimed_user is None:
        return Refused(Reason.USER_MISMATCH)
    if policy.must_load_user and isinstance(refused := attempt.admitted(), Refused):
        return refused
    expected = generation
    for _ in range(ATTEMPTS):
        changed = attempt.compare_and_set(
            expected=expected, successor=generation + 1, idle_expires_at=now + idle_lifetime
        )
        if changed is not None:
            return Rotated(changed)
        session = attempt.admitted()
        if isinstance(session, Refused):
            return session
        match _judged(session, generation, attempt):
            case Verdict.ROTATE:
                expected = generation
            case Verdict.ADOPT:
                logger.warning("session %s: generation %d comes from commits that the database lost", sid, generation)
                expected = session.generation
            case Verdict.CONVERGE:
                return Converged(session)
            case Verdict.FORGIVE:
                if _forgive(session, attempt.alias):
                    return Forgiven(session)
                expected = generation
            case Verdict.REUSE:
                return _end(session, generation, now)
    raise UnavailableError


def examine(
    *,
    sid: UUID,
    generation: int,
    user_id: str,
    now: datetime,
    policy: Policy,
    client: Client,
    leeway: timedelta = timedelta(0),
    end_reused: bool = False,
) -> Session | Refused:
    """Say whether :func:`rotate` would accept this generation, and rotate nothing.

    Args:
        end_reused: whether this is the presentation itself, as where refresh tokens do not rotate: then the rule
            applies as it stands, and reuse ends the session. Otherwise somebody merely asks: nothing at all changes,
            and the answer lags a grace time behind, so that asking is no oracle for a thief
            (:func:`keyturn.sessions.rule.acceptable`).

    Returns:
        The session as it stands, or why it would be refused.
    """
    attempt = Attempt(database(), sid, user_id, now, policy, client, leeway)
    session = attempt.admitted()
    if isinstance(session, Refused):
        return session
    if not end_reused:
        facts = _facts(session, generation, attempt)
        told = acceptable(*facts, grace=policy.grace, forgive_after=policy.forgive_after)
        return session if told else Refused(Reason.REFRESH_REUSED)
    if _judged(session, generation, attempt) is Verdict.REUSE:
        _end(session, generation, now)
        return Refused(Reason.REFRESH_REUSED)
    return session


def touch(
    *,
    sid: UUID,
    user_id: str,
    now: datetime,
    ends_at: datetime,
    policy: Policy,
    client: Client,
    leeway: timedelta = timedelta(0),
) -> Session | Refused:
    """Mark a session as used that has no generations (sliding tokens), if it and its user still stand.

    Args:
        ends_at: the instant after which the session is not refreshed any more (the token's ``refresh_exp``).

    Raises:
        UnavailableError: as :func:`rotate`.
    """
    attempt = Attempt(database(), sid, user_id, now, policy, client, leeway)
    if attempt.claimed_user is None:
        return Refused(Reason.USER_MISMATCH)
    if policy.must_load_user and isinstance(refused := attempt.admitted(), Refused):
        return refused
    for _ in range(ATTEMPTS):
        changed = attempt.compare_and_set(expected=0, successor=0, idle_expires_at=ends_at)
        if changed is not None:
            return changed
        session = attempt.admitted()
        if isinstance(session, Refused):
            return session
        if session.generation or session.binding_kind:
            # It belongs to a refresh token.
            return Refused(Reason.WRONG_TYPE)
    raise UnavailableError


def _facts(session: Session, generation: int, attempt: Attempt) -> tuple[Standing, Presented]:
    """What the rule looks at."""
    kind = BindingKind(session.binding_kind) if session.binding_kind else None
    carries = attempt.client.carries(kind=session.binding_kind, hash=session.binding_hash)
    standing = Standing(
        generation=session.generation,
        rotated_at=aware(session.rotated_at),
        forgiven=session.forgiven,
        binding_kind=kind,
    )
    presented = Presented(
        generation=generation,
        at=attempt.now,
        carries_binding=carries,
        same_agent=same_agent(session.user_agent, attempt.client.user_agent),
        is_retry=attempt.client.retries(session.retry_key),
    )
    return standing, presented


def _judged(session: Session, generation: int, attempt: Attempt) -> Verdict:
    policy = attempt.policy
    return judge(*_facts(session, generation, attempt), grace=policy.grace, forgive_after=policy.forgive_after)


def _forgive(session: Session, alias: str) -> bool:
    """Remember the forgiveness, unless the session moved on or another forgiveness came first."""
    before = {"forgiven__isnull": True} if session.forgiven is None else {"forgiven": session.forgiven}
    unchanged = Session.objects.using(alias).filter(
        pk=session.pk, generation=session.generation, revoked_at__isnull=True, **before
    )
    try:
        return bool(unchanged.update(forgiven=session.generation))
    except OperationalError as error:
        if not overtaken(error, alias):
            raise
        return False


def _end(session: Session, generation: int, now: datetime) -> Reused:
    """Two parties hold this session, and nobody can tell which is the thief: both are signed out (RFC 9700 4.14.2)."""
    logger.warning(
        "refresh token reuse: session %s of user %s stands at generation %d, generation %d was presented",
        session.pk,
        session.user_id,
        session.generation,
        generation,
    )
    revoke_sessions(
        (session.pk,),
        reason=RevokeReason.REFRESH_REUSED,
        now=now,
        details={"generation": session.generation, "presented": generation},
    )
    if connections[database()].in_atomic_block:
        remember_reused(session.pk, now=now)
    return Reused(session)

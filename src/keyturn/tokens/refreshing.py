"""Refresh: present a refresh token, get a fresh pair (RFC 6749 section 6, RFC 9700 section 4.14)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from keyturn import conf
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.client import Client
from keyturn.sessions.judged import tell_judged
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Outcome, Refused, Reused, Rotated
from keyturn.sessions.policy import Policy
from keyturn.sessions.rotation import examine, rotate, touch
from keyturn.tokens.adoption import adopted
from keyturn.tokens.claims import TokenType, moment, presented, read_refresh, read_sliding
from keyturn.tokens.issuing import Pair
from keyturn.tokens.minting import (
    Lifetimes,
    access_payload,
    encode_access,
    encode_refresh,
    refresh_payload,
    scheme_of,
)
from keyturn.trail import tally
from keyturn.trail.tally import Tallied

__all__ = ["Refreshed", "refresh", "refresh_sliding", "rotate_claims"]


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A session that may go on, and the claims its next tokens carry over.

    Args:
        session: the row as it stands.
        claims: of the token presented.
        outcome: how it came to that; None where refresh tokens do not rotate.
    """

    session: Session
    claims: Mapping[str, Any]
    outcome: Outcome | None


def rotate_claims(
    raw: str | bytes,
    *,
    now: datetime,
    client: Client,
    lifetimes: Lifetimes | None = None,
) -> Refreshed:
    """Do everything a refresh does but the writing of tokens. Arguments and errors as :func:`refresh`."""
    settings = conf.get()
    claims = read_refresh(raw, now=now)
    if claims.sid is None:
        claims = adopted(claims, now=now, client=client)
    sid, generation, user_id = presented(claims)
    policy = Policy.current()
    if not settings.rotate_refresh_tokens:
        held = examine(
            sid=sid,
            generation=generation,
            user_id=user_id,
            now=now,
            policy=policy,
            client=client,
            leeway=settings.leeway,
            end_reused=True,
        )
        session = _admit(held)
        tally.count(Tallied.REFRESH)
        return Refreshed(session, claims.payload, None)
    outcome = rotate(
        sid=sid,
        generation=generation,
        user_id=user_id,
        now=now,
        idle_lifetime=(lifetimes or Lifetimes.current()).refresh,
        policy=policy,
        client=client,
        leeway=settings.leeway,
    )
    tell_judged(session_id=sid, generation=generation, outcome=outcome, client=client, now=now)
    if isinstance(outcome, Reused):
        raise RefusedError(Reason.REFRESH_REUSED)
    if isinstance(outcome, Refused):
        raise RefusedError(outcome.reason)
    tally.count(Tallied.REFRESH)
    if isinstance(outcome, Rotated):
        _load_user(outcome.session, user_id, now=now, client=client)
    return Refreshed(outcome.session, claims.payload, outcome)


def refresh(
    raw: str | bytes,
    *,
    now: datetime,
    client: Client,
    lifetimes: Lifetimes | None = None,
) -> Pair:
    """Refresh a session.

    Args:
        raw: the refresh token as presented.
        now: aware.
        client: who presents it, with what came along that only the rightful client has.
        lifetimes: of the new tokens; None: the settings'.

    Returns:
        A fresh access token and the refresh token of the session's current generation; None in its place where
        ``ROTATE_REFRESH_TOKENS`` is False.

    Raises:
        RefusedError: with the reason; after ``refresh_reused`` the session has ended.
        UnavailableError: nothing was decided.
    """
    lives = lifetimes or Lifetimes.current()
    done = rotate_claims(raw, now=now, client=client, lifetimes=lives)
    access = access_payload(done.session, done.claims, now=now, lifetime=lives.access)
    successor = None if done.outcome is None else encode_refresh(refresh_payload(done.session, done.claims))
    return Pair(access=encode_access(access, now=now), refresh=successor, token_type=scheme_of(done.session))


def refresh_sliding(raw: str | bytes, *, now: datetime, client: Client) -> str:
    """Refresh a sliding token: the same claims with a later ``exp``, while its session and user stand.

    Raises:
        RefusedError: with the reason.
    """
    settings = conf.get()
    claims = read_sliding(raw, now=now)
    payload = dict(claims.payload)
    end = moment(payload[settings.sliding_token_refresh_exp_claim])
    if claims.sid is None:
        claims = adopted(claims, now=now, client=client, ends_at=end)
    sid, _, user_id = presented(claims)
    session = _admit(
        touch(
            sid=sid,
            user_id=user_id,
            now=now,
            ends_at=end,
            policy=Policy.current(),
            client=client,
            leeway=settings.leeway,
        )
    )
    tally.count(Tallied.REFRESH)
    _load_user(session, user_id, now=now, client=client)
    fresh = access_payload(
        session, payload, now=now, lifetime=settings.sliding_token_lifetime, token_type=TokenType.SLIDING
    )
    if settings.jti_claim is not None:
        fresh[settings.jti_claim] = payload[settings.jti_claim]
    return encode_access(fresh, now=now)


def _load_user(session: Session, user_id: str, *, now: datetime, client: Client) -> None:
    """Load the user of a session just rotated, where ``CHECK_REVOKE_TOKEN`` has tokens tell of the password.

    Session and user are read in one statement and checked once more: a password changed, or a user deleted, since the
    rotation must not find its way into tokens.

    Raises:
        RefusedError: the session or its user does not stand any more.
    """
    settings = conf.get()
    if not settings.check_revoke_token:
        return
    held = examine(
        sid=session.pk,
        generation=session.generation,
        user_id=user_id,
        now=now,
        policy=Policy.current(),
        client=client,
        leeway=settings.leeway,
    )
    session.remember_user(_admit(held).user)


def _admit(session: Session | Refused) -> Session:
    if isinstance(session, Refused):
        raise RefusedError(session.reason)
    return session

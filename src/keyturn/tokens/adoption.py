"""Refresh tokens that stock simplejwt issued before Keyturn came: each becomes a session when first shown."""

from dataclasses import replace
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from keyturn.errors import Reason, RefusedError
from keyturn.overtaken import until_settled
from keyturn.sessions import blacklist
from keyturn.sessions.client import Client
from keyturn.sessions.identity import adopted_session_id
from keyturn.sessions.models import Session
from keyturn.sessions.opening import adopt_session
from keyturn.sessions.policy import Policy
from keyturn.sessions.revocation import RevokeReason, revoke_sessions
from keyturn.sessions.statements import database
from keyturn.tokens.authenticating import check_password_claim
from keyturn.tokens.claims import Claims
from keyturn.tokens.stock import as_adopted, check_stock_blacklist, claimed_user

__all__ = ["adopted", "check_stock_token", "forget_stock_token"]


def adopted(claims: Claims, *, now: datetime, client: Client, ends_at: datetime | None = None) -> Claims:
    """Give a stock refresh token its session, once, and return its claims as generation 0 of it.

    Args:
        claims: verified, without ``sid``.
        now: aware.
        client: who shows it.
        ends_at: until when it can be refreshed; None: until its ``exp``.

    Raises:
        RefusedError: blacklisted, or its user is gone or inactive.
    """
    user = check_stock_token(claims)
    _adopt(claims, user, now=now, client=client, ends_at=ends_at)
    return as_adopted(claims)


def check_stock_token(claims: Claims) -> AbstractBaseUser:
    """Return the user of a stock refresh token that would be adopted, changing nothing.

    Raises:
        RefusedError: it has no ``jti``, is blacklisted, or its user is gone or inactive.
    """
    if not claims.jti:
        raise RefusedError(Reason.MISSING_CLAIM, "jti")
    check_stock_blacklist(claims)
    user = claimed_user(claims)
    if user is None:
        raise RefusedError(Reason.USER_NOT_FOUND)
    if not Policy.current().admits(user):
        raise RefusedError(Reason.USER_INACTIVE)
    # Stock refuses the access tokens of such a refresh token; adopting it would give them a claim of today.
    check_password_claim(user, claims)
    return user


def forget_stock_token(claims: Claims, *, now: datetime) -> None:
    """Log out a stock refresh token: remember it as a session that has ended, whether or not it had become one."""
    user = claimed_user(claims)
    if user is not None and claims.jti:
        _adopt(claims, user, now=now, client=Client(), and_end=True)


def _adopt(
    claims: Claims,
    user: AbstractBaseUser,
    *,
    now: datetime,
    client: Client,
    ends_at: datetime | None = None,
    and_end: bool = False,
) -> None:
    alias = database()
    sid = adopted_session_id(claims.jti)
    policy = Policy.current()
    if and_end:
        # A token is logged out whatever became of its user.
        policy = replace(policy, check_active=False, unless_reset=False)

    def adopt() -> None:
        with transaction.atomic(using=alias):
            added = adopt_session(
                sid=sid,
                user=user,
                issued_at=min(claims.issued_at, now),
                expires_at=ends_at or claims.expires_at,
                policy=policy,
                client=client,
            )
            if added:
                session = Session.objects.using(alias).get(pk=sid)
                blacklist.take_over(session, claims.jti, alias=alias)
            if and_end:
                revoke_sessions((sid,), reason=RevokeReason.LOGOUT, now=now)

    until_settled(adopt, alias=alias)

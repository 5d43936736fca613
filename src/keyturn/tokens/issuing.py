"""Issue the first tokens of a login."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from keyturn.errors import Reason, RefusedError
from keyturn.overtaken import until_settled
from keyturn.sessions import blacklist
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.sessions.opening import open_session
from keyturn.sessions.policy import Policy
from keyturn.sessions.statements import database
from keyturn.tokens.minting import (
    Lifetimes,
    access_payload,
    encode_access,
    encode_refresh,
    refresh_payload,
    scheme_of,
    user_claims,
)

__all__ = ["Pair", "issue_pair", "open_listed_session"]


@dataclass(frozen=True, slots=True)
class Pair:
    """An access token and, where the client gets a new one, a refresh token.

    Args:
        access: the access token.
        refresh: the refresh token; None: the client keeps the one it has.
        session_id: of the session that was opened, where one was.
        token_type: ``DPoP`` where the access token is bound to a key (RFC 9449 section 5); None: it is a bearer token.
    """

    access: str
    refresh: str | None
    session_id: UUID | None = None
    token_type: str | None = None


def open_listed_session(
    *,
    user: AbstractBaseUser,
    now: datetime,
    idle_lifetime: timedelta,
    client: Client,
    amr: str = "pwd",
    policy: Policy | None = None,
) -> Session:
    """Open a session and, where simplejwt's ``token_blacklist`` is installed, its one OutstandingToken row.

    Args:
        user: as loaded when the credentials were verified.
        now: aware.
        idle_lifetime: how long the session lives without a refresh.
        client: who signs in; every refresh will have to carry the first of its bindings.
        amr: authentication methods (RFC 8176), separated by spaces.
        policy: what decides whether a session is opened, and how long it lives; None: the settings'.

    Raises:
        RefusedError: ``bad_credentials``: the user may not sign in, or changed the password, was deactivated or deleted
            meanwhile.
        UnavailableError: other transactions changed the user again and again.
    """
    alias = database()
    policy = policy or Policy.current()
    if not policy.admits(user):
        raise RefusedError(Reason.BAD_CREDENTIALS, "inactive, or refused by the project's rule")

    def opened() -> Session:
        session = open_session(
            user=user,
            now=now,
            idle_lifetime=idle_lifetime,
            policy=policy,
            client=client,
            amr=amr,
        )
        if session is None:
            raise RefusedError(Reason.BAD_CREDENTIALS, "the user changed while signing in")
        return session

    def opened_and_listed() -> Session:
        with transaction.atomic(using=alias):
            session = opened()
            blacklist.list_session(session, alias=alias)
        return session

    return until_settled(opened_and_listed if blacklist.is_installed() else opened, alias=alias)


def issue_pair(
    *,
    user: AbstractBaseUser,
    now: datetime,
    client: Client,
    amr: str = "pwd",
    lifetimes: Lifetimes | None = None,
) -> Pair:
    """Open a session for a user who has just proved who they are, and give its first pair.

    Args:
        user: as loaded when the credentials were verified.
        now: aware.
        client: who signs in; every refresh will have to carry the first of its bindings.
        amr: authentication methods (RFC 8176), separated by spaces.
        lifetimes: of the tokens; None: the settings'.

    Raises:
        RefusedError: ``bad_credentials``: the user changed the password, was deactivated or deleted meanwhile.
    """
    lives = lifetimes or Lifetimes.current()
    session = open_listed_session(user=user, now=now, idle_lifetime=lives.refresh, client=client, amr=amr)
    session.remember_user(user)
    payload = refresh_payload(session, user_claims(user))
    return Pair(
        access=encode_access(access_payload(session, payload, now=now, lifetime=lives.access), now=now),
        refresh=encode_refresh(payload),
        session_id=session.id,
        token_type=scheme_of(session),
    )

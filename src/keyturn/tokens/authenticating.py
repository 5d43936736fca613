"""Authenticate a request by its access token: without reading anything, or by one indexed read.

Nothing is read as long as this process follows the feed of revocations closely and has heard of none that concerns the
token's session. What it has heard is no verdict: then, and whenever it does not follow, the session's row decides.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import connections

from keyturn import conf
from keyturn.errors import Reason, RefusedError
from keyturn.feed.watcher import watcher
from keyturn.sessions.attempt import Attempt
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Refused
from keyturn.sessions.policy import Policy
from keyturn.sessions.statements import database
from keyturn.tokens.claims import Claims, TokenType
from keyturn.tokens.minting import password_claim, users_go_by_key
from keyturn.tokens.stock import as_adopted, check_stock_blacklist, is_adopted

__all__ = [
    "Authenticated",
    "authenticate",
    "check_password_claim",
    "check_session",
    "clears",
    "may_stand_unread",
    "read_user",
    "stands_unread",
]


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who a request is from.

    Args:
        user: the user, loaded.
        session_id: the session, or None for a token of stock simplejwt.
    """

    user: Any
    session_id: UUID | None


def check_session(claims: Claims, *, now: datetime) -> Session | None:
    """Return the session of an access or sliding token if it stands; None for a token of stock simplejwt.

    Raises:
        RefusedError: the session was revoked, or is not the claimed user's.
    """
    if claims.sid is None and claims.token_type == TokenType.SLIDING and claims.jti:
        claims = as_adopted(claims) if is_adopted(claims) else claims
        check_stock_blacklist(claims)
    if claims.sid is None:
        return None
    if claims.user_id is None:
        raise RefusedError(Reason.MISSING_CLAIM, "user id")
    attempt = Attempt(database(), claims.sid, claims.user_id, now, Policy.current(), Client())
    # The token carries its own expiry. It may not outlive the session, whoever minted it.
    session = attempt.standing(unless_idle=False)
    if isinstance(session, Refused):
        raise RefusedError(session.reason)
    return session


def stands_unread(claims: Claims, *, kid: str | None = None) -> bool:
    """Whether an access token is taken at its word now, its session unread.

    Args:
        claims: of a verified token.
        kid: of the key that verified it, where that is known.
    """
    return may_stand_unread(claims) and clears(claims, kid=kid)


def clears(claims: Claims, *, kid: str | None = None) -> bool:
    """Whether the feed says that nothing stands against an access token. Arguments as for :func:`stands_unread`."""
    feed = watcher()
    if claims.sid is not None and feed.clears(claims.sid, kid):
        return True
    feed.ensure_started()
    return False


def may_stand_unread(claims: Claims) -> bool:
    """Whether an access token may be taken at its word, as far as it and the settings say: that does not change.

    The feed reaches back one access lifetime, so a token that was made for longer is not taken so. Nor is one of a
    project that compares the password with every request (``CHECK_REVOKE_TOKEN``), one that names its user by something
    that may change hands, such as a name, and one that names another user than the session's, to whom ``sub`` belongs.

    Args:
        claims: of a verified token.
    """
    settings, payload = conf.get(), claims.payload
    return (
        claims.sid is not None
        and claims.user_id is not None
        and claims.token_type == TokenType.ACCESS
        and not settings.check_revoke_token
        and payload.get("sub") == claims.user_id
        and users_go_by_key()
        and "iat" in payload
        and payload["exp"] - payload["iat"] <= settings.access_token_lifetime.total_seconds()
    )


def authenticate(claims: Claims, *, now: datetime, session: Session | None = None) -> Authenticated:
    """Find the user of a verified access token.

    Args:
        claims: of the token.
        now: aware.
        session: what :func:`check_session` gave for it just now; None: it is asked again.

    Raises:
        RefusedError: the session or the user does not stand.
    """
    if claims.user_id is None:
        raise RefusedError(Reason.MISSING_CLAIM, "user id")
    session = session or check_session(claims, now=now)
    if session is None:
        return Authenticated(read_user(claims), None)
    check_user(session.user, claims)
    return Authenticated(session.user, session.id)


def read_user(claims: Claims) -> Any:
    """Read the user that a verified token without session names.

    Raises:
        RefusedError: there is none, or none that may go on.
    """
    user = _user(claims.user_id or "")
    check_user(user, claims)
    return user


def check_user(user: Any, claims: Claims) -> None:
    """Apply ``CHECK_USER_IS_ACTIVE`` and ``CHECK_REVOKE_TOKEN`` to a loaded user.

    Raises:
        RefusedError: inactive, or the password changed since the token was minted.
    """
    if conf.get().check_user_is_active and not user.is_active:
        raise RefusedError(Reason.USER_INACTIVE)
    check_password_claim(user, claims)


def check_password_claim(user: Any, claims: Claims) -> None:
    """Apply ``CHECK_REVOKE_TOKEN``.

    Raises:
        RefusedError: the password changed since the token was minted.
    """
    settings = conf.get()
    if settings.check_revoke_token and claims.payload.get(settings.revoke_token_claim) != password_claim(user.password):
        raise RefusedError(Reason.PASSWORD_CHANGED)


def _user(user_id: str) -> Any:
    settings = conf.get()
    model = get_user_model()
    try:
        key = Policy.current().users.prepare_id(user_id, connections[database()])
        return model._default_manager.get(**{settings.user_id_field: key})
    except (ValueError, model.DoesNotExist):
        raise RefusedError(Reason.USER_NOT_FOUND) from None

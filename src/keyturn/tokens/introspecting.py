"""Say what a token is worth now, to a service that asks (RFC 7662), and end its session where it asks for that (7009).

Introspection is authoritative: it always reads the session's row, whatever this process has heard from the feed. It
changes nothing. A refresh token is active exactly when :func:`keyturn.tokens.verifying.check_refresh` accepts it.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from keyturn.errors import RefusedError
from keyturn.jose.dpop import bound_to
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.tokens.authenticating import authenticate, check_session, read_user
from keyturn.tokens.claims import Claims, TokenType, check_refresh_claims, read_any
from keyturn.tokens.ending import end_session_of
from keyturn.tokens.minting import session_facts
from keyturn.tokens.stock import claimed_user
from keyturn.tokens.verifying import check_refresh

__all__ = ["REQUEST_TYPES", "SessionlessTokenError", "introspect", "revoke"]

REQUEST_TYPES: Final = frozenset({TokenType.ACCESS, TokenType.SLIDING})
"""Types of the tokens that Keyturn issues for requests."""

_TOLD: Final = ("iss", "aud", "sub", "exp", "iat", "nbf", "sid", "auth_time", "amr", "acr", "client_id", "act", "cnf")


class SessionlessTokenError(Exception):
    """The token is good, but an access token of stock simplejwt: no session can be ended, so it cannot be revoked."""


class _RightfulClient(Client):
    """One that holds what the session is bound to: the service that asks cannot hold it, and need not."""

    __slots__ = ()

    def carries(self, *, kind: str, hash: str) -> bool:  # noqa: A002, ARG002 - as its base has them
        """Always."""
        return True


def introspect(
    raw: str | bytes, *, now: datetime, request_types: Collection[str] = REQUEST_TYPES
) -> Mapping[str, Any] | None:
    """Return what is true of a token now (RFC 7662 section 2.2), or None where it would be refused.

    Args:
        raw: the token, of any type.
        now: aware.
        request_types: types of tokens that authenticate requests; a token of yet another type is not active.

    Raises:
        UnavailableError: the keys live at a URL that does not answer; nothing is known.
    """
    try:
        claims = read_any(raw, now=now)
        if claims.is_refresh:
            check_refresh_claims(claims)
            session = check_refresh(claims, now=now, client=_RightfulClient())
            user = claimed_user(claims) if session is None else session.user
            return _told(claims, session, user, token_type=None)
        if not _is_for_requests(claims, request_types):
            return None
        session = check_session(claims, now=now)
        user = read_user(claims) if session is None else authenticate(claims, now=now, session=session).user
    except RefusedError:
        return None
    return _told(claims, session, user, token_type="Bearer")  # noqa: S106 - a word of RFC 6750


def revoke(raw: str | bytes, *, now: datetime, request_types: Collection[str] = REQUEST_TYPES) -> None:
    """End the session of a token. One that is invalid, or of a session that ended before, is no error (RFC 7009 2.2).

    Args:
        raw: a refresh token of any generation, or an access or sliding token; expired ones end nothing.
        now: aware.
        request_types: as for :func:`introspect`.

    Raises:
        SessionlessTokenError: the token goes on being accepted.
        UnavailableError: the keys live at a URL that does not answer; nothing has changed.
    """
    try:
        claims = read_any(raw, now=now)
        if claims.is_refresh:
            check_refresh_claims(claims)
        elif not _is_for_requests(claims, request_types):
            return
        elif claims.sid is None and claims.token_type != TokenType.SLIDING:
            raise SessionlessTokenError
        end_session_of(claims, now=now)
    except RefusedError:
        return


def _is_for_requests(claims: Claims, types: Collection[str]) -> bool:
    """With ``TOKEN_TYPE_CLAIM`` off, whatever is no refresh token is an access token, as for stock simplejwt."""
    return claims.token_type is None or claims.token_type in types or TokenType.UNTYPED in types


def _told(claims: Claims, session: Session | None, user: Any, *, token_type: str | None) -> Mapping[str, Any]:
    said: dict[str, Any] = {"sub": claims.user_id}
    if session is not None:
        said |= session_facts(session)
    said |= claims.payload
    told = {name: said[name] for name in _TOLD if said.get(name) is not None}
    # RFC 7662 section 2.2: RFC 6749's token_type. A refresh token has none, so nobody takes it for an access token.
    if token_type is not None:
        told["token_type"] = token_type if bound_to(told) is None else "DPoP"
    if claims.jti:
        told["jti"] = claims.jti
    if user is not None:
        told["username"] = str(user.get_username())
    return told

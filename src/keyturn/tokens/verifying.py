"""Say whether a token would be accepted where it belongs, and change nothing."""

from datetime import datetime

from keyturn import conf
from keyturn.errors import RefusedError
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Refused
from keyturn.sessions.policy import Policy
from keyturn.sessions.rotation import examine
from keyturn.tokens.adoption import check_stock_token
from keyturn.tokens.authenticating import authenticate, check_session, stands_unread
from keyturn.tokens.claims import Claims, check_refresh_claims, presented, read_any
from keyturn.tokens.seen import is_known_good, remember
from keyturn.tokens.stock import as_adopted, is_adopted

__all__ = ["check_refresh", "verify_token"]


def verify_token(raw: str | bytes, *, now: datetime, client: Client) -> None:
    """Verify a token of any type.

    A refresh token verifies exactly when a refresh with it would be accepted: whoever asks learns nothing that the
    refresh would not tell, and asking never ends a session.

    Args:
        raw: the token.
        now: aware.
        client: who asks, with what came along.

    Raises:
        RefusedError: with the reason.
    """
    if is_known_good(raw, now=now):
        return
    claims = read_any(raw, now=now)
    if claims.is_refresh:
        check_refresh_claims(claims)
        check_refresh(claims, now=now, client=client)
    elif claims.sid is not None:
        # Exactly as a request with it would be answered, and at the same cost.
        if stands_unread(claims):
            remember(raw, now=now)
        else:
            authenticate(claims, now=now)
    else:
        check_session(claims, now=now)


def check_refresh(claims: Claims, *, now: datetime, client: Client) -> Session | None:
    """Raise what a refresh with these verified claims would raise now, changing nothing.

    Returns:
        The session as it stands; None for a token of stock simplejwt that has not become one.

    Raises:
        RefusedError: with the reason.
    """
    if claims.sid is None:
        if not is_adopted(claims):
            check_stock_token(claims)
            return None
        claims = as_adopted(claims)
    sid, generation, user_id = presented(claims)
    held = examine(
        sid=sid,
        generation=generation,
        user_id=user_id,
        now=now,
        policy=Policy.current(),
        client=client,
        leeway=conf.get().leeway,
    )
    if isinstance(held, Refused):
        raise RefusedError(held.reason)
    return held

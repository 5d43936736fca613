"""The access token that tells of a proof which was given a moment ago, in place of the one that came with it."""

from datetime import datetime, timedelta
from typing import Final

from keyturn import conf
from keyturn.sessions.models import Session
from keyturn.tokens.claims import Claims, TokenType
from keyturn.tokens.minting import Lifetimes, access_payload, encode_access

__all__ = ["stepped_up_access"]

_MADE_ANEW: Final = frozenset({"acr", "aud", "cnf", "iss", "nbf"})
"""What a token has only where the settings or the row say so today."""


def stepped_up_access(session: Session, claims: Claims, *, now: datetime) -> str | None:
    """Write a fresh access token of a session that has just been raised.

    The claims that are a login's own are those of the token at hand: the refresh token, which has them too, is not.
    Nor can they be told from what ``ACCESS_TOKEN_CLAIMS`` gave then, and might not give today: where a project has that
    hook, the new token therefore ends when the old one would have, and a refresh makes all claims anew.

    Args:
        session: the row as it stands, with its user.
        claims: of the access token that the request came with, of this session.
        now: aware.

    Returns:
        None where it came with a sliding token, which says nothing of how its user signed in.
    """
    settings = conf.get()
    if claims.token_type == TokenType.SLIDING or settings.sliding_token_refresh_exp_claim in claims.payload:
        return None
    lifetime = Lifetimes.current().access
    if settings.access_token_claims is not None:
        lifetime = min(lifetime, max(claims.expires_at - now, timedelta(0)))
    carried = {name: value for name, value in claims.payload.items() if name not in _MADE_ANEW}
    return encode_access(access_payload(session, carried, now=now, lifetime=lifetime), now=now)

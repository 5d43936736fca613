"""Issue simplejwt's sliding tokens: one token for everything, bound to a session so that it can be ended."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser

from keyturn import conf
from keyturn.clock import aware
from keyturn.sessions.client import Client
from keyturn.tokens.claims import TokenType
from keyturn.tokens.issuing import open_listed_session
from keyturn.tokens.minting import access_payload, encode_access, user_claims

__all__ = ["issue_sliding", "sliding_payload"]


def issue_sliding(*, user: AbstractBaseUser, now: datetime, client: Client, amr: str = "pwd") -> str:
    """Open a session and give its sliding token.

    Args:
        user: as loaded when the credentials were verified.
        now: aware.
        client: who signs in.
        amr: authentication methods (RFC 8176), separated by spaces.

    Raises:
        RefusedError: ``bad_credentials``: the user changed meanwhile.
    """
    return encode_access(sliding_payload(user=user, now=now, client=client, amr=amr), now=now)


def sliding_payload(*, user: AbstractBaseUser, now: datetime, client: Client, amr: str = "pwd") -> dict[str, Any]:
    """Open a session and give the claims of its sliding token. Arguments and errors as :func:`issue_sliding`.

    The session is bound to nothing: a sliding token is its own access token, and shown where nothing comes along.
    """
    settings = conf.get()
    session = open_listed_session(
        user=user,
        now=now,
        idle_lifetime=settings.sliding_token_refresh_lifetime,
        client=replace(client, bindings=()),
        amr=amr,
    )
    session.remember_user(user)
    ends_at = int(aware(session.idle_expires_at).timestamp())
    return access_payload(
        session,
        {settings.sliding_token_refresh_exp_claim: ends_at, **user_claims(user)},
        now=now,
        lifetime=settings.sliding_token_lifetime,
        token_type=TokenType.SLIDING,
    )

"""Tokens as simplejwt 5.5.1 issues them without Keyturn, made with plain PyJWT."""

import uuid
from datetime import timedelta
from typing import Any

import jwt
from django.conf import settings

from keyturn.clock import utc_now

__all__ = ["stock_access", "stock_refresh", "stock_sliding", "stock_token"]


def stock_token(user: Any, kind: str, *, lifetime: timedelta, age: timedelta, **more: Any) -> str:
    """Sign a token with ``SECRET_KEY``, as stock does unless told otherwise.

    Args:
        user: whose token it is.
        kind: ``access``, ``refresh`` or ``sliding``.
        lifetime: from its issue to its expiry.
        age: how long ago it was issued.
        more: further claims; None leaves one out.
    """
    issued = utc_now() - age
    payload = {
        "token_type": kind,
        "exp": int((issued + lifetime).timestamp()),
        "iat": int(issued.timestamp()),
        "jti": uuid.uuid4().hex,
        "user_id": str(user.pk),
        **more,
    }
    kept = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(kept, settings.SECRET_KEY, algorithm="HS256")


def stock_refresh(user: Any, *, age: timedelta = timedelta(hours=1), **more: Any) -> str:
    """A refresh token of one day."""
    return stock_token(user, "refresh", lifetime=timedelta(days=1), age=age, **more)


def stock_access(user: Any, *, age: timedelta = timedelta(minutes=1), **more: Any) -> str:
    """An access token of five minutes."""
    return stock_token(user, "access", lifetime=timedelta(minutes=5), age=age, **more)


def stock_sliding(user: Any, *, age: timedelta = timedelta(minutes=1), **more: Any) -> str:
    """A sliding token of five minutes that can be refreshed for a day."""
    ends = int((utc_now() - age + timedelta(days=1)).timestamp())
    return stock_token(user, "sliding", lifetime=timedelta(minutes=5), age=age, **{"refresh_exp": ends, **more})

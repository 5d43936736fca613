"""Refresh tokens as stock simplejwt wrote them before Keyturn came."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
from django.conf import settings

from tests.engine.acting import NOW

__all__ = ["stock_token"]


def stock_token(user: Any, *, issued_at: datetime = NOW, lifetime: timedelta = timedelta(days=1), **claims: Any) -> str:
    """What ``str(RefreshToken.for_user(user))`` was there, in simplejwt's order of claims; None leaves one out."""
    payload = {
        "token_type": "refresh",
        "exp": int((issued_at + lifetime).timestamp()),
        "iat": int(issued_at.timestamp()),
        "jti": uuid4().hex,
        "user_id": str(user.pk),
        **claims,
    }
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(payload, settings.SECRET_KEY, algorithm="HS256")

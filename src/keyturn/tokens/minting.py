"""Write tokens for a session. A generation's refresh token is the same bytes whenever it is minted."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.module_loading import import_string

from keyturn import conf, keys
from keyturn.jose import KeySet, sign
from keyturn.sessions.models import Session
from keyturn.sessions.values import aware
from keyturn.tokens.claims import GENERATION, SESSION_ID, TokenType

__all__ = [
    "Lifetimes",
    "access_payload",
    "encode_access",
    "encode_refresh",
    "password_claim",
    "refresh_payload",
    "user_claims",
]


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long new tokens live; read at each mint, never at import.

    Args:
        access: of an access token.
        refresh: of a refresh token, and so of an unused session.
    """

    access: timedelta
    refresh: timedelta

    @classmethod
    def current(cls) -> "Lifetimes":
        """The lifetimes of the settings in force."""
        settings = conf.get()
        return cls(access=settings.access_token_lifetime, refresh=settings.refresh_token_lifetime)


def user_claims(user: AbstractBaseUser) -> dict[str, Any]:
    """The claims that say whose token it is."""
    settings = conf.get()
    claims = {settings.user_id_claim: str(getattr(user, settings.user_id_field))}
    if settings.check_revoke_token:
        claims[settings.revoke_token_claim] = password_claim(user.password)
    return claims


def password_claim(encoded: str) -> str:
    """simplejwt's ``REVOKE_TOKEN_CLAIM``: MD5 of the stored hash, in upper case, compared by other services too."""
    return hashlib.md5(encoded.encode(), usedforsecurity=False).hexdigest().upper()


def refresh_payload(session: Session, carried: Mapping[str, Any]) -> dict[str, Any]:
    """The claims of the refresh token of the session's current generation.

    Args:
        session: the row as it stands.
        carried: the claims of the token presented, or of the login; those that follow from the row are made anew.
    """
    settings = conf.get()
    payload: dict[str, Any] = {}
    if settings.token_type_claim is not None:
        payload[settings.token_type_claim] = TokenType.REFRESH
    payload["exp"] = _seconds(session.idle_expires_at)
    payload["iat"] = _seconds(session.rotated_at)
    if settings.jti_claim is not None:
        payload[settings.jti_claim] = _generation_jti(session)
    payload |= {name: value for name, value in carried.items() if name not in payload}
    if settings.check_revoke_token:
        payload[settings.revoke_token_claim] = password_claim(session.user.password)
    payload[SESSION_ID] = str(session.id)
    payload[GENERATION] = session.generation
    return payload


def access_payload(
    session: Session,
    carried: Mapping[str, Any],
    *,
    now: datetime,
    lifetime: timedelta,
    token_type: str = TokenType.ACCESS,
) -> dict[str, Any]:
    """The claims of a new access token; it never outlives the session.

    Args:
        session: the row as it stands.
        carried: the refresh token's claims; those that are its own are left out.
        now: aware.
        lifetime: of the access token.
        token_type: ``access`` or ``sliding``.
    """
    settings = conf.get()
    payload: dict[str, Any] = {}
    if settings.token_type_claim is not None:
        payload[settings.token_type_claim] = token_type
    payload["exp"] = _seconds(min(now + lifetime, aware(session.absolute_expires_at)))
    payload["iat"] = _seconds(now)
    if settings.jti_claim is not None:
        payload[settings.jti_claim] = uuid.uuid4().hex
    left_out = {*payload, GENERATION, "jti"}
    payload |= {name: value for name, value in carried.items() if name not in left_out}
    if settings.check_revoke_token:
        payload[settings.revoke_token_claim] = password_claim(session.user.password)
    payload[SESSION_ID] = str(session.id)
    return payload


def encode_refresh(payload: Mapping[str, Any]) -> str:
    """Sign a refresh token."""
    return _encode(payload, keys.refresh_keys())


def encode_access(payload: Mapping[str, Any]) -> str:
    """Sign an access or sliding token."""
    return _encode(payload, keys.access_keys())


def _encode(payload: Mapping[str, Any], key_set: KeySet) -> str:
    settings = conf.get()
    claims = dict(payload)
    if settings.audience is not None:
        claims["aud"] = list(settings.audience) if isinstance(settings.audience, tuple) else settings.audience
    # SIMPLE_JWT's ISSUER is demanded back; TOKEN_ISSUER only tells others whose token it is, and may change.
    issuer = settings.issuer or settings.token_issuer
    if issuer is not None:
        claims["iss"] = issuer
    encoder = settings.json_encoder
    return sign(claims, key_set.signing, json_encoder=import_string(encoder) if isinstance(encoder, str) else encoder)


def _seconds(moment: datetime) -> int:
    return int(aware(moment).timestamp())


def _generation_jti(session: Session) -> str:
    """An id that follows from the row, so that every node gives a generation's token the same."""
    return hashlib.sha256(f"keyturn refresh {session.id} {session.generation}".encode()).hexdigest()[:32]

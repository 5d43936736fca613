"""Write tokens for a session. A generation's refresh token is the same bytes whenever it is minted."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.module_loading import import_string

from keyturn import conf, keys
from keyturn.clock import aware, utc_now
from keyturn.jose import Key, sign
from keyturn.jose.thumbprint_spelling import from_hex
from keyturn.sessions.assurance import acr_of
from keyturn.sessions.client import BindingKind
from keyturn.sessions.models import Session
from keyturn.sessions.user_table import user_table
from keyturn.tokens.claims import GENERATION, SESSION_ID, TokenType
from keyturn.tokens.own_claims import own_claims

__all__ = [
    "FIRST_PARTY",
    "Lifetimes",
    "access_payload",
    "encode_access",
    "encode_refresh",
    "password_claim",
    "refresh_payload",
    "scheme_of",
    "session_claims",
    "session_facts",
    "user_claims",
    "users_go_by_key",
]

FIRST_PARTY: Final = "keyturn"
"""``client_id`` (RFC 9068 section 2.2, RFC 8693 section 4.3) of tokens that users get by signing in directly."""

_ITS_OWN: Final = frozenset({GENERATION, "jti"})
"""Claims of a refresh token that say something of that token alone."""

_A_CENTURY: Final = 3_155_760_000
"""Seconds; as good as for ever."""


@dataclass(frozen=True, slots=True)
class _Hand:
    """How the settings want tokens written.

    Args:
        audience: ``aud`` of every token.
        told_audience: ``aud`` of those that others read.
        issuer: ``iss``.
        encoder: ``JSON_ENCODER``.
        is_looked_up: whether the key that signs access tokens is one that others look up.
    """

    audience: str | list[str] | None
    told_audience: str | list[str] | None
    issuer: str | None
    encoder: type[json.JSONEncoder] | None
    is_looked_up: bool


@conf.OncePerSettings
def _hand(settings: conf.Settings) -> _Hand:
    encoder = settings.json_encoder
    # SIMPLE_JWT's AUDIENCE and ISSUER are demanded back; TOKEN_AUDIENCE and TOKEN_ISSUER only tell others for whom and
    # whose a token is, and may change.
    return _Hand(
        audience=_listed(settings.audience) or None,
        told_audience=_listed(settings.audience or settings.token_audience),
        issuer=settings.issuer or settings.token_issuer,
        encoder=import_string(encoder) if isinstance(encoder, str) else encoder,
        is_looked_up=not settings.has_own_key,
    )


def _listed(audience: str | tuple[str, ...] | None) -> str | list[str] | None:
    return list(audience) if isinstance(audience, tuple) else audience


@conf.OncePerSettings
def users_go_by_key(settings: conf.Settings) -> bool:
    """Whether tokens name a user by the primary key, which is also the session's word for its user."""
    return bool(user_table(settings.user_id_field).id_field.primary_key)


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
    sid = str(session.id)
    payload: dict[str, Any] = {}
    if settings.token_type_claim is not None:
        payload[settings.token_type_claim] = TokenType.REFRESH
    payload["exp"] = _seconds(session.idle_expires_at)
    payload["iat"] = _seconds(session.rotated_at)
    if settings.jti_claim is not None:
        payload[settings.jti_claim] = _generation_jti(sid, session.generation)
    for name, value in carried.items():
        payload.setdefault(name, value)
    if settings.check_revoke_token:
        payload[settings.revoke_token_claim] = password_claim(session.user.password)
    payload[SESSION_ID] = sid
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
    """The claims of a new access or sliding token; it never outlives the session (RFC 9068 section 2.2).

    Args:
        session: the row as it stands.
        carried: the refresh token's claims; those that are its own, or follow from the row, are left out.
        now: aware.
        lifetime: of the access token.
        token_type: ``access`` or ``sliding``.
    """
    settings = conf.get()
    payload: dict[str, Any] = {}
    if settings.token_type_claim is not None:
        payload[settings.token_type_claim] = token_type
    payload["exp"] = min(_seconds(now + lifetime), _seconds(session.absolute_expires_at))
    payload["iat"] = _seconds(now)
    if settings.jti_claim is not None:
        payload[settings.jti_claim] = uuid.uuid4().hex
    for name, value in carried.items():
        if name not in _ITS_OWN:
            payload.setdefault(name, value)
    if settings.check_revoke_token:
        payload[settings.revoke_token_claim] = password_claim(session.user.password)
    if token_type == TokenType.ACCESS:
        payload |= session_claims(session, user_id=payload.get(settings.user_id_claim))
    else:
        payload[SESSION_ID] = str(session.id)
    return payload


def session_claims(session: Session, *, user_id: Any) -> dict[str, Any]:
    """What an access token says of its session and user (RFC 9068 section 2.2), and the claims of the project's hook.

    Args:
        session: the row as it stands.
        user_id: what the token's ``USER_ID_CLAIM`` says.

    Raises:
        ImproperlyConfigured: ``ACCESS_TOKEN_CLAIMS`` gave a claim that is not its to give.
    """
    # The session's user, whatever a project writes into the claim of its own.
    claims = own_claims(session)
    claims |= session_facts(session)
    claims["sub"] = str(session.user_id if users_go_by_key() else user_id)
    return claims


def scheme_of(session: Session) -> str | None:
    """By what scheme the session's access tokens are shown where that is not the usual one: ``DPoP``, or None."""
    return "DPoP" if session.binding_kind == BindingKind.DPOP else None


def session_facts(session: Session) -> dict[str, Any]:
    """What the session's row alone says: its id, whose client it is, when and how the user signed in.

    And where it is bound to a key, which one (``cnf``, RFC 9449 section 6.1): whoever shows its tokens must hold it.
    """
    facts: dict[str, Any] = {
        SESSION_ID: str(session.id),
        "client_id": FIRST_PARTY,
        "auth_time": _seconds(session.auth_time),
        "amr": session.amr.split(),
    }
    acr = acr_of(session.amr)
    if acr is not None:
        facts["acr"] = acr
    if session.binding_kind == BindingKind.DPOP:
        facts["cnf"] = {"jkt": from_hex(session.binding_hash)}
    return facts


def encode_refresh(payload: Mapping[str, Any]) -> str:
    """Sign a refresh token."""
    return _encode(payload, keys.refresh_signing_key())


def encode_access(payload: Mapping[str, Any], *, now: datetime | None = None) -> str:
    """Sign an access or sliding token.

    Args:
        payload: its claims.
        now: aware; None: the present moment.
    """
    moment = now or utc_now()
    end = payload.get("exp")
    lifetime = end - moment.timestamp() if isinstance(end, (int, float)) else 0
    key = keys.access_signing_key(now=moment, lifetime=timedelta(seconds=min(max(lifetime, 0), _A_CENTURY)))
    return _encode(payload, key, typ="at+jwt" if _is_access(payload) else "JWT")


def _is_access(payload: Mapping[str, Any]) -> bool:
    """Whether a token is what RFC 9068 means, and signed by a key that others look up: those alone say so."""
    if not _hand().is_looked_up:
        return False
    settings = conf.get()
    if settings.token_type_claim is None:
        return settings.sliding_token_refresh_exp_claim not in payload
    return payload.get(settings.token_type_claim) == TokenType.ACCESS


def _encode(payload: Mapping[str, Any], key: Key, *, typ: str = "JWT") -> str:
    hand = _hand()
    claims = dict(payload)
    audience = hand.audience if GENERATION in claims else hand.told_audience
    if audience is not None:
        claims["aud"] = audience
    if hand.issuer is not None:
        claims["iss"] = hand.issuer
    return sign(claims, key, typ=typ, json_encoder=hand.encoder)


def _seconds(moment: datetime) -> int:
    return int((moment if moment.tzinfo is UTC else aware(moment)).timestamp())


def _generation_jti(sid: str, generation: int) -> str:
    """An id that follows from the row, so that every node gives a generation's token the same."""
    return hashlib.sha256(f"keyturn refresh {sid} {generation}".encode()).hexdigest()[:32]

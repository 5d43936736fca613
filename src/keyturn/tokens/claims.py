"""What is read out of a verified token: its session, generation and user (RFC 7519, RFC 9068 for the names)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from keyturn import conf, keys
from keyturn.errors import Reason, RefusedError
from keyturn.jose import CheckedToken, CheckedTokens, Expectation, KeySet, Verified, verify_token
from keyturn.sessions.rotation import MAX_GENERATION

__all__ = [
    "GENERATION",
    "SESSION_ID",
    "Claims",
    "TokenType",
    "check_refresh_claims",
    "interpret",
    "moment",
    "presented",
    "read_access",
    "read_any",
    "read_refresh",
    "read_sliding",
    "signature_of",
    "verified",
]

SESSION_ID: Final = "sid"
GENERATION: Final = "gen"


_checked_before: Final = CheckedTokens()
"""Of access and sliding tokens. A refresh token is shown once, as a rule."""


class TokenType:
    """Values of the ``token_type`` claim, simplejwt's words."""

    ACCESS: Final = "access"
    REFRESH: Final = "refresh"
    SLIDING: Final = "sliding"
    UNTYPED: Final = "untyped"


@dataclass(frozen=True, slots=True)
class Claims:
    """A verified token.

    Args:
        payload: every claim as signed.
        token_type: the value of ``TOKEN_TYPE_CLAIM``, or None where the project has switched that claim off.
        user_id: the user's id as text, or None.
        sid: the session, or None for a token that stock simplejwt issued.
        generation: of a refresh token of ours; None otherwise.
    """

    payload: Mapping[str, Any]
    token_type: str | None
    user_id: str | None
    sid: UUID | None
    generation: int | None

    @property
    def is_refresh(self) -> bool:
        """Whether it is a refresh token.

        With ``TOKEN_TYPE_CLAIM`` off, stock's access tokens differ from its refresh tokens in nothing but lifetime.
        """
        if self.token_type is not None or self.sid is not None:
            return self.token_type == TokenType.REFRESH or self.generation is not None
        return self.expires_at - self.issued_at > conf.get().access_token_lifetime

    @property
    def jti(self) -> str:
        """The token's id; empty where the project has switched that claim off."""
        name = conf.get().jti_claim
        value = self.payload.get(name) if name else None
        return value if isinstance(value, str) else ""

    @property
    def expires_at(self) -> datetime:
        """``exp`` as an aware datetime."""
        return moment(self.payload["exp"])

    @property
    def issued_at(self) -> datetime:
        """``iat`` as an aware datetime; where the token has none, one refresh lifetime before it expires."""
        if "iat" in self.payload:
            return moment(self.payload["iat"])
        return self.expires_at - conf.get().refresh_token_lifetime


def presented(claims: Claims) -> tuple[UUID, int, str]:
    """The session, generation and user that a token names; a sliding token stands at generation 0.

    Raises:
        RefusedError: it names no session or no user.
    """
    if claims.sid is None or claims.user_id is None:
        raise RefusedError(Reason.MISSING_CLAIM, SESSION_ID)
    return claims.sid, claims.generation or 0, claims.user_id


def moment(seconds: float) -> datetime:
    """A NumericDate as an aware datetime.

    Raises:
        RefusedError: no datetime can hold it.
    """
    try:
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (OverflowError, ValueError, OSError):
        raise RefusedError(Reason.INVALID_CLAIM, "instant out of range") from None


def read_refresh(raw: str | bytes, *, now: datetime) -> Claims:
    """Verify a refresh token.

    Raises:
        RefusedError: with the reason; an expired token is refused here, before any rule, and is never reuse.
    """
    try:
        claims = interpret(_verify(raw, keys.refresh_keys(), now=now).claims)
    except RefusedError as error:
        _tell_apart(error, raw, now=now)
        raise
    check_refresh_claims(claims)
    return claims


def check_refresh_claims(claims: Claims) -> None:
    """Check that verified claims are those of a refresh token.

    Raises:
        RefusedError: with the reason.
    """
    _expect_type(claims, TokenType.REFRESH)
    if claims.user_id is None:
        raise RefusedError(Reason.MISSING_CLAIM, "user id")
    if not claims.is_refresh or (claims.sid is not None and claims.generation is None):
        raise RefusedError(Reason.WRONG_TYPE, "not a refresh token")


def read_access(
    raw: str | bytes,
    *,
    now: datetime,
    token_type: str | None = TokenType.ACCESS,
    even_expired: bool = False,
) -> Claims:
    """Verify an access token, or another type that authenticates requests.

    Args:
        raw: the compact serialization.
        now: aware.
        token_type: the wanted value of ``TOKEN_TYPE_CLAIM``.
        even_expired: accept an expired one; for log-out, which must not trap a user.

    Raises:
        RefusedError: with the reason.
    """
    try:
        found = _verify(raw, keys.access_keys(now=now), now=now, even_expired=even_expired, memory=_checked_before)
    except RefusedError as error:
        _tell_apart(error, raw, now=now)
        raise
    claims = interpret(found.claims)
    if token_type is not None:
        _expect_type(claims, token_type)
    if claims.generation is not None:
        raise RefusedError(Reason.WRONG_TYPE, "a refresh token")
    return claims


def read_sliding(raw: str | bytes, *, now: datetime) -> Claims:
    """Verify a sliding token for its refresh: ``exp`` must not have passed, nor the refresh expiry.

    Raises:
        RefusedError: with the reason.
    """
    settings = conf.get()
    claims = read_access(raw, now=now, token_type=TokenType.SLIDING)
    if claims.user_id is None:
        raise RefusedError(Reason.MISSING_CLAIM, "user id")
    end = claims.payload.get(settings.sliding_token_refresh_exp_claim)
    if isinstance(end, bool) or not isinstance(end, (int, float)):
        raise RefusedError(Reason.MISSING_CLAIM, settings.sliding_token_refresh_exp_claim)
    if moment(end) <= now - settings.leeway:
        raise RefusedError(Reason.EXPIRED, settings.sliding_token_refresh_exp_claim)
    return claims


def read_any(raw: str | bytes, *, now: datetime) -> Claims:
    """Verify a token of whatever type (``/token/verify/``).

    Raises:
        RefusedError: with the reason.
    """
    return interpret(verified(raw, now=now))


def verified(raw: str | bytes, *, now: datetime) -> dict[str, Any]:
    """Return what a token of whatever type says; its key, times, audience and issuer are good, its claims unread.

    Raises:
        RefusedError: with the reason.
    """
    refresh, access = keys.refresh_keys(), keys.access_keys(now=now)
    either = _both(refresh, access)
    found = _verify(raw, either, now=now, memory=_checked_before)
    payload = found.claims
    name = conf.get().token_type_claim
    token_type = None if name is None else payload.get(name)
    # A key is for one kind of token, whichever key set it was found in (RFC 8725 section 3.12).
    if token_type is not None or SESSION_ID in payload:
        is_refresh = token_type == TokenType.REFRESH or payload.get(GENERATION) is not None
        foreign = refresh.named
        if is_refresh:
            # Asked once more where the key was not known: the ring has been read meanwhile.
            foreign = access.named if found.kid in either.named else keys.access_keys(now=now).named
        if found.kid in foreign:
            raise RefusedError(Reason.WRONG_TYPE, "signed as a token of another kind")
    return payload


def signature_of(raw: str | bytes, *, now: datetime) -> CheckedToken | None:
    """What is remembered of the signature of an access token that was verified; None where nothing is."""
    token = raw if isinstance(raw, str) else raw.decode("latin-1")
    return _checked_before.recall(token, keys.access_keys(now=now)) if token.isascii() else None


def _tell_apart(error: RefusedError, raw: str | bytes, *, now: datetime) -> None:
    """Say of a token of ours that it belongs elsewhere, where all that is known is that its key is another kind's.

    Raises:
        RefusedError: that, or what else is wrong with it.
    """
    if error.reason is Reason.UNKNOWN_KEY:
        read_any(raw, now=now)
        raise RefusedError(Reason.WRONG_TYPE, "signed as a token of another kind") from error


_joined: tuple[KeySet, KeySet, KeySet] | None = None


def _both(refresh: KeySet, access: KeySet) -> KeySet:
    """The keys of either kind; the same object for as long as those two are the same."""
    global _joined  # noqa: PLW0603 - the one memo of this function
    made = _joined
    if made is None or made[0] is not refresh or made[1] is not access:
        made = _joined = (refresh, access, replace(access, named={**refresh.named, **access.named}))
    return made[2]


@conf.OncePerSettings
def _expected(settings: conf.Settings) -> Expectation:
    return Expectation(audience=settings.audience, issuer=settings.issuer, leeway=settings.leeway)


@conf.OncePerSettings
def _expected_of_expired(settings: conf.Settings) -> Expectation:
    return Expectation(audience=settings.audience, issuer=settings.issuer, leeway=settings.leeway, even_expired=True)


def _verify(
    raw: str | bytes,
    key_set: KeySet,
    *,
    now: datetime,
    even_expired: bool = False,
    memory: CheckedTokens | None = None,
) -> Verified:
    expect = _expected_of_expired() if even_expired else _expected()
    return verify_token(raw, key_set, now=now.timestamp(), expect=expect, memory=memory)


def interpret(payload: Mapping[str, Any]) -> Claims:
    """Read the claims of a payload whose signature was verified elsewhere.

    Raises:
        RefusedError: a claim that is asked for is missing or of the wrong kind.
    """
    settings = conf.get()
    if settings.jti_claim is not None and not isinstance(payload.get(settings.jti_claim), str):
        raise RefusedError(Reason.MISSING_CLAIM, settings.jti_claim)
    token_type: Any = None
    if settings.token_type_claim is not None:
        if settings.token_type_claim not in payload:
            raise RefusedError(Reason.WRONG_TYPE, "no type")
        token_type = payload[settings.token_type_claim]
        if not isinstance(token_type, str):
            raise RefusedError(Reason.WRONG_TYPE, "type is no string")
    claims = Claims(
        payload=payload,
        token_type=token_type,
        user_id=_user_id(payload.get(settings.user_id_claim)),
        sid=_session_id(payload),
        generation=_generation(payload),
    )
    if claims.sid is None and claims.generation is not None:
        # Without this it would pass for a token of stock simplejwt, and become a session of its own.
        raise RefusedError(Reason.MISSING_CLAIM, SESSION_ID)
    return claims


def _expect_type(claims: Claims, token_type: str) -> None:
    if claims.token_type is not None and claims.token_type != token_type:
        raise RefusedError(Reason.WRONG_TYPE, f"not of type {token_type}")


def _user_id(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise RefusedError(Reason.INVALID_CLAIM, "user id is neither text nor number")
    try:
        text = str(value)
        text.encode()
    except ValueError:
        raise RefusedError(Reason.INVALID_CLAIM, "user id cannot be stored") from None
    return text


def _session_id(payload: Mapping[str, Any]) -> UUID | None:
    value = payload.get(SESSION_ID)
    if value is None:
        return None
    if not isinstance(value, str):
        raise RefusedError(Reason.INVALID_CLAIM, "sid is no string")
    try:
        return UUID(value)
    except ValueError:
        raise RefusedError(Reason.INVALID_CLAIM, "sid is no UUID") from None


def _generation(payload: Mapping[str, Any]) -> int | None:
    value = payload.get(GENERATION)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MAX_GENERATION:
        raise RefusedError(Reason.INVALID_CLAIM, "gen is no generation")
    return value

"""Compact JWTs: sign one, verify one. Verification returns the claims or raises (RFC 7519 section 7.2, RFC 8725)."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import jwt

from keyturn.errors import Reason, RefusedError
from keyturn.jose.keys import Key, KeySet

__all__ = ["MAX_TOKEN_LENGTH", "Expectation", "key_name", "sign", "verify"]

MAX_TOKEN_LENGTH: Final = 16_384
"""Characters; no token of ours comes near, and nobody shall make us hash megabytes."""

_LAST_SECOND: Final = 253_402_300_799
"""9999-12-31T23:59:59Z, the last instant a datetime can hold."""

# The signature is all that PyJWT is asked about: its claim checks take "exp": "12" for a number, refuse tokens by
# their `iat`, and fall over infinities. Claims are checked below.
_JWS: Final = jwt.PyJWS(options={"enforce_minimum_key_length": False})


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a token must claim besides a good signature.

    Args:
        audience: one of these must be in ``aud`` (RFC 7519 section 4.1.3); None: not looked at.
        issuer: ``iss`` must be this (section 4.1.1); None: not looked at.
        leeway: tolerance for ``exp`` and ``nbf``.
        even_expired: accept a token whose ``exp`` has passed; the claim must be there all the same.
    """

    audience: str | tuple[str, ...] | None = None
    issuer: str | None = None
    leeway: timedelta = timedelta(0)
    even_expired: bool = False


def sign(claims: Mapping[str, Any], key: Key, *, json_encoder: type[json.JSONEncoder] | None = None) -> str:
    """Sign claims with a key.

    Args:
        claims: the payload; datetimes are written as seconds since the epoch where RFC 7519 wants them.
        key: signs, and gives ``alg`` and ``kid``.
        json_encoder: for claims that plain JSON cannot hold.

    Returns:
        The compact serialization (RFC 7515 section 7.1).
    """
    headers = None if key.kid is None else {"kid": key.kid}
    return jwt.encode(
        dict(claims), key.prepared_signing, algorithm=key.algorithm, headers=headers, json_encoder=json_encoder
    )


def verify(raw: str | bytes, keys: KeySet, *, now: float, expect: Expectation) -> dict[str, Any]:
    """Verify a token's form, signature, ``exp``, ``nbf``, ``aud`` and ``iss``.

    Args:
        raw: the compact serialization.
        keys: which keys may have signed it.
        now: seconds since the epoch.
        expect: audience, issuer and leeway.

    Returns:
        The claims.

    Raises:
        RefusedError: malformed, bad_signature, unknown_key, expired, not_yet_valid, wrong_audience, wrong_issuer,
            missing_claim or invalid_claim.
        UnavailableError: the keys live at a URL that does not answer.
    """
    token = _text(raw)
    header = _header(token)
    claims = _claims(_payload(token, header, keys))
    _check_times(claims, now=now, expect=expect)
    _check_parties(claims, expect)
    return claims


def key_name(raw: str | bytes) -> str | None:
    """Return the ``kid`` of a token's header, which nothing vouches for unless the token was verified.

    Raises:
        RefusedError: malformed.
    """
    kid = _header(_text(raw)).get("kid")
    return kid if isinstance(kid, str) else None


def _text(raw: str | bytes) -> str:
    if len(raw) > MAX_TOKEN_LENGTH:
        raise RefusedError(Reason.MALFORMED, "too long")
    try:
        token = raw.decode("ascii") if isinstance(raw, bytes) else raw
        token.encode("ascii")
    except UnicodeError:
        raise RefusedError(Reason.MALFORMED, "not ASCII") from None
    if "=" in token:
        # RFC 7515 section 2: no padding. A token has one spelling, so that whoever compares tokens compares claims.
        raise RefusedError(Reason.MALFORMED, "padded")
    return token


def _header(token: str) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise RefusedError(Reason.MALFORMED, "no readable header") from None
    # RFC 7515 section 4.1.11: an extension that is not understood must be refused, and we understand none.
    if "crit" in header or "b64" in header:
        raise RefusedError(Reason.MALFORMED, "critical header extension")
    kid = header.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise RefusedError(Reason.MALFORMED, "kid is no string")
    return dict(header)


def _payload(token: str, header: Mapping[str, Any], keys: KeySet) -> bytes:
    """Check the signature with the keys that the header may mean; ``jku``, ``x5u`` and ``jwk`` are never looked at."""
    kid = header.get("kid")
    candidates: tuple[Key, ...]
    if kid is None:
        candidates = keys.unnamed
    elif kid in keys.named:
        candidates = (keys.named[kid],)
    else:
        found = None if keys.remote is None else keys.remote.find(token)
        candidates = () if found is None else (found,)
    if not candidates:
        raise RefusedError(Reason.UNKNOWN_KEY, "no key for this token")
    for key in candidates:
        try:
            decoded = _JWS.decode_complete(token, key.prepared_verifying, algorithms=[key.algorithm])
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            continue
        payload: bytes = decoded["payload"]
        return payload
    raise RefusedError(Reason.BAD_SIGNATURE, "no key verifies it")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _claims(payload: bytes) -> dict[str, Any]:
    try:
        claims = json.loads(payload, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RefusedError(Reason.MALFORMED, "payload is not JSON") from None
    if not isinstance(claims, dict):
        raise RefusedError(Reason.MALFORMED, "payload is no object")
    return claims


def _instant(claims: Mapping[str, Any], name: str) -> float:
    """A NumericDate (RFC 7519 section 2) that a datetime can hold."""
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RefusedError(Reason.INVALID_CLAIM, f"{name} is no number")
    if not (-_LAST_SECOND <= value <= _LAST_SECOND) or (isinstance(value, float) and not math.isfinite(value)):
        raise RefusedError(Reason.INVALID_CLAIM, f"{name} is out of range")
    return value


def _check_times(claims: Mapping[str, Any], *, now: float, expect: Expectation) -> None:
    leeway = expect.leeway.total_seconds()
    if "exp" not in claims:
        raise RefusedError(Reason.MISSING_CLAIM, "exp")
    if "iat" in claims:
        _instant(claims, "iat")  # well formed; never a reason to refuse: clocks of nodes differ
    if _instant(claims, "exp") <= now - leeway and not expect.even_expired:
        raise RefusedError(Reason.EXPIRED)
    if "nbf" in claims and _instant(claims, "nbf") > now + leeway:
        raise RefusedError(Reason.NOT_YET_VALID)


def _check_parties(claims: Mapping[str, Any], expect: Expectation) -> None:
    if expect.audience is not None:
        wanted = {expect.audience} if isinstance(expect.audience, str) else set(expect.audience)
        given = claims.get("aud")
        audience = [given] if isinstance(given, str) else given
        if not isinstance(audience, list) or not any(isinstance(one, str) and one in wanted for one in audience):
            raise RefusedError(Reason.WRONG_AUDIENCE)
    if expect.issuer is not None and claims.get("iss") != expect.issuer:
        raise RefusedError(Reason.WRONG_ISSUER)

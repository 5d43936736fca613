"""Compact JWTs: sign one, verify one. Verification returns the claims or raises (RFC 7519 section 7.2, RFC 8725)."""

import json
import math
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from keyturn.errors import Reason, RefusedError
from keyturn.jose.compact import decoded, encoded, object_in, written
from keyturn.jose.keys import Key, KeySet
from keyturn.jose.memory import CheckedToken, CheckedTokens

__all__ = [
    "KEYS_OF_ITS_OWN",
    "MAX_TOKEN_LENGTH",
    "Expectation",
    "Verified",
    "sign",
    "text_of",
    "unverified_header",
    "verify",
    "verify_token",
]

MAX_TOKEN_LENGTH: Final = 16_384
"""Characters; no token of ours comes near, and nobody shall make us hash megabytes."""

_LAST_SECOND: Final = 253_402_300_799
"""9999-12-31T23:59:59Z, the last instant a datetime can hold."""

# The signature is all that PyJWT is asked about (ADR 0044): its claim checks take "exp": "12" for a number, refuse
# tokens by their `iat`, and fall over infinities; its parser takes a token apart twice, a character at a time. Both are
# below.
KEYS_OF_ITS_OWN: Final = frozenset({"jku", "jwk", "x5c", "x5u"})
"""Header parameters by which a token says with which key to verify it (RFC 8725 section 3.10)."""

_INSTANTS: Final = ("exp", "iat", "nbf")

_KNOWN_HEADS: Final = 256
_heads: dict[str, dict[str, Any]] = {}
"""Headers of tokens whose signature was good, by how they are spelled: there are few, and they are read once."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a token must claim besides a good signature.

    Args:
        audience: one of these must be in ``aud`` (RFC 7519 section 4.1.3); None: not looked at.
        issuer: ``iss`` must be this (section 4.1.1); None: not looked at.
        leeway: tolerance for ``exp`` and ``nbf``.
        even_expired: accept a token whose ``exp`` has passed; the claim must be there all the same.
        types: the header's ``typ`` must be one of these media types (RFC 8725 section 3.11), compared without regard to
            case and with or without ``application/`` (RFC 7515 section 4.1.9); None: not looked at.
    """

    audience: str | tuple[str, ...] | None = None
    issuer: str | None = None
    leeway: timedelta = timedelta(0)
    even_expired: bool = False
    types: tuple[str, ...] | None = None


def sign(
    claims: Mapping[str, Any], key: Key, *, typ: str = "JWT", json_encoder: type[json.JSONEncoder] | None = None
) -> str:
    """Sign claims with a key.

    Args:
        claims: the payload; datetimes are written as seconds since the epoch where RFC 7519 wants them.
        key: signs, and gives ``alg`` and ``kid``.
        typ: the media type in the header, without ``application/``: ``JWT``, or ``at+jwt`` (RFC 9068 section 2.1).
        json_encoder: for claims that plain JSON cannot hold.

    Returns:
        The compact serialization (RFC 7515 section 7.1).

    Raises:
        TypeError: JSON cannot hold a claim, or ``iss`` is no text.
    """
    payload = dict(claims)
    for name in _INSTANTS:
        value = payload.get(name)
        if isinstance(value, datetime):
            payload[name] = timegm(value.utctimetuple())
    # RFC 7519 section 4.1.1.
    if not isinstance(payload.get("iss", ""), str):
        raise TypeError("the claim iss must be a text")
    signed = key.head(typ, encoder=json_encoder) + b"." + encoded(written(payload, encoder=json_encoder))
    return (signed + b"." + encoded(key.sign(signed))).decode()


@dataclass(frozen=True, slots=True)
class Verified:
    """A token that verified.

    Args:
        claims: the payload; the caller's own to change.
        kid: the key that the header names, or None.
    """

    claims: dict[str, Any]
    kid: str | None


def verify(raw: str | bytes, keys: KeySet, *, now: float, expect: Expectation) -> dict[str, Any]:
    """Verify a token and return its claims. Arguments and errors as :func:`verify_token`."""
    return verify_token(raw, keys, now=now, expect=expect).claims


def verify_token(
    raw: str | bytes, keys: KeySet, *, now: float, expect: Expectation, memory: CheckedTokens | None = None
) -> Verified:
    """Verify a token's form, signature, ``typ``, ``exp``, ``nbf``, ``aud`` and ``iss``.

    Args:
        raw: the compact serialization.
        keys: which keys may have signed it.
        now: seconds since the epoch.
        expect: types, audience, issuer and leeway.
        memory: of signatures found good before, so that they need not be checked again.

    Returns:
        The claims, and the key's name.

    Raises:
        RefusedError: malformed, bad_signature, unknown_key, wrong_type, expired, not_yet_valid, wrong_audience,
            wrong_issuer, missing_claim or invalid_claim.
        UnavailableError: the keys live at a URL that does not answer.
    """
    token = text_of(raw)
    checked = None if memory is None else memory.recall(token, keys)
    if checked is None:
        checked = _checked(token, keys)
        if memory is not None:
            memory.remember(token, checked)
    claims = _claims(checked.payload)
    _check_type(checked.header, expect)
    _check_times(claims, now=now, expect=expect)
    _check_parties(claims, expect)
    return Verified(claims, checked.kid)


def text_of(raw: str | bytes) -> str:
    """Return a token as text.

    Raises:
        RefusedError: malformed: it cannot be one.
    """
    if len(raw) > MAX_TOKEN_LENGTH:
        raise RefusedError(Reason.MALFORMED, "too long")
    try:
        token = raw.decode("ascii") if isinstance(raw, bytes) else raw
    except UnicodeError:
        raise RefusedError(Reason.MALFORMED, "not ASCII") from None
    if not token.isascii():
        raise RefusedError(Reason.MALFORMED, "not ASCII")
    if "=" in token:
        # RFC 7515 section 2: no padding. A token has one spelling, so that whoever compares tokens compares claims.
        raise RefusedError(Reason.MALFORMED, "padded")
    return token


def _split(token: str) -> list[str]:
    parts = token.split(".")
    if len(parts) != 3:
        raise RefusedError(Reason.MALFORMED, "not three parts")
    return parts


def unverified_header(token: str) -> dict[str, Any]:
    """Return the header of a token, which nothing vouches for.

    Args:
        token: from :func:`text_of`.

    Raises:
        RefusedError: malformed.
    """
    return _header(_split(token)[0])


def _header(head: str) -> dict[str, Any]:
    try:
        header = object_in(decoded(head))
    except (ValueError, RecursionError):
        raise RefusedError(Reason.MALFORMED, "no readable header") from None
    # RFC 7515 section 4.1.11: an extension that is not understood must be refused, and we understand none.
    if "crit" in header or "b64" in header:
        raise RefusedError(Reason.MALFORMED, "critical header extension")
    kid = header.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise RefusedError(Reason.MALFORMED, "kid is no string")
    return header


def _checked(token: str, keys: KeySet) -> CheckedToken:
    """Check the signature with the keys that the header may mean. What the header itself brings is never a key."""
    head, body, mark = _split(token)
    known = _heads.get(head)
    header = _header(head) if known is None else known
    try:
        payload, signature = decoded(body), decoded(mark)
    except ValueError:
        raise RefusedError(Reason.MALFORMED, "no base64url") from None
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
    if not KEYS_OF_ITS_OWN.isdisjoint(header) and (kid is None or kid in keys.named):
        # RFC 8725 section 3.10. No token of ours has such a header; other issuers', whose keys are remote, may.
        raise RefusedError(Reason.MALFORMED, "a key, or where to find one, in the header")
    algorithm = header.get("alg")
    signed = token[: -len(mark) - 1].encode("ascii")
    for key in candidates:
        if key.algorithm == algorithm and key.verifies(signed, signature):
            if known is None:
                _remember_head(head, header)
            return CheckedToken(header, payload, key)
    raise RefusedError(Reason.BAD_SIGNATURE, "no key verifies it")


def _remember_head(head: str, header: dict[str, Any]) -> None:
    if len(_heads) >= _KNOWN_HEADS:
        _heads.clear()
    _heads[head] = header


def _check_type(header: Mapping[str, Any], expect: Expectation) -> None:
    if expect.types is None:
        return
    given = header.get("typ")
    wanted = {_media_type(one) for one in expect.types}
    if not isinstance(given, str) or _media_type(given) not in wanted:
        raise RefusedError(Reason.WRONG_TYPE, "typ is none of those wanted here")


def _media_type(typ: str) -> str:
    return typ.lower().removeprefix("application/")


def _claims(payload: bytes) -> dict[str, Any]:
    try:
        return object_in(payload)
    except (ValueError, RecursionError):
        raise RefusedError(Reason.MALFORMED, "payload is no JSON object, or has a name twice") from None


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

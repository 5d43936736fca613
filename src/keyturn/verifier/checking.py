"""What a token itself must be (RFC 7519, RFC 8725, RFC 9068 section 4), before anybody asks whether it was revoked."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from keyturn.errors import Reason, RefusedError
from keyturn.jose import KEYS_OF_ITS_OWN, Expectation, Key, KeySet, unverified_header
from keyturn.jose import verify as verify_signed
from keyturn.verifier.jwk import MAX_KID_LENGTH
from keyturn.verifier.settings import Options
from keyturn.verifier.verified import VerifiedToken

__all__ = ["check_signed", "expectation", "key_name"]

# RFC 9068 section 4; the long form is RFC 6838's.
_TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})


def expectation(options: Options) -> Expectation:
    """What tokens must claim."""
    return Expectation(
        audience=options.audience, issuer=options.issuer, leeway=timedelta(seconds=options.leeway), even_expired=False
    )


def key_name(token: str) -> str:
    """The ``kid`` of a header that is fit to be looked at further.

    Raises:
        RefusedError: malformed, wrong_type or unknown_key.
    """
    header = unverified_header(token)
    if not KEYS_OF_ITS_OWN.isdisjoint(header):
        raise RefusedError(Reason.MALFORMED, "a key, or where to find one, in the header")
    kind, kid = header.get("typ"), header.get("kid")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise RefusedError(Reason.WRONG_TYPE, "not an access token by its typ")
    if not isinstance(kid, str) or not kid or len(kid) > MAX_KID_LENGTH:
        raise RefusedError(Reason.UNKNOWN_KEY, "no kid, or one that no key has")
    return kid


def check_signed(token: str, key: Key, *, now: float, expect: Expectation) -> VerifiedToken:
    """Verify signature, times, issuer, audience and the claims every access token has.

    Args:
        token: from :func:`keyturn.jose.text_of`.
        key: the one that its ``kid`` names.
        now: seconds since the epoch.
        expect: from :func:`expectation`.

    Raises:
        RefusedError: with the reason.
    """
    assert key.kid is not None
    claims = verify_signed(token, KeySet(named={key.kid: key}), now=now, expect=expect)
    if claims.get("token_type") != "access" or claims.get("gen") is not None:
        raise RefusedError(Reason.WRONG_TYPE, "token_type is not access")
    return VerifiedToken(
        claims=MappingProxyType(claims),
        subject=_text(claims, "sub"),
        session_id=_uuid(claims, "sid"),
        token_id=_text(claims, "jti"),
        expires_at=_moment(claims, "exp"),
        issued_at=_moment(claims, "iat"),
    )


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if value is None:
        raise RefusedError(Reason.MISSING_CLAIM, name)
    if not isinstance(value, str) or not value:
        raise RefusedError(Reason.INVALID_CLAIM, f"{name} is no text")
    return value


def _uuid(claims: Mapping[str, Any], name: str) -> UUID:
    try:
        return UUID(_text(claims, name))
    except ValueError:
        raise RefusedError(Reason.INVALID_CLAIM, f"{name} is no UUID") from None


def _moment(claims: Mapping[str, Any], name: str) -> datetime:
    if name not in claims:
        raise RefusedError(Reason.MISSING_CLAIM, name)
    try:
        # That it is a number, the signature's verification has checked.
        return datetime.fromtimestamp(claims[name], tz=UTC)
    except (OverflowError, ValueError, OSError):
        raise RefusedError(Reason.INVALID_CLAIM, f"{name} is out of range") from None

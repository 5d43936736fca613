"""DPoP proofs: that whoever sends a request holds a key (RFC 9449). No Django here.

:func:`verify_proof` makes every check of section 4.3, in its order. Nothing is stored, the proof's ``jti`` neither
(ADR 0030).
"""

import base64
import hashlib
import hmac
import json
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from keyturn.errors import InvalidProofError, UseNonceError
from keyturn.jose.jwk import read_jwk, thumbprint
from keyturn.jose.keys import Key
from keyturn.jose.memory import RecentlyUsed
from keyturn.jose.nonces import Nonces, NonceState

__all__ = ["ALGORITHMS", "Proof", "bound_to", "normal_url", "token_hash", "verify_proof"]

ALGORITHMS: Final = ("ES256",)
"""``dpop_signing_alg_values_supported`` (section 5.1): every browser's WebCrypto and every phone's key store has it."""

_LONGEST: Final = 8_192
"""Characters of a proof; a usual one has 450."""
_LONGEST_JTI: Final = 100
_LONGEST_NONCE: Final = 200
_PAST: Final = 60
_AHEAD: Final = 5
"""Seconds by which ``iat`` may be behind and ahead of our clock (section 11.1) where no nonce speaks for the proof."""

_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_COORDINATE: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
# RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1.
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_PERCENT: Final = re.compile(r"%[0-9A-Fa-f]{2}", re.ASCII)
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


_recent: Final[RecentlyUsed[Key]] = RecentlyUsed(2_048)
"""Keys that made a good proof of late: a client shows the same one each time, and reading it takes a while."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that was found good for one request.

    Args:
        thumbprint: of the key that made it (RFC 7638), in base64url.
        identifier: its ``jti``.
    """

    thumbprint: str
    identifier: str

    def is_by(self, key: str) -> bool:
        """Whether the key with a certain thumbprint made it."""
        return _same(self.thumbprint, key)


def verify_proof(
    raw: str,
    *,
    method: str,
    urls: Collection[str],
    now: float,
    token: str | bytes | None = None,
    nonces: Nonces | None = None,
) -> Proof:
    """Check a proof against the request that it came with (section 4.3).

    Args:
        raw: the value of the ``DPoP`` header.
        method: of the request.
        urls: those by which the request can have been sent; query and fragment are not looked at.
        now: seconds since the epoch.
        token: the access token that came along, which ``ath`` must be of; None: ``ath`` is not looked at.
        nonces: ours; None where none are given: then ``iat`` alone decides.

    Raises:
        InvalidProofError: it proves nothing. Nothing follows from that but this answer.
        UseNonceError: it may be old, or made by a clock that is wrong: a fresh nonce settles that.
    """
    head, body, signature = _parts(raw)
    header, claims = _object(head), _object(body)
    if header.get("typ") != "dpop+jwt":
        raise InvalidProofError("its typ is not dpop+jwt")
    if header.get("alg") not in ALGORITHMS:
        raise InvalidProofError("its alg is not ES256")
    # RFC 7515 section 4.1.11: an extension that is not understood must be refused, and we understand none.
    if "crit" in header or "b64" in header:
        raise InvalidProofError("it has a critical header extension")
    members = _public_members(header.get("jwk"))
    _check_signature(members, f"{head}.{body}".encode("ascii"), _decoded(signature))
    identifier, nonce = _checked_claims(claims)
    if claims["htm"] != method:
        raise InvalidProofError("its htm is another method")
    if normal_url(claims["htu"]) not in {normal_url(url) for url in urls} - {None}:
        raise InvalidProofError("its htu is another URL")
    key = thumbprint(members)
    _check_freshness(claims["iat"], nonce, now=now, nonces=nonces)
    if token is not None:
        ath = claims.get("ath")
        if not isinstance(ath, str) or not _same(ath, token_hash(token)):
            raise InvalidProofError("its ath is not of this access token")
    return Proof(key, identifier)


def bound_to(claims: Mapping[str, Any]) -> str | None:
    """The thumbprint of the key that a token is bound to by ``cnf.jkt`` (section 6.1).

    Args:
        claims: of a verified token, or of an introspection (section 6.2).

    Returns:
        None where it is bound to none; an empty text, which no key has, where that cannot be read.
    """
    cnf = claims.get("cnf")
    if not isinstance(cnf, Mapping) or "jkt" not in cnf:
        return None
    return cnf["jkt"] if isinstance(cnf["jkt"], str) else ""


def token_hash(token: str | bytes) -> str:
    """``ath``: the SHA-256 of an access token in base64url (section 4.2)."""
    raw = token.encode("utf-8", "replace") if isinstance(token, str) else token
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode()


def normal_url(url: str) -> str | None:
    """A web address in the form in which two are compared (RFC 3986 sections 6.2.2 and 6.2.3); None where it is none.

    Small letters in scheme and host, no default port, no needless percent-encoding; without query and fragment.
    """
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    default = _DEFAULT_PORTS.get(parts.scheme)
    if default is None or not host or parts.username is not None or parts.password is not None:
        return None
    host = f"[{host}]" if ":" in host else host
    place = host if port is None or port == default else f"{host}:{port}"
    return f"{parts.scheme}://{place}{_PERCENT.sub(_plain, parts.path) or '/'}"


def _plain(found: re.Match[str]) -> str:
    letter = chr(int(found[0][1:], 16))
    return letter if letter in _UNRESERVED else found[0].upper()


def _parts(raw: str) -> list[str]:
    # Two headers arrive as one with a comma (RFC 9110 section 5.3), which no part of a proof can have.
    if len(raw) > _LONGEST:
        raise InvalidProofError("it is too long")
    parts = raw.split(".")
    if len(parts) != 3 or not all(_BASE64URL.fullmatch(part) for part in parts):
        raise InvalidProofError("it is not one JWT")
    return parts


def _decoded(segment: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        raise InvalidProofError("it is not one JWT") from None


def _object(segment: str) -> Mapping[str, Any]:
    try:
        found = json.loads(
            _decoded(segment), parse_constant=_no_constant, object_pairs_hook=_no_repetition, parse_int=_number
        )
    except (ValueError, RecursionError):
        raise InvalidProofError("it is not made of JSON objects") from None
    if not isinstance(found, dict):
        raise InvalidProofError("it is not made of JSON objects")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _number(digits: str) -> float | int:
    return int(digits) if len(digits) < 20 else math.inf


def _no_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """RFC 7519 section 4: of a name that stands twice, each reader may take another value, so none may."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _public_members(jwk: Any) -> dict[str, str]:
    """The members of a public key of P-256 (RFC 7518 section 6.2.1), each in its only spelling."""
    if not isinstance(jwk, dict):
        raise InvalidProofError("its header has no jwk")
    if not _PRIVATE.isdisjoint(jwk):
        raise InvalidProofError("its jwk holds a private key")
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise InvalidProofError("its jwk is no key of the curve P-256")
    members = {name: jwk.get(name) for name in ("kty", "crv", "x", "y")}
    for name in ("x", "y"):
        value = members[name]
        # Of several spellings of one number a single one is taken: a key has one thumbprint.
        if not isinstance(value, str) or not _COORDINATE.fullmatch(value) or value[-1] not in _LAST_OF_43:
            raise InvalidProofError("its jwk is no key of the curve P-256")
    return {name: str(value) for name, value in members.items()}


_LAST_OF_43: Final = frozenset("AEIMQUYcgkosw048")
"""The letters that 32 bytes in base64url can end in (RFC 4648 section 3.5)."""


def _check_signature(members: Mapping[str, str], signed: bytes, signature: bytes) -> None:
    name = f"{members['x']}.{members['y']}".encode()
    known = _recent.get(name)
    try:
        key = known or read_jwk({**members, "alg": "ES256"})
    except ValueError:
        raise InvalidProofError("its jwk is no key of the curve P-256") from None
    if not key.verifies(signed, signature):
        raise InvalidProofError("its signature is not by the key in its jwk")
    if known is None:
        _recent.put(name, key)


def _checked_claims(claims: Mapping[str, Any]) -> tuple[str, str | None]:
    """Check that the claims of section 4.2 are there and of their types; return ``jti`` and ``nonce``."""
    for name in ("jti", "htm", "htu", "iat"):
        if name not in claims:
            raise InvalidProofError(f"it has no {name}")
    identifier, nonce, moment = claims["jti"], claims.get("nonce"), claims["iat"]
    if not isinstance(identifier, str) or not 0 < len(identifier) <= _LONGEST_JTI:
        raise InvalidProofError(f"its jti is no text of 1 to {_LONGEST_JTI} characters")
    if not isinstance(claims["htm"], str) or not isinstance(claims["htu"], str):
        raise InvalidProofError("its htm or htu is no text")
    if isinstance(moment, bool) or not isinstance(moment, (int, float)) or not math.isfinite(moment):
        raise InvalidProofError("its iat is no number")
    if nonce is not None and (not isinstance(nonce, str) or len(nonce) > _LONGEST_NONCE):
        raise InvalidProofError("its nonce is none of ours")
    return identifier, nonce


def _check_freshness(moment: float, nonce: str | None, *, now: float, nonces: Nonces | None) -> None:
    """A good nonce of ours speaks for the proof, whatever its ``iat`` says; else ``iat`` has to be about now."""
    if nonces is not None and nonce is not None:
        state = nonces.judge(nonce, now=now)
        if state is NonceState.GOOD:
            return
        if state is NonceState.FOREIGN:
            raise UseNonceError("its nonce is none of ours")
    if -_AHEAD <= now - moment <= _PAST:
        return
    if nonces is None:
        raise InvalidProofError("its iat is not about now")
    raise UseNonceError("its iat is not about now, and no fresh nonce speaks for it")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))

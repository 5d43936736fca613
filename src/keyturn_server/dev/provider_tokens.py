"""What development's own OpenID provider hands out: codes that hold what they stand for, and signed ID tokens.

It keeps nothing. A code is sealed and good for a minute, its key follows from the secret, and who somebody is follows
from the address that was typed. That is enough to try out signing in by a provider, and nothing that anybody could
trust.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from functools import lru_cache
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec

from keyturn.clock import utc_now
from keyturn.jose import Key, derive_key, public_half, public_jwk, sign
from keyturn.jose.sealing import DamagedError, OtherSecretError, seal, unseal
from keyturn.keys.derived import secrets
from keyturn_server.dev.provider_named import CLIENT_ID

__all__ = ["id_token", "jwks", "new_code", "told_by"]

_PURPOSE: Final = "keyturn development provider"
_A_MINUTE: Final = 60
_AN_HOUR: Final = 3_600
# Of P-256 (FIPS 186-5); a private key is a number below it and not 0.
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def new_code(*, asked: dict[str, str], email: str, name: str, is_verified: bool) -> str:
    """A code for what was asked and answered.

    Args:
        asked: ``redirect_uri``, ``nonce`` and ``code_challenge`` of the request.
        email: the address that was typed.
        name: the name.
        is_verified: whether the provider shall claim to have verified the address.
    """
    told = {**asked, "email": email, "name": name, "is_verified": is_verified, "at": utc_now().timestamp()}
    return seal(json.dumps(told).encode(), secret=secrets()[0], purpose=_PURPOSE, place="code")


def told_by(code: str, *, verifier: str, redirect_uri: str) -> dict[str, Any] | None:
    """What a code stands for; None: it is none, too old, or not this client's (RFC 6749 section 4.1.3, RFC 7636)."""
    try:
        told: dict[str, Any] = json.loads(unseal(code, secrets=secrets(), purpose=_PURPOSE, place="code"))
    except (DamagedError, OtherSecretError):
        return None
    if not 0 <= utc_now().timestamp() - told["at"] <= _A_MINUTE or told["redirect_uri"] != redirect_uri:
        return None
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return told if hmac.compare_digest(challenge, told["code_challenge"]) else None


def id_token(told: dict[str, Any], *, issuer: str) -> str:
    """The ID token (OpenID Connect Core section 2)."""
    now = int(utc_now().timestamp())
    claims = {
        "iss": issuer,
        "aud": CLIENT_ID,
        # The same address is the same person, whatever else was typed.
        "sub": hashlib.sha256(told["email"].lower().encode()).hexdigest()[:32],
        "iat": now,
        "exp": now + _AN_HOUR,
        "nonce": told["nonce"],
        "email": told["email"],
        "email_verified": told["is_verified"],
        "name": told["name"],
    }
    return sign(claims, _key(secrets()[0]))


def jwks() -> dict[str, Any]:
    """The JWK Set (RFC 7517 section 5)."""
    return {"keys": [public_jwk(_key(secrets()[0]).verifying, algorithm="ES256")]}


@lru_cache(maxsize=4)
def _key(secret: str | bytes) -> Key:
    number = int.from_bytes(derive_key(secret, purpose=f"{_PURPOSE} key", length=40)) % (_ORDER - 1) + 1
    private = ec.derive_private_key(number, ec.SECP256R1())
    public = public_half(private)
    return Key("ES256", private, public, public_jwk(public, algorithm="ES256")["kid"])

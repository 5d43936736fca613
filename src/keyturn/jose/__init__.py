"""Sign and verify JSON Web Tokens (RFC 7515, 7519, 8725). No Django here."""

from keyturn.jose.derivation import derive_key
from keyturn.jose.jwk import public_half, public_jwk, read_jwk, thumbprint
from keyturn.jose.keys import Key, KeySet
from keyturn.jose.memory import CheckedToken, CheckedTokens, RecentlyUsed, digest
from keyturn.jose.tokens import (
    KEYS_OF_ITS_OWN,
    Expectation,
    Verified,
    sign,
    text_of,
    unverified_header,
    verify,
    verify_token,
)

__all__ = [
    "KEYS_OF_ITS_OWN",
    "CheckedToken",
    "CheckedTokens",
    "Expectation",
    "Key",
    "KeySet",
    "RecentlyUsed",
    "Verified",
    "derive_key",
    "digest",
    "public_half",
    "public_jwk",
    "read_jwk",
    "sign",
    "text_of",
    "thumbprint",
    "unverified_header",
    "verify",
    "verify_token",
]

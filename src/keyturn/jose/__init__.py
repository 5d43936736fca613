"""Sign and verify JSON Web Tokens (RFC 7515, 7519, 8725). No Django here."""

from keyturn.jose.derivation import derive_key
from keyturn.jose.jwk import public_half, public_jwk, read_jwk, thumbprint
from keyturn.jose.keys import Key, KeySet
from keyturn.jose.memory import CheckedToken, CheckedTokens, RecentlyUsed
from keyturn.jose.tokens import Expectation, Verified, sign, verify, verify_token

__all__ = [
    "CheckedToken",
    "CheckedTokens",
    "Expectation",
    "Key",
    "KeySet",
    "RecentlyUsed",
    "Verified",
    "derive_key",
    "public_half",
    "public_jwk",
    "read_jwk",
    "sign",
    "thumbprint",
    "verify",
    "verify_token",
]

"""Which keys sign and verify Keyturn's tokens: those of the key ring, or the project's own."""

from keyturn.jose import Key, KeySet
from keyturn.keys.derived import configured
from keyturn.keys.documents import JwksDocument, jwks
from keyturn.keys.ring import access_keys, access_signing_key, refresh
from keyturn.keys.sealing import DamagedKeyError, SealedUnderAnotherSecretError
from keyturn.keys.tending import follow, tend

__all__ = [
    "DamagedKeyError",
    "JwksDocument",
    "SealedUnderAnotherSecretError",
    "access_keys",
    "access_signing_key",
    "follow",
    "jwks",
    "refresh",
    "refresh_keys",
    "refresh_signing_key",
    "tend",
]


def refresh_keys() -> KeySet:
    """The keys that verify refresh tokens."""
    return configured().refresh


def refresh_signing_key() -> Key:
    """The key that signs refresh tokens."""
    return configured().refresh_signing

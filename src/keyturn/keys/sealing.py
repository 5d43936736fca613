"""Private keys at rest: AES-256-GCM under a key derived from the master secret (NIST SP 800-38D, RFC 5869).

A sealed key is text: ``v1.<which secret>.<nonce>.<ciphertext>``. It opens only under its own key id and algorithm, so
that rows cannot be exchanged, and tells by 8 hexadecimal digits which secret it wants, but nothing of that secret.
"""

import hashlib
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keyturn.errors import UnavailableError
from keyturn.jose import derive_key

__all__ = ["DamagedKeyError", "SealedUnderAnotherSecretError", "is_sealed_under", "seal", "unseal"]

_VERSION: Final = "v1"
_PURPOSE: Final = "keyturn key ring v1"
_NONCE_BYTES: Final = 12


class SealedUnderAnotherSecretError(UnavailableError):
    """The private key was sealed under a secret that this process does not have. Nothing was changed."""

    def __init__(self) -> None:
        super().__init__(retry_after=30)

    def __str__(self) -> str:
        return (
            "The signing keys in the database were sealed under another secret: set SECRET_KEY (KEYTURN_SECRET_KEY) to"
            " that one, or list it in SECRET_KEY_FALLBACKS (KEYTURN_SECRET_KEY_FALLBACKS). No key was changed."
        )


class DamagedKeyError(UnavailableError):
    """The private key was sealed under our secret, but is not what was sealed for this row."""

    def __init__(self, kid: str) -> None:
        super().__init__(retry_after=30)
        self.kid = kid

    def __str__(self) -> str:
        return (
            f"The signing key {self.kid} in the database is damaged or was tampered with; end it with:"
            f" keys revoke {self.kid} --emergency"
        )


@lru_cache(maxsize=16)
def _sealing_key(secret: str | bytes) -> tuple[str, bytes]:
    key = derive_key(secret, purpose=_PURPOSE)
    return hashlib.sha256(b"keyturn sealing key " + key).hexdigest()[:8], key


def _bound(kid: str, algorithm: str) -> bytes:
    return f"{kid} {algorithm}".encode()


def seal(private: bytes, *, secret: str | bytes, kid: str, algorithm: str) -> str:
    """Encrypt a private key for one row.

    Args:
        private: what :func:`unseal` will give back.
        secret: the newest master secret.
        kid: of the row.
        algorithm: of the row.
    """
    name, key = _sealing_key(secret)
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, private, _bound(kid, algorithm))
    return ".".join((_VERSION, name, *(urlsafe_b64encode(part).rstrip(b"=").decode() for part in (nonce, sealed))))


def unseal(sealed: str, *, secrets: Sequence[str | bytes], kid: str, algorithm: str) -> bytes:
    """Decrypt the private key of a row with whichever secret sealed it.

    Raises:
        SealedUnderAnotherSecretError: none of these did.
        DamagedKeyError: one of these did, but this is not what it sealed for this row.
    """
    try:
        version, name, nonce, ciphertext = sealed.split(".")
        parts = [urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (nonce, ciphertext)]
    except ValueError:
        raise DamagedKeyError(kid) from None
    if version != _VERSION or len(parts[0]) != _NONCE_BYTES:
        raise DamagedKeyError(kid)
    keys = [key for known, key in map(_sealing_key, secrets) if known == name]
    if not keys:
        raise SealedUnderAnotherSecretError
    for key in keys:
        try:
            return AESGCM(key).decrypt(parts[0], parts[1], _bound(kid, algorithm))
        except InvalidTag:
            continue
    raise DamagedKeyError(kid)


def is_sealed_under(sealed: str, secret: str | bytes) -> bool:
    """Whether a sealed key names this secret as its own."""
    return sealed.startswith(f"{_VERSION}.{_sealing_key(secret)[0]}.")

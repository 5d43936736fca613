"""Secrets at rest: AES-256-GCM under a key derived from the master secret (NIST SP 800-38D, RFC 5869).

What is sealed is text: ``v1.<which secret>.<nonce>.<ciphertext>``. It opens only for the purpose and in the place it
was sealed for, so that rows cannot be exchanged, and tells by 8 hexadecimal digits which secret it wants, but nothing
of that secret.
"""

import hashlib
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keyturn.jose.derivation import derive_key

__all__ = ["DamagedError", "OtherSecretError", "is_sealed_under", "seal", "unseal"]

_VERSION: Final = "v1"
_NONCE_BYTES: Final = 12


class OtherSecretError(Exception):
    """It was sealed under a secret that is not among those given."""


class DamagedError(Exception):
    """It is nothing that was sealed, or not what was sealed for this place."""


@lru_cache(maxsize=64)
def _sealing_key(secret: str | bytes, purpose: str) -> tuple[str, bytes]:
    key = derive_key(secret, purpose=purpose)
    return hashlib.sha256(b"keyturn sealing key " + key).hexdigest()[:8], key


def seal(plain: bytes, *, secret: str | bytes, purpose: str, place: str) -> str:
    """Encrypt for one place.

    Args:
        plain: what :func:`unseal` will give back.
        secret: the newest master secret.
        purpose: what kind of thing it is; part of the key's derivation.
        place: which row it belongs to, for example its key; authenticated, not stored.
    """
    name, key = _sealing_key(secret, purpose)
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, plain, place.encode())
    return ".".join((_VERSION, name, *(urlsafe_b64encode(part).rstrip(b"=").decode() for part in (nonce, sealed))))


def unseal(sealed: str, *, secrets: Sequence[str | bytes], purpose: str, place: str) -> bytes:
    """Decrypt with whichever secret sealed it.

    Raises:
        OtherSecretError: none of these did.
        DamagedError: one of these did, but this is not what it sealed for this place.
    """
    try:
        version, name, nonce, ciphertext = sealed.split(".")
        parts = [urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (nonce, ciphertext)]
    except ValueError:
        raise DamagedError from None
    if version != _VERSION or len(parts[0]) != _NONCE_BYTES:
        raise DamagedError
    keys = [key for known, key in (_sealing_key(secret, purpose) for secret in secrets) if known == name]
    if not keys:
        raise OtherSecretError
    for key in keys:
        try:
            return AESGCM(key).decrypt(parts[0], parts[1], place.encode())
        except InvalidTag:
            continue
    raise DamagedError


def is_sealed_under(sealed: str, *, secret: str | bytes, purpose: str) -> bool:
    """Whether it names this secret as its own."""
    return sealed.startswith(f"{_VERSION}.{_sealing_key(secret, purpose)[0]}.")

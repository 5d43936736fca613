"""Make and compare the ids and secrets of service clients.

A secret has 256 random bits, so nobody can guess it, and a fast hash of it is as good as a slow one: SHA-256.
"""

import hashlib
import re
import secrets
from typing import Final

__all__ = [
    "MAX_SECRET_LENGTH",
    "SECRET_PREFIX",
    "is_client_id",
    "matches",
    "new_client_id",
    "new_secret",
    "secret_hash",
]

SECRET_PREFIX: Final = "kts_"  # noqa: S105 - what every secret begins with, no secret itself
"""Lets secret scanners find a secret of ours in a repository or a log."""

MAX_SECRET_LENGTH: Final = 256
"""Characters; nobody shall make us hash megabytes."""

_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_NOBODYS_HASH: Final = hashlib.sha256(secrets.token_bytes(32)).hexdigest()


def new_client_id() -> str:
    """Return a new id: public, unique, without a character that HTTP Basic, a URL or Django's admin would encode."""
    return f"ktc-{secrets.token_hex(10)}"


def new_secret() -> str:
    """Return a new secret of 32 random bytes, URL-safe."""
    return SECRET_PREFIX + secrets.token_urlsafe(32)


def is_client_id(text: str) -> bool:
    """Whether any client can have this id. PostgreSQL could not even be asked about one with a NUL byte."""
    return _CLIENT_ID.fullmatch(text) is not None


def secret_hash(secret: str) -> str:
    """Return what is stored of a secret: SHA-256, in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def matches(secret: str, stored: str | None) -> bool:
    """Compare a secret with what is stored, in the same time whatever is stored.

    Args:
        secret: as presented.
        stored: the hash; None where there is no such client: then the answer is no, and takes as long.
    """
    equal = secrets.compare_digest(secret_hash(secret[:MAX_SECRET_LENGTH]), stored or _NOBODYS_HASH)
    return equal and stored is not None and len(secret) <= MAX_SECRET_LENGTH

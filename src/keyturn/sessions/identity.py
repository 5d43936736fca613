"""Ids of sessions: UUIDv7 for our own, a digest for those adopted from stock simplejwt."""

import hashlib
import os
import time
from uuid import UUID

__all__ = ["adopted_session_id", "new_session_id"]


def new_session_id() -> UUID:
    """Return a new UUIDv7 (RFC 9562 section 5.7): milliseconds of time, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def adopted_session_id(jti: str) -> UUID:
    """Return the session id of a stock refresh token: the same one whoever computes it, for as long as it is shown.

    Args:
        jti: the token's ``jti``.

    Returns:
        A UUIDv8 (RFC 9562 section 5.8) made of the SHA-256 of the ``jti``.
    """
    digest = int.from_bytes(hashlib.sha256(b"keyturn adopted " + jti.encode("utf-8", "surrogatepass")).digest()[:16])
    digest = digest & ~(0xF << 76) | 0x8 << 76
    digest = digest & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=digest)

"""Keys for one purpose each, derived from the master secret (RFC 5869)."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = ["derive_key"]


def derive_key(secret: str | bytes, *, purpose: str, length: int = 32) -> bytes:
    """Derive the key for one purpose from a secret.

    Args:
        secret: the master secret; text is taken as UTF-8.
        purpose: HKDF's ``info``: two purposes never share a key.
        length: bytes of key wanted.

    Returns:
        ``length`` bytes, always the same for the same secret and purpose.
    """
    material = secret.encode("utf-8", "surrogatepass") if isinstance(secret, str) else bytes(secret)
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose.encode()).derive(material)

"""A key's thumbprint (RFC 7638) in the two spellings it has: base64url in tokens, hex in a session's row."""

import base64

__all__ = ["from_hex", "to_hex"]


def to_hex(thumbprint: str) -> str:
    """The 64 hex digits of a SHA-256 thumbprint.

    Args:
        thumbprint: as :func:`keyturn.jose.thumbprint` gives it, and as ``cnf.jkt`` has it (RFC 9449 section 6.1).

    Raises:
        ValueError: it is no base64url of 32 bytes.
    """
    if len(thumbprint) != 43 or not thumbprint.isascii():
        raise ValueError("no thumbprint by SHA-256")
    return base64.urlsafe_b64decode(thumbprint + "=").hex()


def from_hex(digits: str) -> str:
    """The thumbprint in base64url, without padding.

    Raises:
        ValueError: these are no hex digits.
    """
    return base64.urlsafe_b64encode(bytes.fromhex(digits)).rstrip(b"=").decode()

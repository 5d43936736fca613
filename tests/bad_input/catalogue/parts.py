"""The parts of a token, taken out and put together again; no key is needed."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

__all__ = ["b64", "claims_of", "header_of", "spliced", "unsigned"]


def b64(data: bytes | str) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return urlsafe_b64encode(data.encode() if isinstance(data, str) else data).rstrip(b"=").decode()


def _part(token: str, number: int) -> Any:
    text = token.split(".")[number]
    return json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def header_of(token: str) -> dict[str, Any]:
    """The header of a token."""
    header: dict[str, Any] = _part(token, 0)
    return header


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a token, unverified."""
    claims: dict[str, Any] = _part(token, 1)
    return claims


def spliced(token: str, *, header: Any = None, claims: Any = None, signature: bytes | None = None) -> str:
    """The token with parts of it replaced and the others as they were."""
    parts = token.split(".")
    for number, replacement in enumerate((header, claims)):
        if replacement is not None:
            parts[number] = b64(replacement if isinstance(replacement, bytes) else json.dumps(replacement))
    if signature is not None:
        parts[2] = b64(signature)
    return ".".join(parts)


def unsigned(header: Any, claims: Any) -> str:
    """Header and payload with an empty signature."""
    return f"{b64(json.dumps(header))}.{b64(json.dumps(claims))}."

"""What a token says of itself, taken at its word: for decisions that nobody gains by lying about."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from keyturn.errors import RefusedError
from keyturn.tokens.claims import SESSION_ID, moment

__all__ = ["expiry_of", "session_named_by"]


def expiry_of(raw: str) -> datetime | None:
    """When a token of our own minting expires: ``exp`` (RFC 7519 section 4.1.4).

    Returns:
        The instant; None where a token of the project's own making has none, or is no JWT.
    """
    try:
        return moment(_payload(raw)["exp"])
    except (ValueError, LookupError, TypeError, RecursionError, RefusedError):
        return None


def session_named_by(raw: str) -> UUID | None:
    """The session that a token says it belongs to; None where it names none, or is no JWT."""
    try:
        return UUID(_payload(raw)[SESSION_ID])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _payload(raw: str) -> Mapping[str, Any]:
    body = raw.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    if not isinstance(claims, dict):
        raise TypeError("no object")
    return claims

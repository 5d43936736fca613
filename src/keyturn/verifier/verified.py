"""What a verifier says of a token that stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from keyturn.jose.dpop import bound_to

__all__ = ["VerifiedToken"]


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """An access token that was found good (RFC 9068 section 2.2).

    Args:
        claims: everything it says; not to be changed.
        subject: ``sub``, the user's id as text: what to keep beside a user's own things.
        session_id: ``sid``, the login it belongs to.
        token_id: ``jti``.
        expires_at: ``exp``, aware.
        issued_at: ``iat``, aware.
    """

    claims: Mapping[str, Any]
    subject: str
    session_id: UUID
    token_id: str
    expires_at: datetime
    issued_at: datetime

    @property
    def client_id(self) -> str | None:
        """``client_id``: the program that the user signed in with, where the token says."""
        found = self.claims.get("client_id")
        return found if isinstance(found, str) else None

    @property
    def bound_key(self) -> str | None:
        """``cnf.jkt``: the thumbprint of the key that whoever shows the token must hold (RFC 9449 section 6.1)."""
        return bound_to(self.claims)

    @property
    def authenticated_at(self) -> datetime | None:
        """``auth_time``: when the user last proved who they are, where the token says."""
        found = self.claims.get("auth_time")
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            return None
        try:
            return datetime.fromtimestamp(found, tz=UTC)
        except (OverflowError, ValueError, OSError):
            return None

    @property
    def methods(self) -> tuple[str, ...]:
        """``amr``: how, in the words of RFC 8176, such as ``pwd`` and ``otp``; empty where the token does not say."""
        found = self.claims.get("amr")
        return tuple(word for word in found if isinstance(word, str)) if isinstance(found, list) else ()

    @property
    def acr(self) -> str | None:
        """``acr``: ``2fa`` where the user has shown two factors, ``1fa`` for one; None where the token does not say."""
        found = self.claims.get("acr")
        return found if isinstance(found, str) else None

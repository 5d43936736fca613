"""What a service may be allowed to do (RFC 6749 section 3.3)."""

from enum import StrEnum
from typing import Final

__all__ = ["SCOPES", "Scope"]


class Scope(StrEnum):
    """One permission. The words are stored and shown; they never change meaning."""

    INTROSPECT = "introspect"
    REVOKE = "revoke"
    REVOCATIONS = "revocations"
    METRICS = "metrics"


SCOPES: Final = tuple(scope.value for scope in Scope)
"""All the words there are, in the order in which they are listed."""

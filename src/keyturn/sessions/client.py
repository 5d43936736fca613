"""Who presents a token: what the transport saw of the client, and what the session is bound to."""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

__all__ = ["Binding", "BindingKind", "Client", "same_agent"]

_VERSIONS: Final = re.compile(r"[\d.,_]+")
_USER_AGENT_LENGTH: Final = 300


class BindingKind(StrEnum):
    """What a session can be bound to."""

    COOKIE = "cookie"
    DPOP = "dpop"


@dataclass(frozen=True, slots=True)
class Binding:
    """Something only the rightful client can show: a device cookie, or the thumbprint of a DPoP key (RFC 9449).

    Args:
        kind: which of them.
        hash: hex SHA-256 of the cookie's value, or of the key's thumbprint. Never the thing itself.
    """

    kind: BindingKind
    hash: str = field(repr=False)

    @classmethod
    def to(cls, kind: BindingKind, secret: str) -> "Binding":
        """Bind to a value by its SHA-256."""
        return cls(kind, hashlib.sha256(secret.encode()).hexdigest())

    def matches(self, *, kind: str, hash: str) -> bool:  # noqa: A002 - the column's name
        """Whether a session row carries this very binding."""
        return self.kind.value == kind and hmac.compare_digest(self.hash, hash)


@dataclass(frozen=True, slots=True)
class Client:
    """What is known of the caller. Text only; cleaned and cut so that any database takes it.

    Args:
        ip: the client's address, or None where unknown.
        user_agent: the ``User-Agent`` header as received.
        label: a name that the client gave itself.
    """

    ip: str | None = None
    user_agent: str = ""
    label: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "user_agent", _clean(self.user_agent)[:_USER_AGENT_LENGTH])
        object.__setattr__(self, "label", _clean(self.label)[:100])


def _clean(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text).encode("utf-8", "replace").decode()


def same_agent(one: str, other: str) -> bool:
    """Whether two user agents are the same but for version numbers: a browser that updated itself stays itself."""
    return one == other or _VERSIONS.sub("", one) == _VERSIONS.sub("", other)

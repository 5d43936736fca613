"""Who presents a token: what the transport saw of the client, and what it can show that nobody else can."""

import hashlib
import hmac
import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

__all__ = ["Binding", "BindingKind", "Client", "announced", "current_client", "same_agent"]

_VERSIONS: Final = re.compile(r"[\d.,_]+")
_USER_AGENT_LENGTH: Final = 300
_SHORTEST_KEY: Final = 20
_LONGEST_KEY: Final = 200
"""Characters of an ``Idempotency-Key``; a random UUID has 36."""


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
        bindings: what came with the request that only the rightful client can show, the strongest first and at most
            one of a kind. A new session is bound to the first; a session that is bound wants its own among them, so
            that a client may gain a stronger one later.
        retry_key: a random text that a client sends with a refresh and with each retry of it, and with no other
            (the ``Idempotency-Key`` header), as :meth:`key_of` makes it; empty where none came.
    """

    ip: str | None = None
    user_agent: str = ""
    label: str = ""
    bindings: tuple[Binding, ...] = ()
    retry_key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "user_agent", _clean(self.user_agent)[:_USER_AGENT_LENGTH])
        object.__setattr__(self, "label", _clean(self.label)[:100])

    @staticmethod
    def key_of(text: str) -> str:
        """What a retry is recognised by: half a SHA-256. Too short a text could be guessed by a thief, and is none."""
        if not _SHORTEST_KEY <= len(text) <= _LONGEST_KEY:
            return ""
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    @property
    def worn_key(self) -> str:
        """What the row keeps of a key that came with a second refresh: no client's own."""
        return f"!{self.retry_key[1:]}" if self.retry_key else ""

    def retries(self, key: str) -> bool:
        """Whether this is the client whose refresh made the session's generation, asking for its reply again."""
        return bool(self.retry_key) and hmac.compare_digest(self.retry_key, key)

    def carries(self, *, kind: str, hash: str) -> bool:  # noqa: A002 - the column's name
        """Whether the binding of a session's row came with the request; an unbound session asks for none."""
        return not kind or any(binding.matches(kind=kind, hash=hash) for binding in self.bindings)

    def shown(self, kind: BindingKind) -> str:
        """The hash of the binding of one kind that came along, or an empty text."""
        return next((binding.hash for binding in self.bindings if binding.kind is kind), "")


class _Announced:
    """The caller of a request, looked at when somebody first asks, and once."""

    __slots__ = ("_client", "_look")

    def __init__(self, look: Callable[[], Client]) -> None:
        self._look = look
        self._client: Client | None = None

    def client(self) -> Client:
        """The caller; what looking raises is raised each time."""
        if self._client is None:
            self._client = self._look()
        return self._client


_current: ContextVar[_Announced | None] = ContextVar("keyturn_client", default=None)


def current_client() -> Client:
    """The caller of the request being answered; an unknown one, with nothing to show, outside of requests.

    Whatever looking at the request raises is raised here: a proof that came with it may be broken.
    """
    current = _current.get()
    return Client() if current is None else current.client()


class announced:  # noqa: N801 - stands in a with statement
    """Make the caller known to code that is handed no request, such as ``RefreshToken.for_user(user)``.

    Args:
        look: says who it is. It is called once, by the first who asks, or never: most requests open no session.
    """

    __slots__ = ("_look", "_token")

    def __init__(self, look: Callable[[], Client]) -> None:
        self._look = look

    def __enter__(self) -> None:
        self._token = _current.set(_Announced(self._look))

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else " " for letter in text).encode("utf-8", "replace").decode()


def same_agent(one: str, other: str) -> bool:
    """Whether two user agents are the same but for version numbers: a browser that updated itself stays itself."""
    return one == other or _VERSIONS.sub("", one) == _VERSIONS.sub("", other)

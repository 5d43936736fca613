"""Tokens whose signature was found good: an access token is shown again and again, and a signature does not change."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from keyturn.jose.keys import Key, KeySet

__all__ = ["CheckedToken", "CheckedTokens", "RecentlyUsed", "digest"]

_T = TypeVar("_T")


class RecentlyUsed(Generic[_T]):
    """Remembers what was used of late, by name. Needs no lock.

    Args:
        size: how many at most. When half of it is full, what was not used since the last time that happened goes.
    """

    def __init__(self, size: int = 8_192) -> None:
        self._half = max(size // 2, 1)
        self._young: dict[bytes, _T] = {}
        self._old: dict[bytes, _T] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, name: bytes) -> _T | None:
        """Return what has that name, and count it as used."""
        found = self._young.get(name)
        if found is None:
            found = self._old.get(name)
            if found is not None:
                self.put(name, found)
        return found

    def put(self, name: bytes, value: _T) -> None:
        """Remember it."""
        if len(self._young) >= self._half:
            self._young, self._old = {}, self._young
        self._young[name] = value


@dataclass(frozen=True, slots=True)
class CheckedToken:
    """What a good signature covers.

    Args:
        header: as signed.
        payload: the bytes as signed, JSON.
        key: under which the signature is good.
    """

    header: Mapping[str, Any]
    payload: bytes = field(repr=False)
    key: Key

    @property
    def kid(self) -> str | None:
        """The key the header names."""
        return self.header.get("kid")

    def is_by_one_of(self, keys: KeySet) -> bool:
        """Whether the very key it was checked with is still the one that would verify it."""
        kid = self.kid
        if kid is not None:
            current = keys.named.get(kid)
            return current is self.key or current == self.key
        return any(key is self.key or key == self.key for key in keys.unnamed)


class CheckedTokens:
    """Remembers tokens by their SHA-256, never the tokens themselves, and of late ones only.

    All that changes with time, its expiry above all, is for the caller to look at each time.

    Args:
        size: how many at most.
    """

    def __init__(self, size: int = 8_192) -> None:
        self._recent: RecentlyUsed[CheckedToken] = RecentlyUsed(size)

    def __len__(self) -> int:
        return len(self._recent)

    def recall(self, token: str, keys: KeySet) -> CheckedToken | None:
        """Return what is known of a token; None where it has to be checked, perhaps with another key."""
        found = self._recent.get(digest(token))
        return found if found is not None and found.is_by_one_of(keys) else None

    def remember(self, token: str, checked: CheckedToken) -> None:
        """Keep a token that was checked just now."""
        self._recent.put(digest(token), checked)


def digest(token: str | bytes) -> bytes:
    """The name that a token is remembered by: its SHA-256, which gives away nothing of it."""
    return hashlib.sha256(token.encode("utf-8", "replace") if isinstance(token, str) else token).digest()

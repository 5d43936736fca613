"""Tokens whose signature was verified already: the same one comes again with the user's next request."""

import threading
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from keyturn.jose import Key
from keyturn.verifier.verified import VerifiedToken

__all__ = ["Checked", "Memo"]

_AT_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Checked:
    """A token, and the key that verified it."""

    token: VerifiedToken
    key: Key


class Memo:
    """A bounded number of verified tokens, by their SHA-256. Whether one still stands, is asked every time anew."""

    def __init__(self) -> None:
        self._held: dict[bytes, Checked] = {}
        self._lock = threading.Lock()

    def get(self, raw: str) -> Checked | None:
        """What was found of this very token before."""
        return self._held.get(sha256(raw.encode()).digest())

    def put(self, raw: str, checked: Checked) -> None:
        """Keep it, and let go of the oldest where there are too many."""
        with self._lock:
            self._held[sha256(raw.encode()).digest()] = checked
            while len(self._held) > _AT_MOST:
                del self._held[next(iter(self._held))]

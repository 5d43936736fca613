"""Nonces for DPoP proofs (RFC 9449 section 8) that nobody stores: a moment, and a MAC over it.

Whoever shows one that is good has heard it from us a short while ago: their proof is fresh whatever their clock says.
"""

import base64
import hmac
import struct
from dataclasses import dataclass, field
from enum import Enum, auto
from hashlib import sha256
from typing import Final

__all__ = ["NonceState", "Nonces"]

_FORM: Final = struct.Struct(">Q")
_MAC: Final = 16
"""Bytes: nobody guesses 128 bits within a nonce's life."""
_LENGTH: Final = (_FORM.size + _MAC) * 4 // 3
"""Characters in base64url, without any padding."""
_AHEAD: Final = 60
"""Seconds by which the clock of another of our nodes may be ahead."""


class NonceState(Enum):
    """What a nonce is worth."""

    GOOD = auto()
    STALE = auto()
    """It was ours, too long ago."""
    FOREIGN = auto()
    """We never gave it."""


@dataclass(frozen=True, slots=True)
class Nonces:
    """Gives nonces and recognises them.

    Args:
        keys: the first makes new ones; all are recognised. At least 16 bytes each.
        lifetime: seconds for which one is good.
    """

    keys: tuple[bytes, ...] = field(repr=False)
    lifetime: int = 300

    def fresh(self, *, now: float) -> str:
        """A nonce of this moment: the characters of RFC 9449 section 8.1, the same within one second.

        Args:
            now: seconds since the epoch.
        """
        moment = _FORM.pack(max(int(now), 0))
        return base64.urlsafe_b64encode(moment + _mac(self.keys[0], moment)).decode()

    def judge(self, nonce: str, *, now: float) -> NonceState:
        """Say what a nonce is worth.

        Args:
            nonce: as it stands in the proof.
            now: seconds since the epoch.
        """
        if len(nonce) != _LENGTH or not nonce.isascii():
            return NonceState.FOREIGN
        try:
            decoded = base64.b64decode(nonce, altchars=b"-_", validate=True)
        except ValueError:
            return NonceState.FOREIGN
        moment, mac = decoded[: _FORM.size], decoded[_FORM.size :]
        # Every key is tried, so that the time taken does not tell which one it was.
        if not sum(hmac.compare_digest(_mac(key, moment), mac) for key in self.keys):
            return NonceState.FOREIGN
        age = now - _FORM.unpack(moment)[0]
        return NonceState.GOOD if -_AHEAD <= age <= self.lifetime else NonceState.STALE


def _mac(key: bytes, moment: bytes) -> bytes:
    return hmac.digest(key, moment, sha256)[:_MAC]

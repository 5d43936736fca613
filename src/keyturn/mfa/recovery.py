"""Recovery codes: ten that are shown once, kept by their hash, each good for one use (ADR 0049)."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from keyturn.clock import stored
from keyturn.mfa.models import RecoveryCode
from keyturn.signin.users import user_database

__all__ = ["HOW_MANY", "LENGTH", "Left", "forget", "left", "make", "use"]

HOW_MANY: Final = 10
LENGTH: Final = 16
"""Characters of five bits each: 80 bits, so that a plain hash of them tells nobody anything."""

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter in it looks like another character of it."""
_MISREAD: Final = str.maketrans("ILO", "110")
_GROUP: Final = 4


@dataclass(frozen=True, slots=True)
class Left:
    """How many recovery codes a user has.

    Args:
        total: as many as were made.
        unused: as many as are left of them.
    """

    total: int
    unused: int


def make(user_pk: Any, *, now: datetime) -> tuple[str, ...]:
    """Make new codes in the place of those there were.

    Args:
        user_pk: of the user's row, which the caller holds (:func:`keyturn.signin.users.locked_user`).
        now: aware.

    Returns:
        The codes as they are shown, ``XXXX-XXXX-XXXX-XXXX``. Nobody can read them again.
    """
    forget(user_pk)
    codes = tuple("".join(secrets.choice(_ALPHABET) for _ in range(LENGTH)) for _ in range(HOW_MANY))
    _rows().bulk_create(RecoveryCode(user_id=user_pk, hash=_hash(code), created_at=stored(now)) for code in codes)
    return tuple(_shown(code) for code in codes)


def use(user_pk: Any, code: str, *, now: datetime) -> bool:
    """Use a code up: of many calls at once, on whichever worker, one is told that it was right.

    Args:
        user_pk: whose.
        code: as typed, but without spaces and hyphens.
        now: aware.
    """
    normal = code.upper().translate(_MISREAD)
    if len(normal) != LENGTH or not set(normal) <= set(_ALPHABET):
        return False
    unused = _rows().filter(user_id=user_pk, hash=_hash(normal), used_at__isnull=True)
    return bool(unused.update(used_at=stored(now)))


def left(user_pk: Any) -> Left:
    """Count them."""
    used = list(_rows().filter(user_id=user_pk).values_list("used_at", flat=True))
    return Left(total=len(used), unused=used.count(None))


def forget(user_pk: Any) -> None:
    """Remove all codes of a user."""
    _rows().filter(user_id=user_pk).delete()


def _rows() -> Any:
    return RecoveryCode._base_manager.using(user_database())


def _shown(code: str) -> str:
    return "-".join(code[start : start + _GROUP] for start in range(0, LENGTH, _GROUP))


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()

"""Recovery codes that django-allauth made: they follow from a seed, and serve until Keyturn has made new ones.

Which of them were used is in the same row, so that using one is done under the lock of the user's row.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.conf import settings

from keyturn.clock import stored
from keyturn.mfa.recovery import Left
from keyturn.mfa.sealing import open_secret, seal_secret

__all__ = ["NO_SEED", "left_of", "use"]

NO_SEED: Final[Mapping[str, Any]] = {"migrated_codes": []}
"""In the row of a user whose codes are Keyturn's: django-allauth finds no codes there, and nothing amiss."""
_KIND: Final = "recovery_codes"


def left_of(data: Any) -> Left:
    """How many codes follow from what is kept in the row, without opening it.

    Args:
        data: of the row.
    """
    if not isinstance(data, Mapping):
        return Left(0, 0)
    kept = data.get("migrated_codes")
    if isinstance(kept, list):
        codes = [one for one in kept if isinstance(one, str)]
        return Left(len(codes), len(codes))
    if not isinstance(data.get("seed"), str):
        return Left(0, 0)
    used = _used_mask(data)
    total = _how_many()
    return Left(total, sum(not used >> number & 1 for number in range(total)))


def use(rows: Any, user_pk: Any, code: str, *, now: datetime) -> bool:
    """Use a code up, and seal what is left of them for its row.

    Args:
        rows: the user's row of such codes, as a query.
        user_pk: whose; the caller holds the user's row (:func:`keyturn.signin.users.locked_user`).
        code: as typed, but without spaces and hyphens.
        now: aware.

    Raises:
        FactorSecretError: it cannot be opened.
    """
    row = rows.first()
    data = None if row is None or not left_of(row.data).unused else _used_by(row.data, code, user_pk)
    if data is None:
        return False
    rows.filter(pk=row.pk).update(data=data, last_used_at=stored(now))
    return True


def _used_by(data: Mapping[str, Any], code: str, user_pk: Any) -> dict[str, Any] | None:
    """What the row holds once a code was used; None where it is none of the codes that are left."""
    kept = data.get("migrated_codes")
    if isinstance(kept, list):
        codes = [open_secret(one, user_pk=user_pk, kind=_KIND).plain for one in kept if isinstance(one, str)]
        found = _place_of(code, codes)
        if found is None:
            return None
        rest = [*codes[:found], *codes[found + 1 :]]
        return {**data, "migrated_codes": [seal_secret(one, user_pk=user_pk, kind=_KIND) for one in rest]}
    if len(code) != _digits() or not code.isdigit():
        return None
    used = _used_mask(data)
    seed = open_secret(data["seed"], user_pk=user_pk, kind=_KIND).plain
    found = _place_of(code, _codes_of(seed))
    if found is None or used >> found & 1:
        return None
    return {**data, "seed": seal_secret(seed, user_pk=user_pk, kind=_KIND), "used_mask": used | 1 << found}


def _place_of(code: str, codes: list[str]) -> int | None:
    """Where in the list it is; every one is looked at."""
    typed = code.encode()
    matches = [
        number
        for number, one in enumerate(codes)
        if hmac.compare_digest(one.replace("-", "").replace(" ", "").encode(), typed)
    ]
    return matches[0] if matches else None


def _codes_of(seed: str) -> list[str]:
    """django-allauth's rule: HMAC-SHA-1 of all numbers up to the code's own, the first bytes of it, in decimal."""
    digits = _digits()
    hasher = hmac.new(seed.encode(), digestmod="sha1")
    found = []
    for number in range(_how_many()):
        hasher.update(f"{number:3},".encode())
        value = int.from_bytes(hasher.digest()[: digits // 2])
        found.append(f"{value % 10**digits:0{digits}}")
    return found


def _used_mask(data: Mapping[str, Any]) -> int:
    """A bit for each code; of a row of another shape all of them."""
    found = data.get("used_mask", 0)
    return found if isinstance(found, int) and found >= 0 else -1


def _digits() -> int:
    return int(getattr(settings, "MFA_RECOVERY_CODE_DIGITS", 8))


def _how_many() -> int:
    return int(getattr(settings, "MFA_RECOVERY_CODE_COUNT", 10))

"""What a passkey is asked to sign: a challenge that says itself when, for what and for whom it was made.

It carries a code of ours (HMAC-SHA-256 under the master secret), so nothing is stored when a page asks for one, which
a sign-in page does each time it is shown. It is stored once it has been answered, so that it is answered once.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, router, transaction

from keyturn.clock import stored
from keyturn.errors import Reason, RefusedError
from keyturn.jose.derivation import derive_key
from keyturn.mfa.models import UsedChallenge

__all__ = ["LIFETIME", "Purpose", "check_challenge", "make_challenge", "prune_challenges", "use_up"]

LIFETIME: Final = timedelta(minutes=5)
"""As long as the browser is told to wait for its user (WebAuthn Level 3 section 15.1 recommends 5 minutes)."""

_SKEW: Final = timedelta(seconds=30)
"""How far the clock of the machine that made it may be ahead of this one's."""
_NONCE_BYTES: Final = 16
_TIME_BYTES: Final = 8
_CODE_BYTES: Final = 32
_LENGTH: Final = _NONCE_BYTES + _TIME_BYTES + _CODE_BYTES


class Purpose(StrEnum):
    """What an answer is good for; and for nothing else."""

    SIGN_IN = "sign_in"
    SECOND_FACTOR = "second_factor"
    REAUTHENTICATE = "reauthenticate"
    REGISTER = "register"
    REGISTER_TO_SIGN_IN = "register_to_sign_in"


def make_challenge(purpose: Purpose, *, user: Any | None, now: datetime) -> bytes:
    """Make one.

    Args:
        purpose: what its answer is good for.
        user: who is asked; None: whoever answers.
        now: aware; it is good for :data:`LIFETIME`.
    """
    said = secrets.token_bytes(_NONCE_BYTES) + _milliseconds(now).to_bytes(_TIME_BYTES, "big")
    return said + _code(settings.SECRET_KEY, purpose, user, said)


def check_challenge(challenge: bytes, purpose: Purpose, *, user: Any | None, now: datetime) -> None:
    """Look whether a challenge that comes back was made here, for this, and lately.

    Raises:
        RefusedError: ``passkey_invalid``.
    """
    said, code = challenge[:-_CODE_BYTES], challenge[-_CODE_BYTES:]
    known = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if len(challenge) != _LENGTH or not any(
        hmac.compare_digest(code, _code(secret, purpose, user, said)) for secret in known
    ):
        raise RefusedError(Reason.PASSKEY_INVALID, "the challenge is none of ours, or was for something else")
    made, at = int.from_bytes(said[_NONCE_BYTES:], "big"), _milliseconds(now)
    if not made - _SKEW // timedelta(milliseconds=1) <= at < made + LIFETIME // timedelta(milliseconds=1):
        raise RefusedError(Reason.PASSKEY_INVALID, "the challenge is too old")


def use_up(challenge: bytes, *, now: datetime) -> None:
    """Note that a challenge has been answered, in the caller's transaction: of any number at once, one succeeds.

    Raises:
        RefusedError: ``passkey_invalid``: it has been answered before.
    """
    rows = UsedChallenge._base_manager.using(_database())
    try:
        with transaction.atomic(using=_database()):
            rows.create(
                hash=hashlib.sha256(b"keyturn challenge " + challenge).hexdigest(),
                expires_at=stored(now + LIFETIME + _SKEW),
            )
    except IntegrityError:
        raise RefusedError(Reason.PASSKEY_INVALID, "the challenge has been answered") from None


def prune_challenges(*, now: datetime, batch_size: int = 1_000) -> int:
    """Forget the answered challenges that are too old to be answered again.

    Args:
        now: aware.
        batch_size: rows a statement.

    Returns:
        How many there were.
    """
    rows, total = UsedChallenge._base_manager.using(_database()), 0
    while old := list(rows.filter(expires_at__lte=stored(now)).values_list("pk", flat=True)[:batch_size]):
        total += int(rows.filter(pk__in=old).delete()[0])
    return total


def _database() -> str:
    return router.db_for_write(UsedChallenge)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000)


def _code(secret: str | bytes, purpose: Purpose, user: Any | None, said: bytes) -> bytes:
    whose = b"" if user is None else b"user " + str(user.pk).encode()
    told = b"\n".join((purpose.value.encode(), whose, said))
    return hmac.digest(_key(secret), told, "sha256")


@lru_cache(maxsize=16)
def _key(secret: str | bytes) -> bytes:
    return derive_key(secret, purpose="keyturn passkey challenge v1")

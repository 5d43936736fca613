"""The statements of the key ring. Each is safe to run by many nodes at once: one wins, the others change nothing."""

import json
import math
from datetime import datetime, timedelta

from django.db import router

from keyturn.clock import aware, stored
from keyturn.jose import public_half, public_jwk
from keyturn.jose.private import PrivateKey, generate, to_der
from keyturn.keys.models import SigningKey
from keyturn.keys.sealing import seal
from keyturn.keys.states import RingKey

__all__ = ["activate", "add", "database", "erase", "lengthen", "new_key", "read", "remove", "reseal", "revoke"]


def database() -> str:
    """The alias that the ring lives in: always the primary, never a replica."""
    return router.db_for_write(SigningKey)


def read(alias: str) -> tuple[RingKey, ...]:
    """Every key. One statement."""
    return tuple(
        RingKey(
            kid=row.kid,
            sequence=row.sequence,
            algorithm=row.algorithm,
            public_jwk=row.public_jwk,
            sealed=row.sealed,
            created_at=aware(row.created_at),
            activates_at=aware(row.activates_at),
            longest_lifetime=timedelta(seconds=row.longest_lifetime),
            revoked_at=None if row.revoked_at is None else aware(row.revoked_at),
            revoked_reason=row.revoked_reason,
        )
        for row in SigningKey.objects.using(alias).order_by("sequence")
    )


def new_key(algorithm: str) -> PrivateKey:
    """Make a private key whose id can be written on a command line: one in 64 ids would begin like an option."""
    while True:
        key = generate(algorithm)
        if not public_jwk(public_half(key), algorithm=algorithm)["kid"].startswith("-"):
            return key


def add(
    key: PrivateKey,
    *,
    algorithm: str,
    sequence: int,
    now: datetime,
    activates_at: datetime,
    lifetime: timedelta,
    secret: str | bytes,
    alias: str,
) -> str:
    """Add a key at a place of the ring, unless that place is taken already. One statement.

    Args:
        key: private.
        algorithm: the one JWS ``alg`` it will be used with.
        sequence: the place.
        now: published since.
        activates_at: signs from.
        lifetime: the longest that its tokens are known to live.
        secret: seals it.
        alias: of the database.

    Returns:
        Its key id, whether it was added or not.
    """
    jwk = public_jwk(public_half(key), algorithm=algorithm)
    row = SigningKey(
        kid=jwk["kid"],
        sequence=sequence,
        algorithm=algorithm,
        public_jwk=json.dumps(jwk, sort_keys=True),
        sealed=seal(to_der(key), secret=secret, kid=jwk["kid"], algorithm=algorithm),
        created_at=stored(now),
        activates_at=stored(activates_at),
        longest_lifetime=_seconds(lifetime),
    )
    SigningKey.objects.using(alias).bulk_create([row], ignore_conflicts=True)
    return jwk["kid"]


def lengthen(kid: str, lifetime: timedelta, *, alias: str) -> None:
    """Note that tokens of this key live as long as that. One statement."""
    seconds = _seconds(lifetime)
    SigningKey.objects.using(alias).filter(kid=kid, longest_lifetime__lt=seconds).update(longest_lifetime=seconds)


def activate(kid: str, *, at: datetime, alias: str) -> bool:
    """Let a key that waits sign from now on. One statement."""
    waiting = SigningKey.objects.using(alias).filter(kid=kid, revoked_at=None, activates_at__gt=stored(at))
    return waiting.update(activates_at=stored(at)) == 1


def revoke(kid: str, *, at: datetime, reason: str, alias: str) -> bool:
    """End a key and forget its private half. One statement."""
    standing = SigningKey.objects.using(alias).filter(kid=kid, revoked_at=None)
    return standing.update(revoked_at=stored(at), revoked_reason=reason, sealed="") == 1


def reseal(key: RingKey, sealed: str, *, alias: str) -> bool:
    """Replace the sealed private half of a key, unless somebody has before. One statement."""
    return SigningKey.objects.using(alias).filter(kid=key.kid, sealed=key.sealed).update(sealed=sealed) == 1


def erase(kid: str, *, alias: str) -> None:
    """Forget the private half of a key that signs no more. One statement."""
    SigningKey.objects.using(alias).filter(kid=kid).update(sealed="")


def remove(kid: str, *, alias: str) -> None:
    """Remove a key that nobody has had a use for in a long time. One statement."""
    SigningKey.objects.using(alias).filter(kid=kid, sealed="").delete()


def _seconds(lifetime: timedelta) -> int:
    # What a PositiveIntegerField holds on every database.
    return min(max(math.ceil(lifetime.total_seconds()), 0), 2_147_483_647)

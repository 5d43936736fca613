"""Short sentences about a ring: its time, its tokens, its rows."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from keyturn import keys
from keyturn.jose import Expectation, sign, verify
from keyturn.keys import ring
from keyturn.keys.models import SigningKey

__all__ = ["FIVE_MINUTES", "LEAD", "NOW", "after", "is_accepted", "kids", "retires", "states", "token"]

NOW: Final = datetime(2031, 5, 17, 12, 0, 0, tzinfo=UTC)
FIVE_MINUTES: Final = timedelta(minutes=5)
LEAD: Final = timedelta(minutes=6)
"""From publication to the first signature: five minutes in caches, and one for clocks."""


def after(**span: float) -> datetime:
    return NOW + timedelta(**span)


def token(now: datetime, *, lifetime: timedelta = FIVE_MINUTES, **claims: Any) -> str:
    """An access token's signature over as little as it takes."""
    key = keys.access_signing_key(now=now, lifetime=lifetime)
    return sign({"exp": (now + lifetime).timestamp(), **claims}, key)


def is_accepted(raw: str, now: datetime) -> bool:
    from keyturn.errors import RefusedError

    try:
        verify(raw, keys.access_keys(now=now), now=now.timestamp(), expect=Expectation())
    except RefusedError:
        return False
    return True


def kids() -> list[str]:
    return list(SigningKey.objects.order_by("sequence").values_list("kid", flat=True))


def states(now: datetime) -> list[str]:
    """Of every key, in the order in which they were made."""
    known = ring.load().ring
    return [known.state(key, now).value for key in known.rows]


def retires(kid: str) -> datetime:
    """When a key is no longer accepted."""
    known = ring.load().ring
    end = known.ends_at(next(key for key in known.rows if key.kid == kid))
    assert end is not None
    return end

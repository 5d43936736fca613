"""What an operator does to the ring by hand: rotate, revoke, import. Each refuses what would break tokens."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from keyturn import conf
from keyturn.errors import KeyturnError
from keyturn.feed.publishing import publish
from keyturn.jose import public_half, public_jwk
from keyturn.jose.private import algorithm_of, load_pem
from keyturn.keys import ring, rows
from keyturn.keys.derived import configured, secrets
from keyturn.keys.ring import Opened
from keyturn.keys.states import SLACK, RingKey, State
from keyturn.keys.tending import lead_time, publish_next
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["NotNowError", "Published", "import_key", "revoke", "rotate"]

_SHORTEST_PREFIX: Final = 6
_ATTEMPTS: Final = 10


class NotNowError(KeyturnError):
    """It would break tokens that are alive, or there is nothing to do it to. The text says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Published:
    """A key that will sign, or does from now on.

    Args:
        kid: its name.
        activates_at: signs from, aware.
        is_new: whether it was made just now.
    """

    kid: str
    activates_at: datetime
    is_new: bool


def rotate(*, now: datetime, at_once: bool = False, emergency: bool = False) -> Published:
    """Publish the next key, or let it sign.

    Args:
        now: aware.
        at_once: let the next key sign now, and not only once every cache of the JWK Set knows it.
        emergency: do so even where some verifier cannot know it yet.

    Raises:
        NotNowError: there is no ring, or the next key has not been published for long enough.
        SealedUnderAnotherSecretError: the ring does not open.
    """
    known = _opened()
    waiting = known.ring.upcoming(now)
    if not at_once:
        published = _published_next(known, waiting, now)
        if published.is_new:
            _record(Event.SIGNING_KEY_ROTATED, published.kid, reason="published", now=now)
        return published
    if waiting is not None and now >= waiting.created_at + lead_time():
        emergency = True
    if not emergency:
        since = now if waiting is None else waiting.created_at
        raise NotNowError(
            f"No key has been published for long enough: verifiers that cache the keys for {_cached()} would refuse its"
            f" tokens. {'Publish one with: keys rotate' if waiting is None else f'Key {waiting.kid} can sign'}"
            f"{'' if waiting is None else f' from {(since + lead_time()):%Y-%m-%d %H:%M:%S} UTC, and will by itself'}."
            " For a leak: keys rotate --now --emergency."
        )
    if waiting is not None and rows.activate(waiting.kid, at=now, alias=rows.database()):
        ring.refresh()
        _record(Event.SIGNING_KEY_ROTATED, waiting.kid, reason="signs_at_once", now=now)
        return Published(waiting.kid, now, is_new=False)
    made = _signing_at_once(known, now)
    _record(Event.SIGNING_KEY_ROTATED, made.kid, reason="emergency", now=now)
    return made


def revoke(kid: str, *, now: datetime, emergency: bool = False) -> tuple[RingKey, Published | None]:
    """End a key: its tokens are refused within a second, everywhere that follows the feed.

    Args:
        kid: of the key, or how it begins, as long as no other begins so.
        now: aware.
        emergency: although tokens of it are alive.

    Returns:
        The key, and the one that signs in its stead where it was the one that signs.

    Raises:
        NotNowError: there is no such key, it has ended already, or tokens of it are alive.
    """
    known = _opened(for_revoking=True)
    key = _found(known, kid)
    state = known.ring.state(key, now)
    if state in {State.REVOKED, State.RETIRED}:
        raise NotNowError(f"Key {key.kid} is {state} already: nothing accepts its tokens.")
    signs = state is State.ACTIVE
    is_alive = signs or state is State.RETIRING or key.activates_at <= now + SLACK
    if is_alive and not emergency:
        end = known.ring.ends_at(key)
        ends = f" until {end:%Y-%m-%d %H:%M:%S} UTC, and it retires by itself then" if end else ""
        raise NotNowError(
            f"Key {key.kid} is {state}: tokens that it signed live{ends}."
            f"{' Replace it with: keys rotate.' if signs else ''} For a leak: keys revoke {key.kid} --emergency."
        )
    alias = rows.database()
    reason = "emergency" if emergency else "revoked"
    with transaction.atomic(using=alias):
        rows.revoke(key.kid, at=now, reason=reason, alias=alias)
        publish(alias=alias, at=now, kids=(key.kid,), reason=reason)
        _record(Event.SIGNING_KEY_REVOKED, key.kid, reason=reason, now=now)
        successor = _signing_at_once(ring.load(), now) if signs else None
        if successor is not None:
            _record(Event.SIGNING_KEY_ROTATED, successor.kid, reason=reason, now=now)
    ring.forget()
    return key, successor


def import_key(pem: bytes, *, now: datetime) -> Published:
    """Bring a private key along: it is published now and signs once every verifier can know it.

    Args:
        pem: RFC 7468.
        now: aware.

    Raises:
        ValueError: it is no private key that can be used; the words say why, and never repeat it.
        NotNowError: there is no ring, the settings ask for another algorithm, or the ring has the key.
        SealedUnderAnotherSecretError: the ring does not open.
    """
    private = load_pem(pem)
    algorithm = algorithm_of(private)
    known = _opened()
    wanted = conf.get().signing_algorithm
    if algorithm != wanted:
        raise NotNowError(
            f"This key is for {algorithm}, but the ring signs with {wanted}: set KEYTURN['SIGNING_ALGORITHM']"
            f" (KEYTURN_SIGNING_ALGORITHM) to {algorithm!r} first, or the next rotation would undo the import."
        )
    kid = public_jwk(public_half(private), algorithm=algorithm)["kid"]
    activates_at = now if known.ring.active(now) is None else now + lead_time()
    for _ in range(_ATTEMPTS):
        if any(key.kid == kid for key in known.ring.rows):
            raise NotNowError(f"Key {kid} is in the ring already.")
        rows.add(
            private,
            algorithm=algorithm,
            sequence=max((key.sequence for key in known.ring.rows), default=0) + 1,
            now=now,
            activates_at=activates_at,
            lifetime=ring.default_lifetime(),
            secret=secrets()[0],
            alias=rows.database(),
        )
        known = ring.load()
        if any(key.kid == kid for key in known.ring.rows):
            _record(Event.SIGNING_KEY_ROTATED, kid, reason="imported", now=now)
            return Published(kid, activates_at, is_new=True)
    raise NotNowError("Other nodes changed the ring again and again; try once more.")


def _record(event: Event, kid: str, *, reason: str, now: datetime) -> None:
    record(event, reason=reason, details={"kid": kid}, at=now)


def _opened(*, for_revoking: bool = False) -> Opened:
    if configured().access_signing is not None:
        raise NotNowError("SIMPLE_JWT names the key that signs: there is no key ring to change.")
    known = ring.load()
    if known.locked and not for_revoking:
        raise next(iter(known.locked.values()))
    return known


def _cached() -> str:
    return f"{conf.get().jwks_max_age.total_seconds():g} s"


def _published_next(known: Opened, waiting: RingKey | None, now: datetime) -> Published:
    activates_at = now if known.ring.active(now) is None else now + lead_time()
    if waiting is not None:
        return Published(waiting.kid, waiting.activates_at, is_new=False)
    kid = publish_next(known, now=now, activates_at=activates_at)
    after = ring.load()
    if any(key.kid == kid for key in after.ring.rows):
        return Published(kid, activates_at, is_new=True)
    other = after.ring.upcoming(now) or after.ring.active(now)
    assert other is not None
    return Published(other.kid, other.activates_at, is_new=False)


def _signing_at_once(known: Opened, now: datetime) -> Published:
    """Make a key that signs from now on, whatever other nodes add meanwhile."""
    for _ in range(_ATTEMPTS):
        kid = publish_next(known, now=now, activates_at=now)
        known = ring.load()
        if any(key.kid == kid for key in known.ring.rows):
            return Published(kid, now, is_new=True)
    raise NotNowError("Other nodes changed the ring again and again; try once more.")


def _found(known: Opened, kid: str) -> RingKey:
    matching = [key for key in known.ring.rows if key.kid == kid]
    if not matching and len(kid) >= _SHORTEST_PREFIX:
        matching = [key for key in known.ring.rows if key.kid.startswith(kid)]
    if len(matching) > 1:
        raise NotNowError("Several keys begin so: " + ", ".join(key.kid for key in matching) + ".")
    if not matching:
        raise NotNowError("There is no such key in the ring; see: keys list.")
    return matching[0]

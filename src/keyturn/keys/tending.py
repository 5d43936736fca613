"""What keeps the ring in order without anybody's doing: each node tends it every few seconds, and any one suffices."""

import logging
import time
from datetime import datetime, timedelta
from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper

from keyturn import conf
from keyturn.clock import utc_now
from keyturn.feed.watcher import watcher
from keyturn.jose.private import to_der
from keyturn.keys import ring, rows
from keyturn.keys.derived import configured, secrets
from keyturn.keys.ring import Opened
from keyturn.keys.sealing import SealedUnderAnotherSecretError, is_sealed_under, seal
from keyturn.keys.states import SLACK, State
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["follow", "lead_time", "publish_next", "tend"]

_log = logging.getLogger(__name__)

_EVERY: Final = 5.0
"""Seconds between two looks of one process."""
_REMEMBERED_FOR: Final = timedelta(days=90)
"""How long a key that signs and verifies no more stays in the list."""


def lead_time() -> timedelta:
    """How long a key is published before it signs: until every cache of the JWK Set has been renewed."""
    return conf.get().jwks_max_age + SLACK


def tend(*, now: datetime) -> None:
    """Publish the next key where it is due, re-seal what an earlier secret sealed, erase what signs no more.

    One statement where nothing is to be done. An empty ring gets its first key, so that it can be fetched before the
    first login. A project with a key of its own has no ring.

    Args:
        now: aware.
    """
    if configured().access_signing is not None:
        return
    known = ring.load()
    if any(isinstance(error, SealedUnderAnotherSecretError) for error in known.locked.values()):
        return  # the secret is wrong, or the ring is somebody else's: it is left as it is
    if known.ring.active(now) is None:
        ring.access_signing_key(now=now, lifetime=ring.default_lifetime())
        return
    changed = _publish_if_due(known, now)
    changed = _reseal(known) or changed
    changed = _clear(known, now) or changed
    if changed:
        ring.load()


def publish_next(known: Opened, *, now: datetime, activates_at: datetime) -> str:
    """Add a key of the algorithm that the settings ask for behind those of a ring as it was read.

    Returns:
        Its key id; it is in the ring unless another node added one meanwhile.
    """
    algorithm = conf.get().signing_algorithm
    return rows.add(
        rows.new_key(algorithm),
        algorithm=algorithm,
        sequence=max((key.sequence for key in known.ring.rows), default=0) + 1,
        now=now,
        activates_at=activates_at,
        lifetime=ring.default_lifetime(),
        secret=secrets()[0],
        alias=rows.database(),
    )


def _publish_if_due(known: Opened, now: datetime) -> bool:
    settings = conf.get()
    active = known.ring.active(now)
    if active is None or active.activates_at > now or known.ring.upcoming(now) is not None:
        return False
    age = now - active.activates_at
    is_due = settings.key_rotation is not None and age >= settings.key_rotation
    if not is_due and active.algorithm == settings.signing_algorithm:
        return False
    kid = publish_next(known, now=now, activates_at=now + lead_time())
    _log.info("signing key %s is published; it signs from %s", kid, now + lead_time())
    if any(key.kid == kid for key in ring.load().ring.rows):
        record(Event.SIGNING_KEY_ROTATED, reason="scheduled", details={"kid": kid}, at=now)
    return True


def _reseal(known: Opened) -> bool:
    newest = secrets()[0]
    changed = False
    for key in known.ring.rows:
        pair = known.pairs.get(key.kid)
        if pair is None or is_sealed_under(key.sealed, newest):
            continue
        sealed = seal(to_der(pair.signing), secret=newest, kid=key.kid, algorithm=key.algorithm)
        changed = rows.reseal(key, sealed, alias=rows.database()) or changed
    return changed


def _clear(known: Opened, now: datetime) -> bool:
    """Erase private halves of retired keys; remove keys retired or revoked long ago."""
    changed = False
    alias = rows.database()
    for key in known.ring.keys:
        if known.ring.state(key, now) not in {State.RETIRED, State.REVOKED}:
            continue
        end = known.ring.ends_at(key)
        if key.sealed:
            rows.erase(key.kid, alias=alias)
            changed = True
        elif end is not None and end + _REMEMBERED_FOR <= now:
            rows.remove(key.kid, alias=alias)
            changed = True
    return changed


class _Follower:
    """Called after each poll of the feed, in the thread that polls; models use that thread's connection there."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def __call__(self, connection: BaseDatabaseWrapper) -> None:
        if connection.alias != rows.database():
            return  # routed elsewhere: requests read the ring when its memory is too old
        if ring.is_told_of_a_revoked_key():
            ring.refresh()
        if time.monotonic() - self._last >= _EVERY:
            self._last = time.monotonic()
            tend(now=utc_now())


_follower: Final = _Follower()


def follow() -> None:
    """Tend the ring for as long as this process follows the feed. No I/O here."""
    watcher().each_poll(_follower)

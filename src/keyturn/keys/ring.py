"""The key ring, and each process's memory of it.

The memory is read without a lock and replaced whole. It holds what was committed and nothing else: what is read inside
of a transaction, which may be rolled back, is remembered for that transaction only. For signing it is at most 10 s
old, which :data:`keyturn.keys.states.SLACK` allows for. For verification it is, too, while this process follows the
feed of revocations, which tells it of revoked keys; and at most a second old while it does not.
"""

import logging
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from weakref import WeakKeyDictionary

import jwt
from django.core.signals import setting_changed
from django.db import connections
from django.db.models.signals import post_migrate

from keyturn import conf
from keyturn.errors import UnavailableError
from keyturn.feed.watcher import watcher
from keyturn.jose import Key, KeySet, public_half, public_jwk, thumbprint
from keyturn.jose.private import PrivateKey, load_der
from keyturn.keys import rows
from keyturn.keys.derived import Configured, configured, secrets
from keyturn.keys.sealing import DamagedKeyError, SealedUnderAnotherSecretError, unseal
from keyturn.keys.states import Ring, RingKey

__all__ = [
    "Opened",
    "access_keys",
    "access_signing_key",
    "default_lifetime",
    "forget",
    "is_told_of_a_revoked_key",
    "load",
    "published",
    "refresh",
    "remembered",
]

_log = logging.getLogger(__name__)

# Seconds.
_OLDEST_FOLLOWING: Final = 10.0
_OLDEST_ALONE: Final = 1.0
_A_LOOK: Final = 0.125
_LOOKS_AT_ONCE: Final = 50 * _A_LOOK
_KID_LENGTH: Final = 43
"""Of an RFC 7638 thumbprint with SHA-256. Whatever is longer or shorter never costs a statement."""

# CLOCK_BOOTTIME goes on while the machine sleeps. Not every system has it.
_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True)
class Opened:
    """The ring as it was at one time, with the private halves that this process can open.

    Args:
        ring: every key.
        pairs: those with a private half, by key id.
        publics: their public halves, by key id; the same objects for as long as this process goes on.
        locked: why a private half does not open, by key id.
        where: which database and secrets this is about.
        at: the clock when reading began, seconds.
    """

    ring: Ring
    pairs: Mapping[str, Key]
    publics: Mapping[str, Key]
    locked: Mapping[str, UnavailableError]
    where: tuple[Any, ...]
    at: float

    def check(self, key: RingKey) -> None:
        """Raise what keeps the private half of a key closed.

        Raises:
            SealedUnderAnotherSecretError, DamagedKeyError: that.
        """
        if key.kid in self.locked:
            raise self.locked[key.kid]


def _now() -> float:
    """Seconds that never jump."""
    return time.clock_gettime(_CLOCK)


_lock = threading.Lock()
_memory: Opened | None = None
_sets: tuple[Opened, datetime, datetime, Mapping[str, Key]] | None = None
_grouped: tuple[Configured, Mapping[str, Key], KeySet] | None = None
_forgotten = 0
_noticed: dict[str, float] = {}
# By the outermost atomic block of each.
_transactions: WeakKeyDictionary[Any, Opened] = WeakKeyDictionary()
# When looks for names that the ring does not have would be over, had each taken its time.
_looked_until = float("-inf")
_told_of: set[str] = set()


def access_keys(*, now: datetime) -> KeySet:
    """The keys that verify access and sliding tokens.

    Args:
        now: aware.

    Raises:
        UnavailableError: the keys live at a URL that does not answer.
        django.db.Error: the ring had to be read, and the database does not answer.
    """
    global _grouped  # noqa: PLW0603 - the memory of this module
    ours = configured()
    if ours.access_signing is not None:
        return ours.access
    known = _for_verification()
    named = _verifying(known, now)
    made = _grouped
    if made is not None and made[0] is ours and made[1] is named:
        return made[2]
    keys = replace(ours.access, named={**ours.access.named, **named}, remote=_Grown(now))
    _grouped = (ours, named, keys)
    return keys


def access_signing_key(*, now: datetime, lifetime: timedelta) -> Key:
    """The key that signs access and sliding tokens. An empty ring gets its first key here.

    Args:
        now: aware.
        lifetime: how long the token will live; the key stays published for as long after it signs no more.

    Raises:
        SealedUnderAnotherSecretError: the secret changed, and the old one is not among its fallbacks.
        DamagedKeyError: somebody changed the key's row by hand.
        django.db.Error: the ring had to be read, and the database does not answer.
    """
    ours = configured()
    if ours.access_signing is not None:
        return ours.access_signing
    known = _remembered(_OLDEST_FOLLOWING)
    active = known.ring.active(now)
    if active is not None and _is_suspect(active.kid):
        known = _rechecked(known, [active.kid])
        active = known.ring.active(now)
    if active is None:
        known = _with_a_key(now, lifetime)
        active = known.ring.active(now)
        assert active is not None
    known.check(active)
    if lifetime > active.longest_lifetime:
        rows.lengthen(active.kid, lifetime, alias=rows.database())
        refresh()
    return known.pairs[active.kid]


def published(*, now: datetime) -> tuple[Key, ...]:
    """The public keys that others need, the newest first; none where the project signs with a key of its own.

    Raises:
        django.db.Error: the ring had to be read, and the database does not answer.
    """
    if configured().access_signing is not None:
        return ()
    known = _for_verification()
    return tuple(_verifying(known, now).values())[::-1]


def default_lifetime() -> timedelta:
    """The longest that tokens live which the settings alone decide of."""
    settings = conf.get()
    return max(settings.access_token_lifetime, settings.sliding_token_lifetime)


def refresh() -> Opened:
    """Read the ring anew, now. One statement."""
    return load()


def remembered() -> Opened | None:
    """The ring as this process last read it; None: it has not. No I/O."""
    return _memory


def forget() -> None:
    """Remember nothing: the next use reads the ring."""
    global _memory, _sets, _forgotten  # noqa: PLW0603 - the memory of this module
    with _lock:
        _memory, _sets = None, None
        _transactions.clear()
        _forgotten += 1
        _noticed.clear()


def load(*, quietly: bool = False) -> Opened:
    """Read the ring, and remember it unless a transaction is open that may yet be rolled back. One statement.

    Args:
        quietly: do not log, once for each, which keys do not open.
    """
    global _memory  # noqa: PLW0603 - the memory of this module
    alias, where = rows.database(), _where()
    before = _forgotten
    at = _now()
    found = _opened(rows.read(alias), where=where, at=at)
    for kid, error in found.locked.items():
        if kid not in _told_of and not quietly:
            _told_of.add(kid)
            _log.error("%s", error)
    block = _open_block(alias)
    with _lock:
        if block is not None:
            _transactions[block] = found
        elif before == _forgotten and (_memory is None or _memory.at <= at or _memory.where != where):
            _memory = found
    return found


def _open_block(alias: str) -> Any:
    """The outermost ``atomic`` of this thread that is open on a database, or None."""
    blocks = connections[alias].atomic_blocks
    return blocks[0] if blocks else None


def _where() -> tuple[Any, ...]:
    alias = rows.database()
    return (alias, connections.settings[alias]["NAME"], secrets())


def _opened(found: tuple[RingKey, ...], *, where: tuple[Any, ...], at: float) -> Opened:
    known = secrets()
    before = _memory
    # A process goes on with what it has opened, also where another node has sealed it under a newer secret.
    open_already = before.pairs if before is not None and before.where == where else {}
    pairs: dict[str, Key] = {}
    locked: dict[str, UnavailableError] = {}
    for key in found:
        if not key.sealed:
            continue
        if key.kid in open_already:
            pairs[key.kid] = open_already[key.kid]
            continue
        try:
            pairs[key.kid] = _pair(key.kid, key.algorithm, key.sealed, known)
        except (SealedUnderAnotherSecretError, DamagedKeyError) as error:
            locked[key.kid] = error
    shown = before.publics if before is not None and before.where == where else {}
    publics = {kid: shown.get(kid) or Key(pair.algorithm, None, pair.verifying, kid) for kid, pair in pairs.items()}
    return Opened(Ring(found, conf.get().leeway), pairs, publics, locked, where, at)


@lru_cache(maxsize=64)
def _pair(kid: str, algorithm: str, sealed: str, known: tuple[str | bytes, ...]) -> Key:
    """Open a row. What verifies is made from what was sealed, so that nobody adds a key by writing into the table."""
    private = unseal(sealed, secrets=known, kid=kid, algorithm=algorithm)
    try:
        key: PrivateKey = load_der(private)
        public = public_half(key)
        if thumbprint(public_jwk(public, algorithm=algorithm)) != kid:
            raise DamagedKeyError(kid)
    except (ValueError, jwt.PyJWTError):
        raise DamagedKeyError(kid) from None
    return Key(algorithm, key, public, kid)


def _remembered(oldest: float) -> Opened:
    """The memory, if it is no older than so many seconds and about this database and these secrets; else the ring."""
    where = _where()
    # Most of the time no transaction anywhere has read the ring, and then it need not be looked for.
    for known in (_of_this_transaction(where[0]) if _transactions else None, _memory):
        if known is not None and _now() - known.at <= oldest and known.where == where:
            return known
    return load()


def _of_this_transaction(alias: str) -> Opened | None:
    block = _open_block(alias)
    return None if block is None else _transactions.get(block)


def _for_verification() -> Opened:
    feed = watcher()
    follows = feed.is_fresh()
    if not follows:
        feed.ensure_started()
    known = _remembered(_OLDEST_FOLLOWING if follows else _OLDEST_ALONE)
    suspects = [key.kid for key in known.ring.usable if feed.is_revoked_key(key.kid)]
    return _rechecked(known, suspects) if suspects else known


def is_told_of_a_revoked_key() -> bool:
    """Whether the feed tells of a key's revocation that the memory has not seen."""
    known = _memory
    return known is not None and any(_is_suspect(key.kid) for key in known.ring.usable)


def _is_suspect(kid: str) -> bool:
    return watcher().is_revoked_key(kid)


def _rechecked(known: Opened, suspects: list[str]) -> Opened:
    """The ring as read since a key is said to be revoked: its row decides, as that may have been rolled back."""
    now = _now()
    since = max(_noticed.setdefault(kid, now) for kid in suspects)
    return known if known.at >= since and now - known.at <= _OLDEST_ALONE else load()


def _verifying(known: Opened, now: datetime) -> Mapping[str, Key]:
    """The public keys in force at a time, by key id."""
    global _sets  # noqa: PLW0603 - the memory of this module
    made = _sets
    if made is not None and made[0] is known and made[1] <= now < made[2]:
        return made[3]
    found = {row.kid: known.publics[row.kid] for row in known.ring.verifying(now) if row.kid in known.pairs}
    since, until = known.ring.same_until(now)
    _sets = (known, since, until, found)
    return found


class _Grown:
    """Looks whether the ring has grown by a key that a token names.

    A key that signs from the moment it is made, the first of all or one made in an emergency, signs tokens that other
    processes meet before they have read of it: an honest client's token costs one look. So that made-up names do not
    cost a statement each, a process looks eight times a second and fifty times in one go, more than it usually has
    threads. For what cannot be a name it never looks, nor in a transaction that has read the ring just now.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now

    def find(self, raw: str) -> Key | None:
        kid = jwt.get_unverified_header(raw).get("kid")
        global _looked_until  # noqa: PLW0603 - of all key sets together
        clock = _now()
        if not isinstance(kid, str) or len(kid) != _KID_LENGTH or _looked_until - clock >= _LOOKS_AT_ONCE:
            return None
        here = _of_this_transaction(rows.database())
        if here is not None and clock - here.at <= _OLDEST_ALONE:
            return None
        _looked_until = max(_looked_until, clock) + _A_LOOK
        return _verifying(load(), self._now).get(kid)


def _with_a_key(now: datetime, lifetime: timedelta) -> Opened:
    """The ring, with a key that signs. Many may do this at once: one of them makes the key."""
    alias = rows.database()
    settings = conf.get()
    known = load()
    while known.ring.active(now) is None:
        rows.add(
            rows.new_key(settings.signing_algorithm),
            algorithm=settings.signing_algorithm,
            sequence=max((key.sequence for key in known.ring.rows), default=0) + 1,
            now=now,
            activates_at=now,
            lifetime=max(lifetime, default_lifetime()),
            secret=secrets()[0],
            alias=alias,
        )
        if connections[alias].in_atomic_block:
            forget()  # what others remember may be an empty ring
        known = load()
    return known


def _after_fork() -> None:
    global _lock  # noqa: PLW0603 - another thread may have held it
    _lock = threading.Lock()


def _on_setting(*, setting: str, **_: object) -> None:
    if setting in {"KEYTURN", "SIMPLE_JWT", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASES", "DATABASE_ROUTERS"}:
        forget()
        _told_of.clear()


def _on_migrate(**_: object) -> None:
    """Tables may have been emptied: Django tells so after a flush, too."""
    forget()


os.register_at_fork(after_in_child=_after_fork)
setting_changed.connect(_on_setting, dispatch_uid="keyturn.keys.ring")
post_migrate.connect(_on_migrate, dispatch_uid="keyturn.keys.ring")

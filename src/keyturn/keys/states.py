"""What each key of a ring is at a given time: arithmetic, and nothing that would have to happen on time.

next → active → retiring → retired. A key is published from the moment it exists, signs from ``activates_at`` until a
later key does, and verifies until the last token it can have signed is dead.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final

__all__ = ["SLACK", "Ring", "RingKey", "State"]

SLACK: Final = timedelta(seconds=60)
"""How far nodes' clocks may differ (50 s), and how long each may remember the ring (10 s), taken together."""


class State(StrEnum):
    """Of a key, at a time."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRING = "retiring"
    RETIRED = "retired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class RingKey:
    """One row of the ring.

    Args:
        kid: RFC 7638 thumbprint.
        sequence: position in the ring; unique.
        algorithm: the one JWS ``alg``.
        public_jwk: JSON.
        sealed: the encrypted private key; empty once it signs no more.
        created_at: published since, aware.
        activates_at: signs from, aware.
        longest_lifetime: the longest that a token signed by it lives.
        revoked_at: aware, or None.
        revoked_reason: a word.
    """

    kid: str
    sequence: int
    algorithm: str
    public_jwk: str
    sealed: str
    created_at: datetime
    activates_at: datetime
    longest_lifetime: timedelta
    revoked_at: datetime | None
    revoked_reason: str

    @property
    def is_usable(self) -> bool:
        """Whether it was neither revoked nor erased."""
        return self.revoked_at is None and bool(self.sealed)


@dataclass(frozen=True)
class Ring:
    """All keys, in the order in which they take over.

    Args:
        rows: in any order.
        leeway: the tolerance with which tokens' expiry is judged.
    """

    rows: tuple[RingKey, ...]
    leeway: timedelta

    @cached_property
    def keys(self) -> tuple[RingKey, ...]:
        """In the order in which they take over; of two that do at one instant, the later made wins."""
        return tuple(sorted(self.rows, key=lambda key: (key.activates_at, key.sequence)))

    @cached_property
    def usable(self) -> tuple[RingKey, ...]:
        """Those that were neither revoked nor erased, in that order."""
        return tuple(key for key in self.keys if key.is_usable)

    def active(self, now: datetime) -> RingKey | None:
        """The key that signs; None where no usable one exists.

        Where none has come to its time, by this node's clock, the first to come signs: its maker's clock was ahead.
        """
        for key in reversed(self.usable):
            if key.activates_at <= now:
                return key
        return self.usable[0] if self.usable else None

    def upcoming(self, now: datetime) -> RingKey | None:
        """The last key to take over, where it has not yet."""
        active = self.active(now)
        usable = [key for key in self.usable if key.activates_at > now and key is not active]
        return usable[-1] if usable else None

    def ends_at(self, key: RingKey) -> datetime | None:
        """When the last token signed by a key is dead; None as long as no later key is there."""
        if key.revoked_at is not None:
            return key.revoked_at
        position = self.keys.index(key)
        for later in self.keys[position + 1 :]:
            # One that was revoked before its time never took over.
            if later.revoked_at is None or later.revoked_at > later.activates_at:
                return later.activates_at + key.longest_lifetime + self.leeway + SLACK
        return None

    def state(self, key: RingKey, now: datetime) -> State:
        """What a key is at a time."""
        if key.revoked_at is not None:
            return State.REVOKED
        if not key.sealed:
            return State.RETIRED
        if key == self.active(now):
            return State.ACTIVE
        if key.activates_at > now:
            return State.NEXT
        end = self.ends_at(key)
        return State.RETIRED if end is not None and end <= now else State.RETIRING

    def verifying(self, now: datetime) -> tuple[RingKey, ...]:
        """Those whose tokens are accepted, and which are published: next, active and retiring."""
        accepted = {State.NEXT, State.ACTIVE, State.RETIRING}
        return tuple(key for key in self.keys if self.state(key, now) in accepted)

    def same_until(self, now: datetime) -> tuple[datetime, datetime]:
        """The span around a time in which no key changes its state: from, until."""
        ends = (self.ends_at(key) for key in self.keys)
        turns = [key.activates_at for key in self.keys] + [end for end in ends if end is not None]
        earliest, latest = datetime.min.replace(tzinfo=now.tzinfo), datetime.max.replace(tzinfo=now.tzinfo)
        before = max((turn for turn in turns if turn <= now), default=earliest)
        return before, min((turn for turn in turns if turn > now), default=latest)

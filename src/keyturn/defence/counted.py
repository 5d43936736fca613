"""What is counted, under which name, and what a count says.

Names of accounts and addresses never reach a store: each is counted under a keyed hash (HMAC-SHA-256, RFC 2104), so
that whoever reads a store learns neither who was attacked nor by whom.
"""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Final, Protocol

from django.conf import settings as django_settings

from keyturn.conf import Limit
from keyturn.jose import derive_key

__all__ = ["Counted", "Reading", "Store", "counted", "hashed", "milliseconds", "network"]

_LONGEST_WINDOW: Final = timedelta(days=1)
"""Windows grow no longer than this by doubling; one that is longer from the start stays as it is."""

_SKEW: Final = 60 * 60 * 1_000
"""Milliseconds that the clocks of two nodes may lie apart."""

_IPV6_PREFIX: Final = 64
"""A subscriber is given this much at least (RFC 6177), and can take any address of it for the next attempt."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One thing to count.

    Args:
        rule: the name of its limit in ``KEYTURN["LIMITS"]``.
        key: keyed hash of what is counted; the row's or cache entry's name.
        account: keyed hash of the account, where the count is one of an account; else empty.
        limit: how many are let through in a window.
        window: the length of its first window, in milliseconds.
        doublings: how many times a window may be doubled while limits are hit in a row.
    """

    rule: str
    key: str
    account: str
    limit: int
    window: int
    doublings: int

    @property
    def longest(self) -> int:
        """Milliseconds until a window ends, at most. One that ends later is none of ours.

        It was begun by a clock that has been set right since, or under a rule that holds no more, and it would keep
        people out for as long as the clock was wrong.
        """
        return (self.window << self.doublings) + _SKEW


@dataclass(frozen=True, slots=True)
class Reading:
    """What a store says after counting.

    Args:
        count: attempts in this window, this one included; at most two more than the limit.
        window_ends_at: milliseconds since 1970.
        succeeded_at: when an attempt under this key was right last, in the same unit; None: never, or long ago.
    """

    count: int
    window_ends_at: int
    succeeded_at: int | None


class Store(Protocol):
    """Where counts are kept. Every method is safe in parallel: of n attempts counted at once, each has its number."""

    def count(self, things: Sequence[Counted], *, now: int) -> list[Reading]:
        """Count one attempt under each key; the readings come in the same order."""

    def give_back(self, things: Sequence[tuple[Counted, Reading]], *, now: int, succeeded: str | None = None) -> None:
        """Take an attempt off again, where its window has not ended; remember that one key's attempt was right."""

    def forget(self, account: str) -> None:
        """Begin anew with everything counted of an account; what is known to have succeeded stays known."""


def milliseconds(moment: datetime | timedelta) -> int:
    """A moment as milliseconds since 1970, or a duration in milliseconds."""
    if isinstance(moment, timedelta):
        return round(moment.total_seconds() * 1_000)
    return round(moment.timestamp() * 1_000)


def network(ip: str | None) -> str:
    """What an address counts as: IPv6 by its /64, IPv4 in either spelling as itself; nothing where it is unknown."""
    try:
        address = ip_address((ip or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> (128 - _IPV6_PREFIX) << (128 - _IPV6_PREFIX)))
    return str(address)


@lru_cache(maxsize=4)
def _key(secret: str | bytes) -> bytes:
    return derive_key(secret, purpose="keyturn attempts v1")


def hashed(*parts: str) -> str:
    """The keyed hash of some words, in this order. Any text will do, lone surrogates too."""
    message = json.dumps(parts).encode("ascii")
    return hmac.digest(_key(django_settings.SECRET_KEY), message, "sha256").hex()


def counted(rule: str, limit: Limit, *parts: str, account: str = "", doublings: int = 0) -> Counted:
    """Describe one thing to count.

    Args:
        rule: the limit's name; part of the key, so that two rules never share a count.
        limit: how often.
        parts: what tells this thing from others under the same rule.
        account: keyed hash of the account it is of.
        doublings: how many times the window may be doubled.
    """
    while doublings and limit.window * 2**doublings > _LONGEST_WINDOW:
        doublings -= 1
    return Counted(rule, hashed(rule, *parts), account, limit.count, milliseconds(limit.window), doublings)

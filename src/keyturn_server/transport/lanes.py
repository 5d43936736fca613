"""Which requests wait for which: each lane has threads and a queue of its own, so that none starves another.

A login computes a password hash, some fifty times the work of a refresh. In one queue with all others a storm of logins
would make every refresh wait; so would an administrator's long list, and a probe that waits tells a supervisor to kill
what is merely busy.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from keyturn_server.api_paths import ACCOUNTS, is_api

__all__ = ["Lane", "Room", "lane_of", "rooms_for"]

_PROBES: Final = frozenset({"livez", "readyz", "health"})
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# What computes a password hash whenever it is asked in earnest. Under the prefixes most calls do that change anything.
_LOGINS: Final = frozenset({"/token/", "/token/sliding/"})
_WITH_PASSWORDS: Final = (*ACCOUNTS, "/auth/reset-password/", "/me/", "/admin/")


class Lane(StrEnum):
    """The lanes, by the names that the metrics have."""

    API = "api"
    """The cheap calls: refresh, verify, log-out, authenticated requests."""
    HASHING = "hashing"
    """Calls that compute a password hash."""
    PAGES = "pages"
    """The admin, the web app's files, the documentation, the numbers."""
    PROBES = "probes"
    """What supervisors ask: cheap, and answered however many ask."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much of a lane there may be in one process.

    Attributes:
        running: requests worked on at once, each in a thread.
        waiting: requests that wait for one of these threads; one more is refused.
        patience: seconds after which a request that still waits is refused instead of begun.
        retry_after: seconds a refused client is asked to stay away.
    """

    running: int
    waiting: int
    patience: float
    retry_after: int


def lane_of(method: str, path: str) -> Lane:
    """Return the lane of a request."""
    if method not in _READING and (path in _LOGINS or path.startswith(_WITH_PASSWORDS)):
        return Lane.HASHING
    if is_api(path):
        return Lane.API
    return Lane.PROBES if path[1:].partition("/")[0] in _PROBES else Lane.PAGES


def rooms_for(threads: int) -> dict[Lane, Room]:
    """Share the threads of a process among the lanes.

    A hash is computed by one thread of its own (:mod:`keyturn_server.hashers`), so a few that prepare and finish logins
    keep it busy. Every lane has one at least; probes have two on top. The API's patience is less than that of a client
    which tries a refresh three times in ten seconds, and of a proxy that tries elsewhere after four: what they have
    given up would be worked on for nobody.

    Args:
        threads: those that may hold a database connection.
    """
    hashing = max(1, threads // 3)
    pages = max(1, threads // 6)
    return {
        Lane.API: Room(running=max(1, threads - hashing - pages), waiting=512, patience=2.0, retry_after=1),
        Lane.HASHING: Room(running=hashing, waiting=128, patience=10.0, retry_after=5),
        Lane.PAGES: Room(running=pages, waiting=128, patience=10.0, retry_after=2),
        Lane.PROBES: Room(running=2, waiting=1024, patience=5.0, retry_after=1),
    }

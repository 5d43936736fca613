"""What is remembered between sending somebody to a provider and their coming back, and what they came back with.

Both stand in a flow (:mod:`keyturn.accounts.flows`): sealed, locked while it is looked at. A start is taken out of it
before the provider is asked anything, and what the provider said before anybody is signed in by it, so that of many who
come with the same answer one gets through.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from keyturn.accounts.flows import FlowStore
from keyturn.accounts.social.identity import Identity
from keyturn.errors import Reason, RefusedError

__all__ = [
    "Parked",
    "Process",
    "Start",
    "awaited",
    "check_begun",
    "holds_only_starts",
    "park",
    "remember",
    "take_parked",
    "take_start",
]

_STARTS: Final = "keyturn_provider_starts"
_PARKED: Final = "keyturn_provider_parked"
_KEPT: Final = "keyturn_provider_kept"
"""Keeps the flow from being empty while the provider is asked."""
_AT_MOST: Final = 5
"""Tabs that are at a provider at once; the oldest is forgotten."""
_AWAY: Final = timedelta(minutes=15)
"""How long somebody may be at the provider: a second factor there takes its time."""
_WAITING: Final = timedelta(minutes=5)
"""How long what the provider said may wait to be used."""
_NOT_BEGUN: Final = "nobody was sent there from here, or they are back already"


class Process(StrEnum):
    """What an account at a provider is wanted for; django-allauth's words."""

    LOGIN = "login"
    CONNECT = "connect"


@dataclass(frozen=True, slots=True)
class Start:
    """Somebody who was sent to a provider.

    Args:
        provider: our id.
        process: what for.
        callback_url: where they go afterwards; empty for a mobile app.
        redirect_uri: where the provider leads them back to; empty where the app asks the provider itself.
        user: text form of the primary key of who wants to link; empty for a sign-in.
        session: in which session; the same.
        at: seconds since the epoch.
        state: what the answer must bring back (RFC 6749 section 10.12).
        nonce: what the ID token must bring back.
        verifier: PKCE's (RFC 7636 section 4.1).
    """

    provider: str
    process: Process
    callback_url: str
    redirect_uri: str
    user: str
    session: str
    at: int
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def challenge(self) -> str:
        """PKCE's, by S256 (section 4.2)."""
        return urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Parked:
    """Somebody who came back, and whom the provider has named.

    Args:
        identity: as the provider says.
        process: what for.
        user: who began to link; empty for a sign-in.
        session: in which session; the same.
    """

    identity: Identity
    process: Process
    user: str
    session: str


def remember(flow: FlowStore, start: Start) -> None:
    """Keep a start until its answer comes."""
    known = [*(flow.get(_STARTS) or []), asdict(start)]
    flow[_STARTS] = known[-_AT_MOST:]


def holds_only_starts(flow: FlowStore) -> bool:
    """Whether nothing else goes on in a flow, so that one more start may stand in it."""
    return all(key in {_STARTS, _PARKED, _KEPT} for key in flow.keys())  # noqa: SIM118 - no mapping


def check_begun(flow: FlowStore, *, provider: str, state: str | None) -> None:
    """Look whether an answer is waited for, and change nothing. Arguments as :func:`take_start`.

    Raises:
        RefusedError: ``provider_refused``: there is no such start.
    """
    if not any(_is_it(one, provider=provider, state=state) for one in flow.get(_STARTS) or []):
        raise RefusedError(Reason.PROVIDER_REFUSED, _NOT_BEGUN)


def take_start(flow: FlowStore, *, provider: str, state: str | None, now: datetime) -> Start:
    """Take a start out of a flow; the caller saves the flow, and commits, before the provider is asked.

    Args:
        flow: locked.
        provider: our id, of the address that the answer came to (against mix-up, RFC 9700 section 4.4).
        state: as it came; None: an ID token came, which has none, and belongs to the latest start.
        now: aware.

    Raises:
        RefusedError: ``provider_refused``: there is no such start, or it is too old.
    """
    found: dict[str, Any] | None = None
    others = []
    for one in reversed(flow.get(_STARTS) or []):
        if found is None and _is_it(one, provider=provider, state=state):
            found = one
        else:
            others.append(one)
    if found is None:
        raise RefusedError(Reason.PROVIDER_REFUSED, _NOT_BEGUN)
    flow[_STARTS] = others[::-1] or None
    flow[_KEPT] = True
    if found["at"] + _AWAY.total_seconds() < now.timestamp():
        raise RefusedError(Reason.PROVIDER_REFUSED, "they were away for too long")
    return Start(**{**found, "process": Process(found["process"])})


def _is_it(one: Mapping[str, Any], *, provider: str, state: str | None) -> bool:
    return one["provider"] == provider and (
        state is None or (state.isascii() and hmac.compare_digest(one["state"], state))
    )


def park(flow: FlowStore, identity: Identity, start: Start, *, now: datetime) -> None:
    """Keep what a provider said until somebody uses it."""
    flow[_PARKED] = {
        "identity": identity.written(),
        "process": start.process.value,
        "user": start.user,
        "session": start.session,
        "at": int(now.timestamp()),
    }


def awaited(flow: FlowStore) -> Process | None:
    """What somebody was sent to a provider for who has come back; None: nobody has."""
    found = flow.get(_PARKED)
    return None if found is None else Process(found["process"])


def take_parked(flow: FlowStore, *, now: datetime) -> Parked | None:
    """Take what a provider said out of a flow; None where there is nothing, or nothing new enough.

    Args:
        flow: locked.
        now: aware.
    """
    found = flow.pop(_PARKED, None)
    if not flow.get(_STARTS):
        flow.pop(_STARTS, None)
        flow.pop(_KEPT, None)
    if found is None or found["at"] + _WAITING.total_seconds() < now.timestamp():
        return None
    return Parked(Identity.read(found["identity"]), Process(found["process"]), found["user"], found["session"])

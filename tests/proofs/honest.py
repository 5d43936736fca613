"""Honest clients: they lose replies, fall asleep, open several tabs, and should never be signed out for it."""

import heapq
from dataclasses import dataclass
from random import Random
from typing import Final

from keyturn.sessions.client import BindingKind
from tests.proofs.engines import Engine, SimulatedSession

__all__ = ["PATTERNS", "Life", "Pattern", "live"]

_DAY: Final = 86_400.0
_PERIOD: Final = 300.0


@dataclass(frozen=True, slots=True)
class Pattern:
    """How a client behaves.

    Args:
        name: for the table.
        tabs: programs that refresh at about the same time (within 4 s), all with the token of their shared store.
        loss: the share of replies that are lost.
        away: the share of lost replies after which the whole device is gone for a minute to eight hours.
        patience: seconds, from and to, until a reply is given up and the same token is tried again.
        agents: user agents among the tabs, such as a browser and the server that renders its pages.
        names: whether each refresh has a name (``Idempotency-Key``), which all tabs and retries of it send, as those
            of ``@keyturn/client`` do.
    """

    name: str
    tabs: int = 1
    loss: float = 0.01
    away: float = 0.1
    patience: tuple[float, float] = (1.0, 5.0)
    agents: int = 1
    names: bool = False


PATTERNS: Final = (
    Pattern("1 tab, 1 %"),
    Pattern("1 tab, 5 %", loss=0.05),
    Pattern("3 tabs, 1 %", tabs=3),
    # Two known limits, so that nobody has to find them: a client that waits longer for a reply than the grace time, and
    # two programs that share a store but not a user agent.
    Pattern("1 tab, 1 %, waits 30 s", patience=(30.0, 35.0)),
    Pattern("2 programs, 1 %", tabs=2, agents=2),
    # Clients that name their refreshes: of one tab, of tabs that tell each other the names, on a very bad network.
    Pattern("named, 1 tab, 5 %", loss=0.05, names=True),
    Pattern("named, 3 tabs, 20 %", tabs=3, loss=0.2, names=True),
    Pattern("named, waits 30 s", patience=(30.0, 35.0), names=True),
)


@dataclass(frozen=True, slots=True)
class Life:
    """What became of one session.

    Args:
        refreshes: how often a token was presented.
        signed_out: whether the session was ended as if by a thief.
    """

    refreshes: int
    signed_out: bool


class _SignedOutError(Exception):
    """The session has ended."""


class _Counted:
    """A session that counts."""

    def __init__(self, session: SimulatedSession) -> None:
        self._session = session
        self.refreshes = 0

    def present(self, generation: int, at: float, *, agent: str, name: str) -> int:
        self.refreshes += 1
        answered = self._session.present(generation, at, agent=agent, name=name)
        if answered is None:
            raise _SignedOutError
        return answered


def live(pattern: Pattern, engine: Engine, kind: BindingKind | None, rng: Random, *, days: float = 30) -> Life:
    """Live with one session for so long, or until it is ended."""
    session = _Counted(engine(kind))
    held, at = 0, 0.0
    try:
        while at < days * _DAY:
            # Now and then nobody is there for ten minutes to half a day.
            pause = _PERIOD * rng.uniform(0.8, 1.0) if rng.random() > 0.02 else rng.uniform(600.0, _DAY / 2)
            held, at = _refresh(pattern, session, rng, held, at + pause)
    except _SignedOutError:
        return Life(session.refreshes, signed_out=True)
    return Life(session.refreshes, signed_out=False)


def _refresh(pattern: Pattern, session: _Counted, rng: Random, held: int, start: float) -> tuple[int, float]:
    """Every tab refreshes once with the same token, and tries again until it has a reply, in the order of time.

    Returns:
        The token the store holds afterwards, and when the last tab was done.
    """
    waiting = [(start if tab == 0 else start + rng.uniform(0.0, 4.0), tab) for tab in range(pattern.tabs)]
    heapq.heapify(waiting)
    stored, end = held, start
    name = f"refresh {rng.getrandbits(128):032x}" if pattern.names else ""
    while waiting:
        at, tab = heapq.heappop(waiting)
        answered = session.present(held, at, agent=f"program {'AB'[tab % pattern.agents]}", name=name)
        end = max(end, at)
        if rng.random() >= pattern.loss:
            stored = max(stored, answered)
            continue
        if rng.random() < pattern.away:
            # The lid is shut: every tab that still waits wakes up as much later.
            asleep = rng.uniform(60.0, _DAY / 3)
            waiting = [(when + asleep, other) for when, other in waiting]
            heapq.heappush(waiting, (at + asleep, tab))
        else:
            heapq.heappush(waiting, (at + rng.uniform(*pattern.patience), tab))
    return stored, end

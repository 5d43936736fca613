"""Thieves of several habits, each with a copy of the victim's refresh token; both go on using what they hold."""

from dataclasses import dataclass
from random import Random
from typing import Final

from keyturn.sessions.client import BindingKind
from tests.proofs.engines import Engine

__all__ = ["HABITS", "LOCKSTEP", "Catch", "Habit", "steal"]

_PERIOD: Final = 300.0
_GRACE: Final = 10.0
_MOST_USES: Final = 200
"""A thief who got so far has not been noticed."""


@dataclass(frozen=True, slots=True)
class Habit:
    """When a thief uses the copy.

    Args:
        name: for the table.
        first: seconds from the theft to the first use (from the victim's first refresh after it, if ``follows``).
        every: seconds between the uses; None: a clock like the victim's own.
        follows: uses come so many seconds after each refresh of the victim (before it, if negative).
        keeps: presents the stolen token itself again and again, never one it got for it.
        named: victim and thief give each refresh a name (``Idempotency-Key``), each one of their own.
    """

    name: str
    first: float = 0.0
    every: float | None = None
    follows: float | None = None
    keeps: bool = False
    named: bool = False


LOCKSTEP: Final = Habit("lockstep 5 s", follows=5.0)
HABITS: Final = (
    LOCKSTEP,
    Habit("lockstep 60 s", follows=60.0),
    Habit("20 s ahead", follows=-20.0),
    Habit("own clock"),
    Habit("poll 5 s", first=5.0, every=5.0),
    Habit("poll 60 s", first=60.0, every=60.0),
    Habit("late", first=3 * _PERIOD + 20.0, every=_PERIOD),
    Habit("repeats, 60 s", first=_PERIOD + 60.0, every=60.0, keeps=True),
    Habit("named, 60 s behind", follows=60.0, named=True),
    Habit("named, own clock", named=True),
    Habit("named, repeats, 60 s", first=_PERIOD + 60.0, every=60.0, keeps=True, named=True),
)


@dataclass(frozen=True, slots=True)
class Catch:
    """How it ended.

    Args:
        uses: when the thief presented a token, the fatal time included (seconds).
        refreshes: when the victim did, since the theft.
        noticed: whether the session was ended; otherwise the thief used it ``_MOST_USES`` times and goes on.
    """

    uses: tuple[float, ...]
    refreshes: tuple[float, ...]
    noticed: bool

    @property
    def counted(self) -> int:
        """How many uses came after the victim's first refresh since the thief began, and outside the grace time.

        A use within the grace time of a refresh of the victim, before or after it, is a thief in lockstep, if only by
        chance; no rule can tell it from a second tab of the victim's.
        """
        acted = min((at for at in self.refreshes if self.uses and at > self.uses[0]), default=float("inf"))
        return sum(use > acted and all(abs(use - at) > _GRACE for at in self.refreshes) for use in self.uses)


def _victim_pause(rng: Random) -> float:
    return _PERIOD * rng.uniform(0.8, 1.0)


def _name(habit: Habit, rng: Random) -> str:
    return f"refresh {rng.getrandbits(128):032x}" if habit.named else ""


def steal(habit: Habit, engine: Engine, kind: BindingKind | None, rng: Random) -> Catch:
    """Steal a token some time after the login, and see how often it can be used. Only the victim has the binding."""
    session = engine(kind)
    held, at = 0, 0.0
    for _ in range(rng.randrange(3, 40)):
        at += _victim_pause(rng)
        answered = session.present(held, at, name=_name(habit, rng))
        assert answered is not None, "nobody has stolen anything yet"
        held = answered
    copy = held
    victim_at = at + _victim_pause(rng)
    thief_at = at + (habit.first or rng.uniform(1.0, _PERIOD)) if habit.follows is None else victim_at + habit.follows
    uses: list[float] = []
    refreshes: list[float] = []
    while len(uses) < _MOST_USES:
        if victim_at <= thief_at:
            at = victim_at
            refreshes.append(at)
            answered = session.present(held, at, name=_name(habit, rng))
            if answered is None:
                return Catch(tuple(uses), tuple(refreshes), noticed=True)
            held = answered
            victim_at = at + _victim_pause(rng)
            if habit.follows is not None:
                thief_at = (at if habit.follows > 0 else victim_at) + habit.follows
            continue
        at = thief_at
        uses.append(at)
        answered = session.present(copy, at, bound=False, name=_name(habit, rng))
        if answered is None:
            return Catch(tuple(uses), tuple(refreshes), noticed=True)
        copy = copy if habit.keeps else answered
        if habit.follows is not None:
            # Until the victim has acted again.
            thief_at = float("inf")
        else:
            thief_at = at + (_victim_pause(rng) if habit.every is None else habit.every)
    return Catch(tuple(uses), tuple(refreshes), noticed=False)

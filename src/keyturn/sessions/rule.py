"""The rule of rotation: what a valid refresh token of generation k means to a session of generation n.

Pure: no database, no clock. DESIGN: every cell of this table has a test at and around its bounds, and
``tests/proofs`` measures what the rule does to honest clients and to thieves.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from keyturn.conf import ForgiveAfter
from keyturn.sessions.client import BindingKind

__all__ = ["Presented", "Standing", "Verdict", "acceptable", "judge"]


class Verdict(Enum):
    """What to do with the presented generation."""

    ROTATE = auto()
    """It is the current one: rotate by compare-and-set."""
    CONVERGE = auto()
    """A retry, a lost reply or another tab: answer with the current generation's identical token."""
    FORGIVE = auto()
    """A late predecessor, let in once: converge, and remember it."""
    ADOPT = auto()
    """From a future that the database forgot (fail-over, restore): take it and rotate."""
    REUSE = auto()
    """Two parties hold this session: end it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The session as the row has it.

    Args:
        generation: n, the current generation.
        rotated_at: when n was made.
        forgiven: the generation at which a late predecessor was last let in, or None.
        binding_kind: what the session is bound to; None: unbound.
    """

    generation: int
    rotated_at: datetime
    forgiven: int | None
    binding_kind: BindingKind | None


@dataclass(frozen=True, slots=True)
class Presented:
    """The refresh token as presented.

    Args:
        generation: k.
        at: now.
        carries_binding: the session's binding came with it (True for an unbound session).
        same_agent: the user agent is the one of the last rotation but for version numbers.
        is_retry: it carries the key that the refresh carried which made the current generation: the same client asks
            for the reply that it lost (ADR 0035).
    """

    generation: int
    at: datetime
    carries_binding: bool
    same_agent: bool
    is_retry: bool = False


def judge(standing: Standing, presented: Presented, *, grace: timedelta, forgive_after: ForgiveAfter) -> Verdict:
    """Judge a presented generation.

    Args:
        standing: the session's row.
        presented: the token and who shows it.
        grace: ``REFRESH_GRACE``; zero means strict: a generation works once, no converging and no forgiving.
        forgive_after: ``REFRESH_FORGIVE_AFTER``.

    Returns:
        The verdict. RFC 9700 section 4.14.2 asks for reuse to end the session; the other rows of the table exist so
        that a lost reply is never mistaken for reuse.
    """
    if not presented.carries_binding:
        return Verdict.REUSE
    behind = standing.generation - presented.generation
    if behind == 0:
        return Verdict.ROTATE
    if behind < 0:
        return Verdict.ADOPT
    if grace <= timedelta(0):
        return Verdict.REUSE
    unbound = standing.binding_kind is None
    # A clock that stepped back must not make a rotation look old, nor young for ever.
    age = max(presented.at - standing.rotated_at, timedelta(0))
    if behind <= 2 and age <= grace and (presented.same_agent or not unbound):
        return Verdict.CONVERGE
    if behind == 1:
        if presented.is_retry or standing.forgiven == standing.generation:
            return Verdict.CONVERGE
        if standing.forgiven is None or standing.generation - standing.forgiven >= _patience(standing, forgive_after):
            return Verdict.FORGIVE
    return Verdict.REUSE


def acceptable(standing: Standing, presented: Presented, *, grace: timedelta, forgive_after: ForgiveAfter) -> bool:
    """Say to whoever asks whether :func:`judge` would let this generation in; the answer lags one grace time behind.

    Until the grace time of a rotation is over, the answer is the one of just before that rotation. Else the moment of
    the rotation could be read from it, and that moment is all a thief of an unbound session needs: whoever follows it
    within the grace time converges. The current token itself is always acceptable. For the same reason the user agent
    plays no part (ADR 0013), nor does the key of a retry.

    Args:
        standing: the session's row.
        presented: the token and who asks.
        grace: ``REFRESH_GRACE``.
        forgive_after: ``REFRESH_FORGIVE_AFTER``.
    """
    presented = replace(presented, same_agent=True, is_retry=False)
    rotated_lately = standing.generation > 0 and presented.at - standing.rotated_at <= grace
    if rotated_lately and grace > timedelta(0) and presented.generation < standing.generation:
        long_ago = presented.at - 2 * grace - timedelta(seconds=1)
        standing = replace(standing, generation=standing.generation - 1, rotated_at=long_ago)
    return judge(standing, presented, grace=grace, forgive_after=forgive_after) is not Verdict.REUSE


def _patience(standing: Standing, forgive_after: ForgiveAfter) -> int:
    if standing.binding_kind is None:
        return forgive_after.unbound
    return forgive_after.dpop if standing.binding_kind is BindingKind.DPOP else forgive_after.cookie

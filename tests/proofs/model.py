"""The reference model: the session engine as its documentation tells it, in plain Python, with nothing of its code.

Outcomes are words: ``rotated``, ``converged``, ``forgiven``, ``adopted`` for what is answered with tokens, and the
reason of the refusal otherwise; ``refresh_reused`` of a live session ends it.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

__all__ = ["ABSOLUTE", "ACCESS", "ANSWERED", "GRACE", "IDLE", "ModelSession", "ModelUser", "Presenter", "Token"]

GRACE: Final = timedelta(seconds=10)
FORGIVE_AFTER: Final = {"": 5, "cookie": 2, "dpop": 0}
ACCESS: Final = timedelta(minutes=5)
# Shorter than the defaults, so that both ends come within reach of a few steps.
IDLE: Final = timedelta(hours=2)
ABSOLUTE: Final = timedelta(hours=12)
ANSWERED: Final = frozenset({"rotated", "converged", "forgiven", "adopted"})


@dataclass
class ModelUser:
    """One user: the stored password hash, and whether the user may sign in."""

    password: str
    active: bool = True
    exists: bool = True


@dataclass(frozen=True)
class Token:
    """A refresh token as a client has it."""

    raw: str
    generation: int
    # NumericDate has whole seconds here; the row's own end has microseconds.
    expires_at: datetime


@dataclass(frozen=True)
class Presenter:
    """Who shows a token: the user agent but for its version numbers, and whether the session's binding comes along."""

    agent: str
    bound: bool


@dataclass
class ModelSession:
    """One session, and the refresh token of each of its generations that anybody was given."""

    sid: UUID
    # What the binding is made of.
    key: str
    user: ModelUser
    kind: str
    grace: timedelta
    agent: str
    password: str
    rotated_at: datetime
    absolute_end: datetime
    idle_end: datetime
    generation: int = 0
    forgiven: int | None = None
    ended: str | None = None
    minted: dict[int, Token] = field(default_factory=dict)
    access: str = ""
    access_end: datetime | None = None

    def stands(self, now: datetime) -> str | None:
        """Why nothing of this session is accepted now, whatever is shown; None: it stands."""
        if not self.user.exists:
            return "session_revoked"
        if self.ended is not None:
            return self.ended
        if min(self.idle_end, self.absolute_end) <= now:
            return "session_expired"
        if not self.user.active:
            return "user_inactive"
        return None if self.user.password == self.password else "password_changed"

    def expected(self, token: Token, presenter: Presenter, now: datetime) -> str:
        """What presenting this token must come to."""
        if token.expires_at <= now:
            return "expired"
        return self.stands(now) or self._judged(token.generation, presenter, now)

    def verified(self, token: Token, presenter: Presenter, now: datetime) -> str | None:
        """Why somebody who only asks is told no: until the grace time is over, what was so before the rotation."""
        if token.expires_at <= now:
            return "expired"
        n, lenient = self.generation, self.grace > timedelta(0)
        if lenient and now - self.rotated_at <= self.grace:
            n -= 1
        forgiven = self.forgiven in {None, n} or n - (self.forgiven or 0) >= FORGIVE_AFTER[self.kind]
        in_time = token.generation >= n or (token.generation == n - 1 and lenient and forgiven)
        good = in_time and (self.kind == "" or presenter.bound)
        return self.stands(now) or (None if good else "refresh_reused")

    def _judged(self, k: int, presenter: Presenter, now: datetime) -> str:
        n, forgiven = self.generation, self.forgiven
        unbound = self.kind == ""
        if not unbound and not presenter.bound:
            return "refresh_reused"
        if k == n:
            return "rotated"
        if k > n:
            return "adopted"
        age = max(now - self.rotated_at, timedelta(0))
        lenient = self.grace > timedelta(0)
        if lenient and k >= n - 2 and age <= self.grace and (not unbound or presenter.agent == self.agent):
            return "converged"
        if lenient and k == n - 1 and forgiven == n:
            return "converged"
        if lenient and k == n - 1 and (forgiven is None or n - forgiven >= FORGIVE_AFTER[self.kind]):
            return "forgiven"
        return "refresh_reused"

    def follow(self, outcome: str, token: Token, presenter: Presenter, now: datetime) -> None:
        """Be what the session must be after this outcome."""
        if outcome in {"rotated", "adopted"}:
            self.generation = token.generation + 1
            self.rotated_at = now
            self.idle_end = min(now + IDLE, self.absolute_end)
            self.agent = presenter.agent
        elif outcome == "forgiven":
            self.forgiven = self.generation
        elif outcome == "refresh_reused" and self.ended is None:
            self.ended = outcome

    def access_expected(self, now: datetime) -> str:
        """What using the last access token must come to."""
        assert self.access_end is not None
        if self.access_end <= now:
            return "expired"
        if not self.user.exists:
            return "session_revoked"
        # An access token has an expiry of its own, and a password changed behind our back ends it at the next mint.
        return self.ended or ("accepted" if self.user.active else "user_inactive")

    def forget(self, earlier: "ModelSession") -> None:
        """Lose the commits since an earlier state, as a database does that fails over to a late replica."""
        self.generation, self.rotated_at = earlier.generation, earlier.rotated_at
        self.idle_end, self.agent, self.forgiven = earlier.idle_end, earlier.agent, earlier.forgiven
        # A lost generation is made a second time later, at another time and so with another expiry.
        self.minted = {k: token for k, token in self.minted.items() if k <= earlier.generation}

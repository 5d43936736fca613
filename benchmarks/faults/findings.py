"""What the checker finds in a history: what must not have happened, how much did, and whether that proves anything."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

__all__ = ["BOUND", "FINAL", "THIEF", "VICTIM", "Findings"]

FINAL: Final = frozenset(
    {
        "expired",
        "password_changed",
        "refresh_reused",
        "session_expired",
        "session_revoked",
        "user_inactive",
        "user_not_found",
    }
)
"""Reasons by which a client is signed out (ADR 0031)."""

THIEF: Final = "thief"
"""The kind of clients that hold a stolen copy."""

VICTIM: Final = "with a thief"
"""What honest clients of any kind are counted as while a thief uses their session too."""

BOUND: Final = "DPoP"
"""The kind of clients that must never be signed out."""


@dataclass(slots=True)
class Findings:
    """What the checker found: lists of sentences for what must be empty, counts for the rest.

    Attributes:
        refreshes: answered with tokens; this and the next two by kind of client.
        asked: refreshes sent, each try for itself.
        unanswered: those of them without a reply.
        silences: requests of any sort without a reply.
        faults: how often each began.
        effects: how often each was seen to have had its effect.
        thefts: copies that were taken.
        let_in: thieves to whom a copy brought tokens, once at least.
        noticed: thieves whose session was ended before its user signed out.
        sign_outs: sessions whose sign-out was answered.
        tried_after_the_end: requests with a token of a session that was known to have ended.
        rows: sessions in the database at the end.
    """

    signed_out: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    two_successors: list[str] = field(default_factory=list)
    unnoticed: list[str] = field(default_factory=list)
    lost_sessions: list[str] = field(default_factory=list)
    lost_ends: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    refreshes: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)
    silences: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    effects: Counter[str] = field(default_factory=Counter)
    thefts: int = 0
    let_in: int = 0
    noticed: int = 0
    sign_outs: int = 0
    tried_after_the_end: int = 0
    rows: int = 0
    seconds: float = 0.0

    @property
    def violations(self) -> dict[str, int]:
        """How often each thing happened that must not happen, honest clients apart."""
        return {
            "tokens with two live successors": len(self.two_successors),
            "thieves unnoticed": len(self.unnoticed),
            "acknowledged sessions lost": len(self.lost_sessions),
            "acknowledged ends lost": len(self.lost_ends),
            "answers with status 500": len(self.errors),
        }

    @property
    def answered(self) -> int:
        """Refreshes of honest clients of every kind that were answered with tokens."""
        return sum(count for kind, count in self.refreshes.items() if kind != THIEF)

    def signed_out_of(self, kind: str) -> int:
        """How many honest clients of a kind were signed out."""
        return len(self.signed_out.get(kind, ()))

    def missed(self, *, one_in: int | None) -> list[str]:
        """What is not as it has to be.

        Args:
            one_in: so many refreshes may cost one session that is not bound by DPoP; None: that is not looked at.
        """
        found = [f"{name}: {count}" for name, count in self.violations.items() if count]
        for kind, refreshes in self.refreshes.items():
            out = self.signed_out_of(kind)
            allowed = 0 if kind == BOUND else out if one_in is None else refreshes // one_in
            if kind not in {THIEF, VICTIM} and out > allowed:
                found.append(f"honest clients signed out, {kind}: {out} in {refreshes} refreshes")
        never = {kind: self.signed_out_of(kind) for kind in self.signed_out if kind not in self.refreshes}
        found += [f"honest clients signed out, {kind}: {out} in no refresh at all" for kind, out in never.items()]
        return found

    def hollow(self, *, faults: Collection[str] = (), kinds: Collection[str] = ()) -> list[str]:
        """What the history does not show, without which it proves nothing.

        Args:
            faults: those that were to be done.
            kinds: of the honest clients that there were to be.
        """
        shown = {
            "the database's rows": self.rows,
            "a refresh without a reply": sum(self.unanswered.values()),
            "an answered sign-out": self.sign_outs,
            "a token tried after its session's end": self.tried_after_the_end,
            "a thief who got in": self.let_in,
            "a thief who was noticed": self.noticed,
            "a fault": sum(self.faults.values()),
            **{f"a refresh, {kind}": self.refreshes[kind] for kind in kinds},
            **{f"{fault}, and its effect": self.effects[fault] for fault in {*faults, *self.faults}},
        }
        return sorted(f"there is no sign of {what}" for what, times in shown.items() if not times)

    @property
    def sentences(self) -> list[str]:
        """Every violation in words."""
        told = [sentence for each in self.signed_out.values() for sentence in each]
        return [*told, *self.two_successors, *self.unnoticed, *self.lost_sessions, *self.lost_ends, *self.errors]

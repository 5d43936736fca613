"""Read a whole history and count what must not have happened. Pure: no server, no clock.

- An **honest client signed out**: a refresh of a session that nobody stole and nobody ended was told, by a word that a
  client takes for the last, that the session is no more; or the client got no good answer any more until the end.
- **Two live successors**: two different refresh tokens were given out for one generation of one session.
- A **thief unnoticed**: a use of the stolen copy was answered with tokens although the victim had refreshed three times
  since the thief's first success. A use within the grace time of a refresh of the victim's does not count: nobody could
  tell it from a second tab (docs/concepts/sessions-and-rotation.md).
- An **acknowledged session lost**: a sign-in or a refresh was answered with a token, and in the end the database knows
  no such session, or only an earlier generation of it.
- An **acknowledged end lost**: a sign-out was answered, and afterwards the session gave a token, or, more than a second
  later, let an access token in; or the database does not know of the end.
- An **error**: a status of 500.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from benchmarks.faults.history import Act, Event, What

__all__ = ["BOUND", "FINAL", "THIEF", "Findings", "Request", "check"]

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

BOUND: Final = "DPoP"
"""The kind of clients that must never be signed out."""

_STALENESS: Final = 1.0
"""Seconds for which an access token may outlive its session (DESIGN, P3)."""
_REFRESHES_UNTIL_NOTICED: Final = 3


@dataclass(slots=True)
class Request:
    """A request and what became of it.

    Args:
        asked: its beginning.
        answered: its reply; None: silence.
        ended: when the reply came, or the waiting ended.
    """

    asked: Event
    answered: Event | None = None
    ended: float = float("inf")

    @property
    def status(self) -> int:
        """Of HTTP; 0 for silence."""
        return 0 if self.answered is None else self.answered.status

    @property
    def is_good(self) -> bool:
        """Whether it was answered as it asked."""
        return 200 <= self.status < 300

    @property
    def is_last_word(self) -> bool:
        """Whether the answer signs a client out."""
        return self.answered is not None and self.status == 401 and self.answered.reason in FINAL

    def gap(self, other: "Request") -> float:
        """Seconds between the two, at the most; 0 where they overlap."""
        return max(self.asked.at - other.ended, other.asked.at - self.ended, 0.0)


@dataclass(slots=True)
class Findings:
    """What the checker found: lists of sentences for what must be empty, counts for the rest."""

    signed_out: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    two_successors: list[str] = field(default_factory=list)
    unnoticed: list[str] = field(default_factory=list)
    lost_sessions: list[str] = field(default_factory=list)
    lost_ends: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    refreshes: Counter[str] = field(default_factory=Counter)
    silences: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    thefts: int = 0
    noticed: int = 0
    sign_outs: int = 0
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
            if kind != THIEF and out > allowed:
                found.append(f"honest clients signed out, {kind}: {out} in {refreshes} refreshes")
        return found

    @property
    def sentences(self) -> list[str]:
        """Every violation in words."""
        told = [sentence for each in self.signed_out.values() for sentence in each]
        return [*told, *self.two_successors, *self.unnoticed, *self.lost_sessions, *self.lost_ends, *self.errors]


class _Reader:
    """Takes the events in and keeps what the questions need."""

    def __init__(self) -> None:
        self.findings = Findings()
        self.kinds: dict[str, str] = {}
        self.requests: dict[int, Request] = {}
        self.of_session: dict[str, list[Request]] = defaultdict(list)
        self.given: dict[tuple[str, int], str] = {}
        self.thefts: list[Event] = []
        self.rows: dict[str, Event] = {}
        self.has_rows = False
        self._began: float | None = None

    def take(self, event: Event) -> None:
        """One event more."""
        self._began = event.at if self._began is None else self._began
        self.findings.seconds = event.at - self._began
        match event.what:
            case What.CLIENT:
                self.kinds[event.who] = event.kind
            case What.ASK:
                request = self.requests[event.number] = Request(event)
                if event.sid:
                    self.of_session[event.sid].append(request)
            case What.ANSWER:
                self._answer(event)
            case What.SILENCE:
                self.requests[event.number].ended = event.at
                self.findings.silences += 1
            case What.THEFT:
                self.thefts.append(event)
            case What.FAULT:
                self.findings.faults[event.kind] += event.reason == "begins"
            case What.ROW:
                self.rows[event.sid] = event
                self.has_rows = True

    def _answer(self, event: Event) -> None:
        request = self.requests[event.number]
        request.answered, request.ended = event, event.at
        findings = self.findings
        findings.statuses[event.status] += 1
        if event.status == 500:
            findings.errors.append(f"{request.asked.who}: 500 to {request.asked.act} at {event.at:.3f}")
        if not event.token:
            return
        if event.sid not in self.of_session:
            # A session is known by its sign-in.
            self.of_session[event.sid] = [request]
        if request.asked.act == Act.REFRESH:
            findings.refreshes[self.kinds.get(request.asked.who, "")] += 1
        first = self.given.setdefault((event.sid, event.generation), event.token)
        if first != event.token:
            findings.two_successors.append(
                f"session {event.sid}: {first} and {event.token} are both generation {event.generation}"
            )


def check(events: Iterable[Event], *, grace: float) -> Findings:
    """Judge a history.

    Args:
        events: in the order of their times.
        grace: ``REFRESH_GRACE`` of the servers, seconds.
    """
    reader = _Reader()
    for event in events:
        reader.take(event)
    stolen = {theft.sid for theft in reader.thefts}
    for sid, requests in reader.of_session.items():
        if sid not in stolen:
            _look_for_the_signed_out(reader, sid, requests)
        _look_for_lost_ends(reader, sid, requests)
        _look_for_lost_sessions(reader, sid, requests)
    for theft in reader.thefts:
        _look_for_an_unnoticed_thief(reader, theft, grace)
    reader.findings.thefts = len(reader.thefts)
    return reader.findings


def _look_for_the_signed_out(reader: _Reader, sid: str, requests: list[Request]) -> None:
    if any(request.asked.act == Act.SIGN_OUT for request in requests):
        return
    refreshes = [request for request in requests if request.asked.act in {Act.REFRESH, Act.SIGN_IN}]
    said = next((request for request in refreshes if request.is_last_word), None)
    who = refreshes[0].asked.who if refreshes else ""
    kind = reader.kinds.get(who, "")
    if said is not None and said.answered is not None:
        showed = f"generation {said.asked.generation} at {said.asked.at:.3f}"
        reader.findings.signed_out[kind].append(f"{who} ({sid}): {said.answered.reason} to {showed}")
    elif refreshes and not refreshes[-1].is_good:
        reader.findings.signed_out[kind].append(f"{who} ({sid}): no good answer from {refreshes[-1].asked.at:.3f} on")


def _look_for_lost_ends(reader: _Reader, sid: str, requests: list[Request]) -> None:
    ends = [request.ended for request in requests if request.asked.act == Act.SIGN_OUT and request.is_good]
    if not ends:
        return
    ended = min(ends)
    findings = reader.findings
    findings.sign_outs += 1
    for request in requests:
        late = request.asked.at - ended
        bound = {Act.REFRESH: 0.0, Act.USE: _STALENESS}.get(Act(request.asked.act), float("inf"))
        if request.is_good and late > bound:
            findings.lost_ends.append(f"session {sid}: {request.asked.act} accepted {late:.3f} s after its end")
    row = reader.rows.get(sid)
    if reader.has_rows and (row is None or not row.status):
        findings.lost_ends.append(f"session {sid}: ended at {ended:.3f}, and the database does not know of it")


def _look_for_lost_sessions(reader: _Reader, sid: str, requests: list[Request]) -> None:
    newest = max(
        (one.answered.generation for one in requests if one.answered is not None and one.answered.token), default=None
    )
    if not reader.has_rows or newest is None:
        return
    row = reader.rows.get(sid)
    if row is None:
        reader.findings.lost_sessions.append(f"session {sid}: the database does not know of it")
    elif row.generation < newest:
        told = f"generation {newest} was given out, the database stands at {row.generation}"
        reader.findings.lost_sessions.append(f"session {sid}: {told}")


def _look_for_an_unnoticed_thief(reader: _Reader, theft: Event, grace: float) -> None:
    refreshes = [request for request in reader.of_session[theft.sid] if request.asked.act == Act.REFRESH]
    uses = [request for request in refreshes if request.asked.who == theft.who]
    first = next((use.ended for use in uses if use.is_good), None)
    # What has no answer may have been heard.
    own = [request for request in refreshes if reader.kinds.get(request.asked.who) != THIEF]
    if first is None:
        reader.findings.noticed += any(request.is_last_word for request in uses)
        return
    answered = [one.ended for one in own if one.asked.at > first and (one.is_good or one.is_last_word)]
    if any(request.is_last_word for request in refreshes):
        reader.findings.noticed += 1
    if len(answered) < _REFRESHES_UNTIL_NOTICED:
        return
    acted = sorted(answered)[_REFRESHES_UNTIL_NOTICED - 1]
    for use in uses:
        if use.is_good and use.asked.at > acted and all(use.gap(other) > grace for other in own):
            late = f"{use.asked.at - first:.3f} s after its first use"
            reader.findings.unnoticed.append(f"session {theft.sid}: {theft.who} went on {late}")
            return

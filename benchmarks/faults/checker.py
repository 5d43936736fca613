"""Read a whole history and count what must not have happened. Pure: no server, no clock.

- An **honest client signed out**: a refresh of a session that no thief used and its user had not ended was told, by a
  word that a client takes for the last, that the session is no more; or the client got no good answer any more, to a
  refresh or to a sign-in, until the end; or the database has ended the session, and nobody asked for that.
- **Two live successors**: two different refresh tokens were given out for one generation of one session.
- A **thief unnoticed**: a use of the stolen copy was answered with tokens although the victim had refreshed three times
  since the thief's first success. A use within the grace time of a refresh of the victim's does not count: nobody could
  tell it from a second tab (docs/concepts/sessions-and-rotation.md).
- An **acknowledged session lost**: a sign-in or a refresh was answered with a token, and in the end the database knows
  no such session, or only an earlier generation of it.
- An **acknowledged end lost**: a sign-out was answered, or somebody was told that the session has ended (reuse ends
  one), and afterwards the session gave a token, or, more than a second later, let an access token in; or the database
  does not know of the end.
- An **error**: a status of 500 or above that does not ask to come again, as 503 does.

A history in which nothing happened has none of these. So the checker also says what a history **does not show**
(:meth:`Findings.hollow`): a fault without its effect, no lost reply, no thief who got in, none who was noticed, no
token tried after its session's end, no rows of the database. Such a history proves nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from benchmarks.faults.findings import FINAL, THIEF, VICTIM, Findings
from benchmarks.faults.history import Act, Event, What

__all__ = ["Request", "check"]

_ENDED: Final = frozenset({"refresh_reused", "session_revoked"})
"""Reasons that say of a session that it was ended, for good."""

_STALENESS: Final = 1.0
"""Seconds for which an access token may outlive its session (DESIGN, P3)."""
_REFRESHES_UNTIL_NOTICED: Final = 3
_SERVERS_FAULT: Final = 500
_COME_AGAIN: Final = 503


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
        self.last_of_client: dict[str, Request] = {}
        self._began: float | None = None

    def take(self, event: Event) -> None:
        """One event more."""
        self._began = event.at if self._began is None else self._began
        self.findings.seconds = event.at - self._began
        match event.what:
            case What.CLIENT:
                self.kinds[event.who] = event.kind
            case What.ASK:
                request = self.requests[event.number] = self.last_of_client[event.who] = Request(event)
                if event.sid:
                    self.of_session[event.sid].append(request)
            case What.ANSWER:
                self._answer(event)
            case What.SILENCE:
                request = self.requests[event.number]
                request.ended = event.at
                self.findings.silences += 1
            case What.THEFT:
                self.thefts.append(event)
            case What.FAULT:
                self.findings.faults[event.kind] += event.reason == "begins"
                if event.status:
                    self.findings.effects[event.kind] += 1
            case What.ROW:
                self.rows[event.sid] = event

    def _answer(self, event: Event) -> None:
        request = self.requests[event.number]
        request.answered, request.ended = event, event.at
        findings = self.findings
        findings.statuses[event.status] += 1
        if event.status >= _SERVERS_FAULT and event.status != _COME_AGAIN:
            findings.errors.append(f"{request.asked.who}: {event.status} to {request.asked.act} at {event.at:.3f}")
        if not event.token:
            return
        if event.sid not in self.of_session:
            # A session is known by its sign-in.
            self.of_session[event.sid] = [request]
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
    thieves = {theft.sid: theft.who for theft in reader.thefts}
    for sid, requests in reader.of_session.items():
        is_shared = any(request.asked.who == thieves.get(sid) for request in requests)
        _count_refreshes(reader, requests, is_shared=is_shared)
        if not is_shared:
            _look_for_the_signed_out(reader, sid, requests)
        _look_for_lost_ends(reader, sid, requests)
        _look_for_lost_sessions(reader, sid, requests)
    _look_for_the_shut_out(reader)
    for theft in reader.thefts:
        _look_for_an_unnoticed_thief(reader, theft, grace)
    reader.findings.thefts = len(reader.thefts)
    reader.findings.rows = len(reader.rows)
    return reader.findings


def _count_refreshes(reader: _Reader, requests: list[Request], *, is_shared: bool) -> None:
    findings = reader.findings
    for request in requests:
        if request.asked.act == Act.REFRESH:
            kind = reader.kinds.get(request.asked.who, "")
            kind = VICTIM if is_shared and kind != THIEF else kind
            findings.asked[kind] += 1
            findings.unanswered[kind] += request.answered is None
            findings.refreshes[kind] += request.answered is not None and bool(request.answered.token)


def _look_for_the_signed_out(reader: _Reader, sid: str, requests: list[Request]) -> None:
    left = next((at for at, request in enumerate(requests) if request.asked.act == Act.SIGN_OUT), None)
    # Up to the sign-out, if there is one: what comes after it is to be refused.
    own = [request for request in requests[:left] if request.asked.act in {Act.REFRESH, Act.SIGN_IN}]
    if not own:
        return
    who, signed_out = own[0].asked.who, reader.findings.signed_out
    kind = reader.kinds.get(who, "")
    said = next((request for request in own if request.is_last_word), None)
    row = reader.rows.get(sid)
    if said is not None and said.answered is not None:
        showed = f"generation {said.asked.generation} at {said.asked.at:.3f}"
        signed_out[kind].append(f"{who} ({sid}): {said.answered.reason} to {showed}")
    elif left is None and not own[-1].is_good:
        signed_out[kind].append(f"{who} ({sid}): no good answer from {own[-1].asked.at:.3f} on")
    elif left is None and row is not None and row.status:
        signed_out[kind].append(f"{who} ({sid}): ended in the database, {row.reason or 'without a reason'}")


def _look_for_the_shut_out(reader: _Reader) -> None:
    """Honest clients whose last request is a sign-in that nobody answered well."""
    for who, request in reader.last_of_client.items():
        kind = reader.kinds.get(who, "")
        if kind != THIEF and request.asked.act == Act.SIGN_IN and not request.is_good:
            reader.findings.signed_out[kind].append(f"{who}: not let in from {request.asked.at:.3f} on")


def _look_for_lost_ends(reader: _Reader, sid: str, requests: list[Request]) -> None:
    signed_out = [one.ended for one in requests if one.asked.act == Act.SIGN_OUT and one.is_good]
    told = [one.ended for one in requests if one.answered and one.status == 401 and one.answered.reason in _ENDED]
    if not signed_out and not told:
        return
    ended = min([*signed_out, *told])
    findings = reader.findings
    findings.sign_outs += bool(signed_out)
    for request in requests:
        late = request.asked.at - ended
        bound = {Act.REFRESH: 0.0, Act.USE: _STALENESS}.get(Act(request.asked.act), float("inf"))
        findings.tried_after_the_end += request.answered is not None and late > bound
        if request.is_good and late > bound:
            findings.lost_ends.append(f"session {sid}: {request.asked.act} accepted {late:.3f} s after its end")
    row = reader.rows.get(sid)
    if reader.rows and (row is None or not row.status):
        findings.lost_ends.append(f"session {sid}: ended at {ended:.3f}, and the database does not know of it")


def _look_for_lost_sessions(reader: _Reader, sid: str, requests: list[Request]) -> None:
    newest = max(
        (one.answered.generation for one in requests if one.answered is not None and one.answered.token), default=None
    )
    if not reader.rows or newest is None:
        return
    row = reader.rows.get(sid)
    if row is None:
        reader.findings.lost_sessions.append(f"session {sid}: the database does not know of it")
    elif row.generation < newest:
        told = f"generation {newest} was given out, the database stands at {row.generation}"
        reader.findings.lost_sessions.append(f"session {sid}: {told}")


def _look_for_an_unnoticed_thief(reader: _Reader, theft: Event, grace: float) -> None:
    requests = reader.of_session[theft.sid]
    refreshes = [request for request in requests if request.asked.act == Act.REFRESH]
    uses = [request for request in refreshes if request.asked.who == theft.who]
    first = next((use.ended for use in uses if use.is_good), None)
    left = min((one.asked.at for one in requests if one.asked.act == Act.SIGN_OUT), default=float("inf"))
    findings = reader.findings
    # Whoever is refused because the session's user has signed out was not noticed.
    findings.noticed += any(request.is_last_word and request.ended < left for request in refreshes)
    if first is None:
        return
    findings.let_in += 1
    # What has no answer may have been heard.
    own = [request for request in refreshes if reader.kinds.get(request.asked.who) != THIEF]
    answered = [one.ended for one in own if one.asked.at > first and (one.is_good or one.is_last_word)]
    if len(answered) < _REFRESHES_UNTIL_NOTICED:
        return
    acted = sorted(answered)[_REFRESHES_UNTIL_NOTICED - 1]
    for use in uses:
        if use.is_good and use.asked.at > acted and all(use.gap(other) > grace for other in own):
            late = f"{use.asked.at - first:.3f} s after its first use"
            findings.unnoticed.append(f"session {theft.sid}: {theft.who} went on {late}")
            return

"""Who still accepts a token whose session has ended, and for how long: asked again and again, and counted."""

import asyncio
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from benchmarks.asking import NO_ANSWER, Answer, Channel, percentile, request

__all__ = ["BOUND", "Place", "Record", "Tally", "ask_all", "is_refusal", "watch"]

BOUND: Final = 1.0
"""Seconds after the commit of a revocation, from which on nothing that is sent may be accepted."""
EVERY: Final = 0.02
"""Seconds between two requests with one token to one service."""
_UNDECIDED: Final = frozenset({NO_ANSWER, 503})


@dataclass(frozen=True, slots=True)
class Place:
    """Where tokens are shown.

    Args:
        name: for people.
        port: on loopback.
        path: of a page for those who are signed in.
    """

    name: str
    port: int
    path: str

    def show(self, token: str) -> bytes:
        """The request that shows a token."""
        return request("GET", self.path, token=token)


@dataclass
class Record:
    """One revocation, and what each place answered to the token.

    Args:
        sid: of the session.
        asked: seconds since 1970 when the revoking request that succeeded began to be sent.
        committed: as PostgreSQL noted it; before it is known, the same as ``asked``.
        answers: by the label of the place.
        since: by label: seconds since 1970 from which on times are counted, where it is not the revocation.
    """

    sid: str
    asked: float = float("inf")
    committed: float = float("inf")
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    since: dict[str, float] = field(default_factory=dict)

    def note(self, label: str, answer: Answer) -> None:
        """Keep an answer."""
        self.answers.setdefault(label, []).append(answer)


def is_refusal(answer: Answer) -> bool:
    """Whether it says that the session was ended."""
    return answer.status == 401 and b"session_revoked" in answer.body


async def watch(
    record: Record, place: Place, token: str, *, label: str, refused: asyncio.Event, seconds: float
) -> None:
    """Show a token every 20 ms until it is refused, on a connection of its own.

    Args:
        record: is told every answer.
        place: is asked.
        token: an access token.
        label: under which answers are noted.
        refused: set at the first refusal.
        seconds: after which this gives up.
    """
    channel = Channel(place.port, patience=seconds)
    raw = place.show(token)
    deadline = time.monotonic() + seconds
    try:
        while not refused.is_set() and time.monotonic() < deadline:
            began = time.monotonic()
            answer = await channel.ask(raw)
            record.note(label, answer)
            if is_refusal(answer):
                refused.set()
            await asyncio.sleep(max(0.0, EVERY - (time.monotonic() - began)))
    finally:
        channel.close()


async def ask_all(places: Sequence[Place], token: str, *, seconds: float) -> None:
    """Show a token everywhere until each place has accepted it.

    Raises:
        TimeoutError: one did not in time.
    """

    async def accepted(place: Place) -> None:
        channel = Channel(place.port)
        try:
            while (answer := await channel.ask(place.show(token))).status != 200:
                if answer.status not in _UNDECIDED:
                    raise RuntimeError(f"{place.name} answers a good token with {answer.status}: {answer.body!r}")
                await asyncio.sleep(0.1)
        finally:
            channel.close()

    async with asyncio.timeout(seconds):
        await asyncio.gather(*map(accepted, places))


class Tally:
    """The figures of one phase.

    Args:
        records: with the time of their commit.
        from_commit: count times from there, and not from before the revocation was asked for.
    """

    def __init__(self, records: Collection[Record], *, from_commit: bool = False) -> None:
        self._from_commit = from_commit
        self.labels = sorted({label for record in records for label in record.answers}, key=_in_order)
        self.last_accepted: dict[str, list[float]] = {label: [] for label in self.labels}
        self.first_refusal: dict[str, list[float]] = {label: [] for label in self.labels}
        self.late: dict[str, list[float]] = {label: [] for label in self.labels}
        self.others: dict[str, Counter[int]] = {label: Counter() for label in self.labels}
        self.everywhere: list[float] = []
        self.never = 0
        for record in records:
            self._count(record)

    def _count(self, record: Record) -> None:
        ends = []
        start = record.committed if self._from_commit else min(record.asked, record.committed)
        for label, answers in record.answers.items():
            began = record.since.get(label, start)
            accepted = [answer.sent for answer in answers if answer.status == 200]
            refused = [answer.received for answer in answers if is_refusal(answer)]
            self.last_accepted[label].append(max([began, *accepted]) - began)
            self.late[label] += [sent - record.committed for sent in accepted if sent > record.committed + BOUND]
            self.others[label].update(a.status for a in answers if a.status != 200 and not is_refusal(a))
            if refused:
                self.first_refusal[label].append(min(refused) - began)
                ends.append(min(refused) - start)
            else:
                self.never += 1
        if len(ends) == len(record.answers) and not record.since:
            self.everywhere.append(max(ends))

    @property
    def accepted_late(self) -> int:
        """Accepted requests that were sent later than the bound allows, everywhere."""
        return sum(map(len, self.late.values()))

    @property
    def strange(self) -> Mapping[int, int]:
        """Answers that are neither yes nor no nor "not now", by status."""
        found: Counter[int] = Counter()
        for others in self.others.values():
            found.update({status: count for status, count in others.items() if status not in _UNDECIDED})
        return found

    def show(self) -> None:
        """Print the table, in milliseconds."""
        title = "ms after the commit" if self._from_commit else "ms after it was asked for"
        print(f"  {title:34}{'last accepted request sent':^30}  {'refused':^30}")
        print(f"  {'':34}{_HEAD}  {_HEAD}{'late':>6}{'not now':>9}")
        for label in self.labels:
            figures = f"{_row(self.last_accepted[label])}  {_row(self.first_refusal[label])}"
            undecided = sum(count for status, count in self.others[label].items() if status in _UNDECIDED)
            print(f"  {label:34}{figures}{len(self.late[label]):6}{undecided:9}")
        if self.everywhere:
            print(f"  {'everywhere':34}{'':30}  {_row(self.everywhere)}")


def _in_order(label: str) -> tuple[bool, str]:
    """Servers first."""
    return not label.startswith("server"), label


_SHARES: Final = (0.5, 0.95, 0.99, 1.0)
_HEAD: Final = f"{'p50':>7}{'p95':>7}{'p99':>8}{'max':>8}"


def _row(values: list[float]) -> str:
    return "".join(
        f"{percentile(values, share) * 1000:{width}.0f}" for share, width in zip(_SHARES, (7, 7, 8, 8), strict=True)
    )

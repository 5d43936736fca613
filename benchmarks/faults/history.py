"""What happened, in order: one event a line, as JSON, written while it happens and read by the checker afterwards.

No token stands in a history, only what is needed to tell two apart.
"""

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from sys import intern
from typing import Any, Final, Self

__all__ = ["Act", "Event", "Recorder", "What", "read", "stamp"]

_NOTHING: Final = -1
_REPEATED: Final = frozenset({"act", "kind", "reason", "sid", "who"})


class What(StrEnum):
    """Kinds of events."""

    CLIENT = "client"
    """A client comes into being: ``who``, ``kind``."""
    ASK = "ask"
    """A request is about to be sent: ``number``, ``who``, ``act``, and the refresh token that it shows."""
    ANSWER = "answer"
    """Its reply came, whole: ``number``, ``status``, ``reason``, and the refresh token in it."""
    SILENCE = "silence"
    """It has no reply, and nobody waits for one any more: ``number``."""
    THEFT = "theft"
    """``who`` has a copy of the tokens of the session ``sid`` from now on."""
    FAULT = "fault"
    """``kind`` names it, ``reason`` says ``begins``, ``ends`` or what came of it."""
    ROW = "row"
    """At the end: the session ``sid`` as the database has it; ``status`` is 1 where it has ended, for ``reason``."""


class Act(StrEnum):
    """What a request is for."""

    SIGN_IN = "sign_in"
    REFRESH = "refresh"
    USE = "use"
    """Use the access token."""
    SIGN_OUT = "sign_out"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the history. What an event does not say is left out of its line.

    Args:
        at: seconds on the clock of the program that writes, which never steps.
        what: which kind of event.
        who: the client's name.
        kind: the client's kind, or the fault's name.
        number: of the request.
        act: what the request is for.
        sid: the session.
        generation: of the refresh token shown, or of the one in the reply.
        token: a stamp of that token.
        status: of HTTP.
        reason: the reply's ``reason``, else its ``code``.
    """

    at: float
    what: What
    who: str = ""
    kind: str = ""
    number: int = _NOTHING
    act: str = ""
    sid: str = ""
    generation: int = _NOTHING
    token: str = ""
    status: int = 0
    reason: str = ""

    def line(self) -> str:
        """The event as a line of JSON."""
        said = {name: value for name, value in asdict(self).items() if value not in ("", _NOTHING)}
        return json.dumps(said, separators=(",", ":"))

    @classmethod
    def of(cls, line: str) -> Self:
        """The event that a line tells of.

        Raises:
            ValueError: the line is none.
        """
        said: dict[str, Any] = json.loads(line)
        said["what"] = What(said["what"])
        # A long history names the same clients and sessions a thousand times.
        said |= {name: intern(said[name]) for name in _REPEATED & said.keys()}
        if unknown := set(said) - {field.name for field in fields(cls)}:
            raise ValueError(f"an event says nothing of {', '.join(sorted(unknown))}")
        return cls(**said)


class Recorder:
    """Writes events to a file as they happen.

    Args:
        path: of a new file.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._numbers = 0

    def note(self, what: What, **said: Any) -> None:
        """Write an event that happens now."""
        self._file.write(Event(at=round(time.monotonic(), 6), what=what, **said).line() + "\n")

    def number(self) -> int:
        """A number for the next request."""
        self._numbers += 1
        return self._numbers

    def close(self) -> None:
        """Write what is left."""
        self._file.close()


def read(path: Path) -> Iterator[Event]:
    """Yield the events of a history."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield Event.of(line)


def stamp(token: str) -> dict[str, Any]:
    """What a history says of a refresh token: its session, its generation, and a few digits that tell it from others.

    Raises:
        ValueError: it is no refresh token of Keyturn's.
    """
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return {
            "sid": claims["sid"],
            "generation": claims["gen"],
            "token": hashlib.sha256(token.encode()).hexdigest()[:16],
        }
    except (IndexError, KeyError) as error:
        raise ValueError("not a refresh token") from error

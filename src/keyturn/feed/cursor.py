"""How far a reader has come in the feed: an opaque text that it hands back to get what came since.

Imports no Django: a service that only follows the feed needs none.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from keyturn.errors import KeyturnError

__all__ = ["SQLITE", "Cursor", "CursorTooOldError", "Snapshot"]

SQLITE: Final = "sqlite"
"""The identity of every SQLite file: one is told from another by the row a reader read last, see ``Cursor.mark``."""

_VERSION: Final = "1"
_LARGEST: Final = 2**63 - 1
_LONGEST: Final = 262_144
_YEAR_10000: Final = 253_402_300_800
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_IDENTITY: Final = re.compile(r"[0-9a-f]{1,40}(-[0-9a-f]{1,40}){0,7}|sqlite", re.ASCII)
_MARK: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)


class CursorTooOldError(KeyturnError):
    """What a cursor has not seen is no longer all there, or is no longer in the same database: begin without one."""


def _number(text: str) -> int:
    if _NUMBER.fullmatch(text) is None or int(text) > _LARGEST:
        raise ValueError("not a cursor of this feed")
    return int(text)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Which transactions had ended at one moment, as PostgreSQL's ``pg_snapshot`` tells it (its manual, 9.27.8).

    Args:
        xmin: all transactions below it had ended.
        xmax: none from it on had ended.
        open: those in between that had not, ascending.
    """

    xmin: int
    xmax: int
    open: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what PostgreSQL would refuse.

        Raises:
            ValueError: the numbers contradict each other.
        """
        ascending = all(a < b for a, b in zip(self.open, self.open[1:], strict=False))
        within = not self.open or (self.xmin <= self.open[0] and self.open[-1] < self.xmax)
        if not (0 < self.xmin <= self.xmax <= _LARGEST and ascending and within):
            raise ValueError("not a snapshot")

    @classmethod
    def parse(cls, text: str) -> "Snapshot":
        """Read ``xmin:xmax:a,b,c``.

        Raises:
            ValueError: it is none.
        """
        xmin, xmax, still_open = text.split(":")
        return cls(_number(xmin), _number(xmax), tuple(map(_number, filter(None, still_open.split(",")))))

    def __str__(self) -> str:
        return f"{self.xmin}:{self.xmax}:{','.join(map(str, self.open))}"

    def pack(self) -> str:
        """The same, shorter: everything but xmin relative to it."""
        return f"{self.xmin}:{self.xmax - self.xmin}:{','.join(str(each - self.xmin) for each in self.open)}"

    @classmethod
    def unpack(cls, text: str) -> "Snapshot":
        """Undo :meth:`pack`.

        Raises:
            ValueError: it is none.
        """
        xmin, width, still_open = text.split(":")
        low = _number(xmin)
        offsets = map(_number, still_open.split(",") if still_open else ())
        return cls(low, low + _number(width), tuple(low + offset for offset in offsets))


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in the feed of one database.

    Args:
        identity: which database; another one, or another life of it, has other transactions under the same numbers.
        at: seconds since 1970, to the millisecond: since when this position may have missed rows.
        base: everything that was visible to it has been read. None on SQLite, and on the pages of a first reading.
        upcoming: becomes the base once the last page is read; None between readings, and on SQLite.
        last: the id of the last row read in this reading; on SQLite of the last row read at all.
        horizon: on the pages of a first reading: entries from before it (seconds since 1970) are left out.
        mark: SQLite only: what the row ``last`` held. A file put back from a copy has another row there, or none.
    """

    identity: str
    at: float
    base: Snapshot | None = None
    upcoming: Snapshot | None = None
    last: int = 0
    horizon: float | None = None
    mark: str = ""

    def encode(self) -> str:
        """The text form: URL-safe, opaque, usually below 200 bytes."""
        fields = (
            _VERSION,
            self.identity,
            str(_milliseconds(self.at)),
            self.base.pack() if self.base else "",
            self.upcoming.pack() if self.upcoming else "",
            str(self.last),
            "" if self.horizon is None else str(_milliseconds(self.horizon)),
            self.mark,
        )
        return base64.urlsafe_b64encode("~".join(fields).encode("ascii")).decode("ascii").rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Read the text form.

        Raises:
            ValueError: it is not one that :meth:`encode` writes.
        """
        if len(text) > _LONGEST:
            raise ValueError("not a cursor of this feed")
        try:
            raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
            version, identity, at, base, upcoming, last, horizon, mark = raw.decode("ascii").split("~")
            cursor = cls(
                identity=identity,
                at=_number(at) / 1_000,
                base=Snapshot.unpack(base) if base else None,
                upcoming=Snapshot.unpack(upcoming) if upcoming else None,
                last=_number(last),
                horizon=_number(horizon) / 1_000 if horizon else None,
                mark=mark,
            )
        except (ValueError, binascii.Error):
            raise ValueError("not a cursor of this feed") from None
        # One text a position: padding, spare bits or another alphabet would be a second one.
        if version != _VERSION or not cursor._is_possible() or cursor.encode() != text:
            raise ValueError("not a cursor of this feed")
        return cursor

    def _is_possible(self) -> bool:
        if _IDENTITY.fullmatch(self.identity) is None or max(self.at, self.horizon or 0) >= _YEAR_10000:
            return False
        if self.identity == SQLITE:
            marked = _MARK.fullmatch(self.mark) is not None if self.last else not self.mark
            return marked and self.base is None and self.upcoming is None
        if self.mark or (self.horizon is not None) != (self.base is None):
            return False
        # Between readings there is a base and no row to go on from.
        return self.upcoming is not None or (self.base is not None and self.last == 0)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1_000)

"""How far development's clock runs ahead, which all processes of one data directory agree on at once.

Eight bytes in a file that each process maps into its memory: to read them costs what reading a variable costs, and what
one process writes the others see with their next look.
"""

import fcntl
import mmap
import os
import struct
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Final

from keyturn_server.dev.place import directory

__all__ = ["MOST", "SharedClock", "shared_clock"]

MOST: Final = timedelta(days=3_660)
"""The furthest it can run ahead: ten years."""

_FORMAT: Final = struct.Struct("@q")
"""Microseconds, in the machine's own form: written and read in one piece, so that nobody sees half a number."""


class SharedClock:
    """The number in the file, which is opened when first asked for.

    Args:
        path: of the file; made where it is missing, together with its directory, for its owner alone.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # The lock of the file is the process's, so threads need one of their own.
        self._lock = Lock()

    def ahead(self) -> timedelta:
        """How far the clock runs ahead, never below zero."""
        return timedelta(microseconds=_FORMAT.unpack_from(self._memory)[0])

    def advance(self, by: timedelta) -> timedelta:
        """Move the clock on and return how far it runs ahead now; others may move it at the same time.

        Raises:
            ValueError: it would run ahead by less than nothing, or by more than :data:`MOST`.
        """
        # The first look makes the file.
        self.ahead()
        with self._lock, self._path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            moved = self.ahead() + by
            if not timedelta(0) <= moved <= MOST:
                raise ValueError(f"the clock can run ahead by up to {MOST.days} days, and never behind")
            self._write(moved)
            return moved

    def reset(self) -> None:
        """Show the real time again."""
        self._write(timedelta(0))

    @cached_property
    def _memory(self) -> mmap.mmap:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            if os.fstat(file.fileno()).st_size != _FORMAT.size:
                file.truncate(_FORMAT.size)
            return mmap.mmap(file.fileno(), _FORMAT.size)

    def _write(self, ahead: timedelta) -> None:
        _FORMAT.pack_into(self._memory, 0, ahead // timedelta(microseconds=1))


_clocks: Final[dict[Path, SharedClock]] = {}


def shared_clock() -> SharedClock:
    """The clock of this server's data directory."""
    path = directory() / "clock"
    # Two threads at once: setdefault keeps one of the two.
    return _clocks.get(path) or _clocks.setdefault(path, SharedClock(path))

"""Found by a node's interpreter at its start: its wall clock is wrong by what a file says.

All that asks for the time in Python asks here then: ``time.time`` and ``time.time_ns``, and the clock of Keyturn. The
clocks that measure spans go on as they are, as they do where somebody sets a machine's clock. (libfaketime, which would
do the same for every program, makes ``time.sleep`` fail on Python 3.11 and newer.)
"""

import mmap
import os
import struct
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

_FORM: Final = struct.Struct("@q")
_NANOSECONDS: Final = 1_000_000_000


def _go_wrong(path: Path) -> None:
    with path.open("r+b") as file:
        memory = mmap.mmap(file.fileno(), _FORM.size)
    real, real_ns = time.time, time.time_ns

    def ahead() -> int:
        seconds: int = _FORM.unpack_from(memory)[0]
        return seconds

    time.time = lambda: real() + ahead()
    time.time_ns = lambda: real_ns() + ahead() * _NANOSECONDS
    from keyturn import clock  # noqa: PLC0415 - not in processes that have no wrong clock

    clock._ahead = lambda: timedelta(seconds=ahead())  # noqa: SLF001 - its own door is for development only


if "WRONG_CLOCK" in os.environ:
    _go_wrong(Path(os.environ["WRONG_CLOCK"]))

"""Answers whose moment tells nothing of what was found.

What costs the same for an account that exists and for one that does not needs no help. Where it cannot, as when one of
two answers has stored something and the other has not, both wait for the next of a few moments that lie apart evenly.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Final

__all__ = ["postponed", "steady"]

postponed: Final[ContextVar[list[float] | None]] = ContextVar("keyturn_postponed", default=None)
"""Set to an empty list, around a request, by a server that can send an answer later without a thread that waits for it:
until when (seconds of ``time.monotonic``) the answer must be kept is then written there instead of being waited for."""


def _wait(seconds: float) -> None:
    moments = postponed.get()
    if moments is None:
        time.sleep(seconds)
    else:
        moments.append(time.monotonic() + seconds)


@contextmanager
def steady(
    every: timedelta, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = _wait
) -> Iterator[None]:
    """End the block of a ``with`` a multiple of some time after it began.

    Refusals wait as well. The thread is held meanwhile, but in the ready-made server, so this is for what is asked for
    rarely and counted, and for nothing that holds a transaction open.

    Args:
        every: how far apart the moments lie: longer than the block mostly takes, so that the first one is the rule.
        clock: seconds that only ever go up.
        sleep: waits for so many seconds.
    """
    began = clock()
    step = every.total_seconds()
    try:
        yield
    finally:
        took = clock() - began
        sleep(max(0.0, math.ceil(took / step) * step - took))

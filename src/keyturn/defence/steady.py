"""Answers whose moment tells nothing of what was found.

What costs the same for an account that exists and for one that does not needs no help. Where it cannot, as when one of
two answers has stored something and the other has not, both wait for the next of a few moments that lie apart evenly.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

__all__ = ["steady"]


@contextmanager
def steady(
    every: timedelta, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """End the block of a ``with`` a multiple of some time after it began.

    Refusals wait as well. The thread is held meanwhile, so this is for what is asked for rarely and counted, and for
    nothing that holds a transaction open.

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

"""Time that passes, whatever is done to the clock on the wall."""

import time

__all__ = ["elapsed"]

# Unlike CLOCK_MONOTONIC it goes on while the machine sleeps.
_BOOT_TIME = getattr(time, "CLOCK_BOOTTIME", None)


def elapsed() -> float:
    """Seconds since some fixed moment in the past; never goes back, and counts suspended time where the system can."""
    return time.monotonic() if _BOOT_TIME is None else time.clock_gettime(_BOOT_TIME)

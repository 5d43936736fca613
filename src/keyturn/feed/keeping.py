"""For how long a revocation matters, in memory and in the table."""

from datetime import timedelta
from typing import Final

from keyturn import conf

__all__ = ["CURSOR_LIFETIME", "keep", "retention"]

CURSOR_LIFETIME: Final = timedelta(hours=24)
"""A reader that stayed away for longer begins anew, at least."""

_CLOCKS_AND_COMMITS: Final = timedelta(seconds=60)
_BEYOND_CURSORS: Final = timedelta(hours=1)


def keep() -> timedelta:
    """How long a process remembers an ended session: until the last access token minted for it is dead.

    That is one access lifetime and the leeway, and a minute for clocks that differ and for transactions that take
    their time between the revocation and the commit.
    """
    settings = conf.get()
    return settings.access_token_lifetime + settings.leeway + _CLOCKS_AND_COMMITS


def retention(kept: timedelta) -> timedelta:
    """How long rows stay: longer than any cursor is accepted, by an hour.

    Args:
        kept: see :func:`keep`.
    """
    return max(kept, CURSOR_LIFETIME) + _BEYOND_CURSORS

"""A port nobody listens on."""

import random
import socket
from typing import Final

__all__ = ["LOOPBACK", "free_port"]

LOOPBACK = "127.0.0.1"

# Below those that systems give to outgoing connections (Linux from 32,768 on, RFC 6335 section 6 from 49,152 on): of
# them one that was free may be somebody's a moment later, since every worker's clients open some all the time.
_FIRST: Final = 10_000
_LAST: Final = 29_999
# pytest-randomly seeds the shared generator alike in all workers, which would all choose the same.
_CHOICE: Final = random.SystemRandom()


def free_port() -> int:
    """Return a loopback TCP port that was free a moment ago.

    Someone else may take it before it is used: starters retry with another one.

    Raises:
        OSError: a hundred of them were taken.
    """
    for _ in range(100):
        port = _CHOICE.randint(_FIRST, _LAST)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
        return port
    raise OSError(f"no free port of a hundred from {_FIRST} to {_LAST}")

"""What every command of the program does alike: set Django up, and tell people what went wrong."""

import logging
import sys
from typing import Any, Final

import django
from django.db import connections

from keyturn_server.observing.logs import is_json

__all__ = ["say", "serve_from_here", "set_up", "tell"]

_log: Final = logging.getLogger("keyturn.server")
# By the database's alias: what its pool would be like.
_pools: Final[dict[str, Any]] = {}


def set_up() -> None:
    """Set Django up in a process that runs a command rather than serves.

    It needs a connection, not a store of them, which would hide why there is none. The workers of ``keyturn serve`` set
    themselves up.
    """
    django.setup()
    for connection in connections.all():
        options = connection.settings_dict["OPTIONS"]
        if "pool" in options:
            _pools[connection.alias] = options.pop("pool")


def serve_from_here() -> None:
    """Undo that, in a process that was forked from one that was set up, and that is to serve."""
    for alias, pool in _pools.items():
        connections.settings[alias]["OPTIONS"]["pool"] = pool


def tell(message: str) -> None:
    """Write ``message`` to standard error, the program's name before every line; as JSON where the log is."""
    for line in message.splitlines():
        if is_json():
            _log.warning("%s", line)
            continue
        # In one write: what another thread logs meanwhile cannot come between the words and the end of their line.
        sys.stderr.write(f"keyturn: {line}\n")
    sys.stderr.flush()


def say(message: str) -> None:
    """Say something good, a line, to whoever reads standard error; as JSON where the log is."""
    if is_json():
        _log.info("%s", message)
    else:
        print(message, file=sys.stderr, flush=True)

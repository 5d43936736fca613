"""What every command of the program does alike: set Django up, and tell people what went wrong."""

import logging
import sys
from typing import Final

import django
from django.db import connections

from keyturn_server.observing.logs import is_json

__all__ = ["say", "set_up", "tell"]

_log: Final = logging.getLogger("keyturn.server")


def set_up() -> None:
    """Set Django up in a process that runs a command rather than serves.

    It needs a connection, not a pool of them: a pool's threads would try again and again, each with a line in the log,
    and hide the reason behind "couldn't get a connection". The workers of ``keyturn serve`` set themselves up.
    """
    django.setup()
    for connection in connections.all():
        connection.settings_dict["OPTIONS"].pop("pool", None)


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

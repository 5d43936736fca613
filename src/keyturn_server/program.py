"""What every command of the program does alike: set Django up, and tell people what went wrong."""

import sys

import django
from django.db import connections

__all__ = ["set_up", "tell"]


def set_up() -> None:
    """Set Django up in a process that runs a command rather than serves.

    It needs a connection, not a pool of them: a pool's threads would try again and again, each with a line in the log,
    and hide the reason behind "couldn't get a connection". The workers of ``keyturn serve`` set themselves up.
    """
    django.setup()
    for connection in connections.all():
        connection.settings_dict["OPTIONS"].pop("pool", None)


def tell(message: str) -> None:
    """Write ``message`` to standard error, the program's name before every line."""
    for line in message.splitlines():
        # In one write: what another thread logs meanwhile cannot come between the words and the end of their line.
        sys.stderr.write(f"keyturn: {line}\n")
    sys.stderr.flush()

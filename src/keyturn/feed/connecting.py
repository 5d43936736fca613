"""The watcher's own connection: outside of any pool, and quick to notice that nobody answers."""

from typing import Any, Final

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["own_connection"]

# Seconds, and for tcp_user_timeout milliseconds (PostgreSQL's manual, 32.1.2): a peer that vanished without a word is
# given up after two seconds instead of the fifteen minutes of TCP's own patience.
_NOTICE_SILENCE: Final = {
    "connect_timeout": 2,
    "keepalives": 1,
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "tcp_user_timeout": 2_000,
}
_SQLITE_BUSY_TIMEOUT: Final = 0.5
"""Seconds: whoever must be fresh every second cannot queue behind writers for longer."""


def own_connection(alias: str) -> BaseDatabaseWrapper:
    """Make this thread's connection to a database one of its own, and return it. Nothing is sent yet."""
    connection: BaseDatabaseWrapper = connections[alias].copy()
    settings: dict[str, Any] = connection.settings_dict
    options: dict[str, Any] = settings["OPTIONS"]
    settings["AUTOCOMMIT"] = True
    # Closed by the watcher, and by nobody because of its age.
    settings["CONN_MAX_AGE"] = None
    settings["CONN_HEALTH_CHECKS"] = False
    if connection.vendor == "postgresql":
        options.pop("pool", None)
        # A prepared statement would belong to one server connection, and a pooler changes those.
        options["prepare_threshold"] = None
        options["server_side_binding"] = False
        options.setdefault("application_name", "keyturn-feed")
        options.update(_NOTICE_SILENCE)
    elif connection.vendor == "sqlite":
        options["timeout"] = _SQLITE_BUSY_TIMEOUT
    connections[alias] = connection
    return connection

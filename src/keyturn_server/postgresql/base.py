"""The database backend of the server: Django's, but for where a thread gets its connection from and leaves it.

With ``OPTIONS["pool"]`` (``max_size``, connections; ``timeout``, seconds) connections are kept by
:class:`~keyturn_server.postgresql.keeping.Keeper` and not by psycopg's pool. Without it this is Django's backend.
"""

import os
from typing import Any, Final

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import IsolationLevel
from django.db.backends.signals import connection_created
from django.db.utils import OperationalError
from django.utils.asyncio import async_unsafe

from keyturn_server.postgresql.keeping import Keeper, Kept, NoneFreeError

__all__ = ["DatabaseWrapper", "keeper_of"]

_keepers: Final[dict[tuple[str, Any], Keeper]] = {}
# psycopg lets no process close what another one has opened.
os.register_at_fork(after_in_child=_keepers.clear)


def keeper_of(connection: Any) -> Keeper | None:
    """Who keeps this process's connections to the database of one of Django's; None before the first one."""
    return _keepers.get((connection.alias, connection.settings_dict["NAME"]))


class DatabaseWrapper(base.DatabaseWrapper):
    """One thread's way to a database. A thread that ends in the midst of a request keeps its connection's place."""

    pool = None
    """Django's, which would be psycopg's."""
    _kept: Kept | None = None
    _taken_from: Keeper | None = None

    def _keeper(self) -> Keeper | None:
        options = self.settings_dict["OPTIONS"].get("pool")
        if not options:
            return None
        found = keeper_of(self)
        if found is None:
            made = Keeper(most=options["max_size"], patience=options["timeout"])
            found = _keepers.setdefault((self.alias, self.settings_dict["NAME"]), made)
        return found

    @async_unsafe
    def ensure_connection(self) -> None:
        """Guarantee that a connection to the database is established."""
        if self.connection is not None:
            return
        keeper = self._keeper()
        if keeper is None or self.in_atomic_block:
            super().ensure_connection()
            return
        try:
            kept = keeper.take()
        except NoneFreeError:
            raise OperationalError("no connection to the database is free") from None
        self._taken_from = keeper
        if kept is not None:
            self._put_on(kept)
            return
        try:
            super().ensure_connection()
        except BaseException:
            half: Any = vars(self)["connection"]
            if half is not None:
                # It was opened, and then could not be set up.
                half.close()
                self.connection = None
            keeper.refused()
            raise
        keeper.opened()
        opened: Any = vars(self)["connection"]
        if opened is None:
            # Whoever was told of it has closed it.
            keeper.lost()
        else:
            self._kept = Kept.new(opened)

    def _put_on(self, kept: Kept) -> None:
        """What :meth:`connect` does but for opening: a connection that another request has left is as good as new."""
        self.in_atomic_block = False
        self.savepoint_ids = []
        self.atomic_blocks = []
        self.needs_rollback = False
        self.closed_in_transaction = False
        self.errors_occurred = False
        self.health_check_enabled = False
        self.close_at = None
        self.autocommit = True
        self.isolation_level = IsolationLevel.READ_COMMITTED
        self.run_on_commit = []
        self._kept = kept
        self.connection = kept.connection
        connection_created.send(sender=self.__class__, connection=self)

    def close_if_unusable_or_obsolete(self) -> None:
        """Leave the connection to the next request."""
        if self._kept is None:
            super().close_if_unusable_or_obsolete()
        elif self.connection is not None:
            self.close()

    def _close(self) -> None:
        kept, self._kept = self._kept, None
        keeper = self._taken_from
        if kept is None or keeper is None or kept.connection is not self.connection:
            super()._close()  # type: ignore[misc] # django-stubs leaves it out
            return
        self.connection = None
        with self.wrap_database_errors:
            keeper.park(kept)

    def close_pool(self) -> None:
        """Close the connections of this process that nobody uses."""
        keeper = keeper_of(self)
        if keeper is not None:
            keeper.close()

"""Whether this process's secret opens the ring: asked before a server starts, and by ``manage.py check --database``."""

from collections.abc import Collection

from django.db import DatabaseError

from keyturn.errors import UnavailableError
from keyturn.keys import ring, rows
from keyturn.keys.derived import configured

__all__ = ["sealed_elsewhere"]


def sealed_elsewhere(databases: Collection[str]) -> UnavailableError | None:
    """Return why the keys of the ring that sign, or will, do not open, in one sentence; None where they do.

    Args:
        databases: aliases that may be read. A database that does not answer, or has no table yet, says nothing.
    """
    if configured().access_signing is not None or rows.database() not in databases:
        return None
    try:
        known = ring.load(quietly=True)
    except DatabaseError:
        return None
    return next(iter(known.locked.values()), None)

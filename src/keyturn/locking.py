"""Hold a name rather than a row, for what must not happen twice at once and has no row yet."""

import hashlib

from django.db import connections

__all__ = ["hold"]


def hold(kind: str, name: str, *, alias: str) -> None:
    """Wait for everybody who holds this name, then hold it until the transaction ends.

    On PostgreSQL, by an advisory lock of the transaction. SQLite has one writer at a time, so that a transaction that
    begins by writing holds everything; there, and outside of a transaction, nothing is done.

    Args:
        kind: what is named, so that two kinds of things of one name do not wait for each other.
        name: any text.
        alias: the database.
    """
    connection = connections[alias]
    if connection.vendor != "postgresql" or not connection.in_atomic_block:
        return
    digest = hashlib.sha256(f"keyturn {kind} {name}".encode("utf-8", "surrogatepass")).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(digest[:8], signed=True)])

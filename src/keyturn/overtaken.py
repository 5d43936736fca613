"""Statements that changed nothing because another transaction changed the same row first.

READ COMMITTED, the default of PostgreSQL and Django, hardly knows them: only deadlocks. REPEATABLE READ and
SERIALIZABLE answer with a serialization failure what READ COMMITTED answers by looking again, so we look again.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from django.db import OperationalError, connections

from keyturn.errors import UnavailableError

__all__ = ["ATTEMPTS", "overtaken", "until_settled"]

ATTEMPTS: Final = 8
"""Each further attempt means that another request changed the row in between; eight in a row is a fault, not a race."""

_SERIALIZATION_FAILURES: Final = frozenset({"40001", "40P01"})

_T = TypeVar("_T")


def overtaken(error: OperationalError, alias: str) -> bool:
    """Whether an error says only that another transaction was first, and asking again makes sense.

    It does not inside a transaction that the caller holds open: that one is lost as a whole.
    """
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    return sqlstate in _SERIALIZATION_FAILURES and not connections[alias].in_atomic_block


def until_settled(work: Callable[[], _T], *, alias: str) -> _T:
    """Do work that is one statement or one transaction, anew for as long as it is overtaken.

    Raises:
        UnavailableError: it was overtaken again and again; nothing was changed.
    """
    for _ in range(ATTEMPTS):
        try:
            return work()
        except OperationalError as error:
            if not overtaken(error, alias):
                raise
    raise UnavailableError

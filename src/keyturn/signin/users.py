"""A user's row, held still while something is decided about it."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, router
from django.db.models import F

from keyturn.errors import Reason, RefusedError

__all__ = ["locked_user", "user_database"]


def user_database() -> str:
    """The alias of the database that users are written to."""
    return router.db_for_write(get_user_model())


def locked_user(user_pk: Any) -> Any:
    """Read a user anew and keep everybody else from changing the row until the transaction ends.

    Where rows cannot be locked (SQLite), the whole database is: the row is written as it is, so that a transaction
    that began by reading cannot be overtaken.

    Args:
        user_pk: the primary key.

    Raises:
        RefusedError: ``user_not_found``.
        TransactionManagementError: outside of a transaction.
    """
    model = get_user_model()
    alias = user_database()
    rows = model._base_manager.using(alias).filter(pk=user_pk)
    if connections[alias].features.has_select_for_update:
        rows = rows.select_for_update()
    else:
        rows.update(password=F("password"))
    user = rows.first()
    if user is None:
        raise RefusedError(Reason.USER_NOT_FOUND)
    return user

"""Where the project's user model keeps what a session depends on: password, activity, and the id in tokens.

The statements of this room join the user's table by hand, because the database must compare all of it in the very
statement that rotates. This module finds the table and its columns, also for a custom user model and for one that
inherits its columns from another table.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["UserTable", "user_table"]


@dataclass(frozen=True, slots=True)
class UserTable:
    """Table and columns, unquoted.

    Args:
        table: holds the columns below.
        key: its primary key's column, equal to the session's ``user_id``.
        password: the column of the stored password hash.
        is_active: the column, or None where the model has no such column (then it is asked in Python).
        id_field: the field named by ``USER_ID_FIELD``, which tokens carry as the user's id.
    """

    table: str
    key: str
    password: str
    is_active: str | None
    id_field: "models.Field[Any, Any]"

    @property
    def id_is_here(self) -> bool:
        """Whether the table itself holds the id that tokens carry."""
        return self.id_field.primary_key or self.id_field.model._meta.db_table == self.table

    def prepare_id(self, claimed: str, connection: BaseDatabaseWrapper) -> Any:
        """Turn the id that a token claims into a database parameter.

        Raises:
            ValueError: no user can have such an id.
        """
        if "\x00" in claimed:
            raise ValueError("NUL in the user id")
        try:
            value = self.id_field.to_python(claimed)
            if isinstance(self.id_field, models.IntegerField):
                _check_integer(self.id_field, value, connection)
            return self.id_field.get_db_prep_value(value, connection)
        except (ValidationError, TypeError, ValueError, OverflowError) as error:
            raise ValueError("not an id of this user model") from error


def _check_integer(field: "models.IntegerField[Any, Any]", value: int, connection: BaseDatabaseWrapper) -> None:
    low, high = connection.ops.integer_field_range(field.get_internal_type())
    if not low <= value <= high:
        raise ValueError("out of the column's range")


def user_table(user_id_field: str) -> UserTable:
    """Describe the user model's table.

    Args:
        user_id_field: ``SIMPLE_JWT["USER_ID_FIELD"]``.

    Raises:
        ImproperlyConfigured: the model has no such field.
    """
    return _describe(get_user_model(), user_id_field)


def _is_boolean_of(field: Any, table: str) -> bool:
    """Whether SQL can ask this field in a condition; any other kind of ``is_active`` is asked in Python."""
    return isinstance(field, models.BooleanField) and bool(field.model._meta.db_table == table)


@lru_cache(maxsize=8)
def _describe(model: type[AbstractBaseUser], user_id_field: str) -> UserTable:
    meta = model._meta
    password: Any = meta.get_field("password")
    owner = password.model._meta
    try:
        active = cast("Any", meta).get_field("is_active")
    except FieldDoesNotExist:
        active = None
    try:
        id_field: Any = meta.pk if user_id_field == "pk" else meta.get_field(user_id_field)
    except FieldDoesNotExist:
        raise ImproperlyConfigured(
            f"SIMPLE_JWT['USER_ID_FIELD'] is {user_id_field!r}, but {meta.label} has no such field."
        ) from None
    return UserTable(
        table=owner.db_table,
        key=str(owner.pk.column),
        password=str(password.column),
        is_active=str(active.column) if _is_boolean_of(active, owner.db_table) else None,
        id_field=id_field,
    )

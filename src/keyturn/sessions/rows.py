"""Rows of hand-written SQL as models.

``Model.objects.raw()`` finds out anew for each row what its columns are called, what they hold and which model has
them: a third of what a refresh costs. The statements here name all columns in the model's own order, so that is known.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connections, models

__all__ = ["columns_of", "model_from", "rows_of"]

M = TypeVar("M", bound=models.Model)

Converter = Callable[[Any, Any, Any], Any]


def columns_of(model: type[models.Model]) -> list[str]:
    """The columns of a model's own table, unquoted, in the order that :func:`model_from` wants."""
    return [str(field.column) for field in model._meta.concrete_fields]


def rows_of(alias: str, sql: str, parameters: Any) -> list[Sequence[Any]]:
    """Run a statement and return all its rows."""
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, parameters)
        # Until it was read to its end, a statement of SQLite's is not over.
        return list(cursor.fetchall())


def model_from(model: type[M], alias: str, values: Sequence[Any]) -> M:
    """Return a row's model.

    Args:
        model: the class.
        alias: the database that the row is from.
        values: of all its columns, in the order of :func:`columns_of`.
    """
    connection = connections[alias]
    found = list(values)
    for position, column, converters in _converters(model, alias):
        for convert in converters:
            found[position] = convert(found[position], column, connection)
    return model.from_db(alias, _names(model), found)


@lru_cache(maxsize=32)
def _names(model: type[models.Model]) -> list[str]:
    return [str(field.attname) for field in model._meta.concrete_fields]


@lru_cache(maxsize=32)
def _converters(model: type[models.Model], alias: str) -> list[tuple[int, Any, list[Converter]]]:
    """What turns a column's value into the field's, where they differ: mostly nothing on PostgreSQL."""
    connection = connections[alias]
    found = []
    for position, field in enumerate(model._meta.concrete_fields):
        column = field.get_col(model._meta.db_table)
        converters = [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]
        if converters:
            found.append((position, column, converters))
    return found

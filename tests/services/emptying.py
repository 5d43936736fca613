"""Empty the tables after a test that commits, without Django's price for it.

Django truncates every table, which on PostgreSQL makes a new file for each, and then makes the content types and the
permissions anew. Here only what has rows is deleted, and those two stay as the migrations left them; where a test has
changed them, Django's own way is gone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connections, transaction
from django.test import TransactionTestCase

from keyturn.keys import ring

__all__ = ["emptied_cheaply"]

_KEPT: Final = (ContentType, Permission)


def _kept(alias: str) -> tuple[frozenset[tuple[Any, ...]], ...]:
    """Return what the kept tables say, whatever their keys."""
    return (
        frozenset(ContentType.objects.using(alias).values_list("app_label", "model")),
        frozenset(Permission.objects.using(alias).values_list("content_type__model", "codename", "name")),
    )


def _tables() -> list[str]:
    models = apps.get_models(include_auto_created=True)
    found = {model._meta.db_table for model in models if model._meta.managed and not model._meta.proxy}
    return sorted(found - {model._meta.db_table for model in _KEPT})


def _empty(alias: str) -> None:
    """Delete all rows of all other tables in one transaction."""
    connection = connections[alias]
    quote = connection.ops.quote_name
    names = [quote(name) for name in _tables()]
    with transaction.atomic(using=alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Neither the trail's trigger nor the order of foreign keys matters where everything goes.
            cursor.execute("SET LOCAL session_replication_role = 'replica'")
        asked = (f"SELECT {number} WHERE EXISTS (SELECT 1 FROM {name})" for number, name in enumerate(names))
        cursor.execute(" UNION ALL ".join(asked))
        for (number,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {names[number]}")
    ring.forget()


@contextmanager
def emptied_cheaply() -> Iterator[None]:
    """Change what ``TransactionTestCase`` does after a test. The test databases must be there."""
    as_migrated = {alias: _kept(alias) for alias in connections}
    its: Any = TransactionTestCase
    dear = its._fixture_teardown

    def teardown(case: Any) -> None:
        if case.reset_sequences or case.serialized_rollback or case.available_apps is not None:
            dear(case)
            return
        for alias in case._databases_names(include_mirrors=False):
            if _kept(alias) == as_migrated[alias]:
                _empty(alias)
            else:
                dear(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield

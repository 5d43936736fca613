"""A PostgreSQL of one test's own, as Django's default database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.core.management import call_command
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.services.postgres import start_postgres

__all__ = ["own_cluster"]


@contextmanager
def own_cluster(django_db_blocker: Any) -> Iterator[BaseDatabaseWrapper]:
    """Start it, migrate it, and stop it in the end.

    A transaction open anywhere in a cluster keeps dead versions of rows in their pages while it lasts, and then a row
    must move to another page. Other tests have such transactions.
    """
    service, url = start_postgres()
    shared = connections["default"]
    own = shared.copy()
    parts = urlsplit(url)
    own.settings_dict |= {
        "NAME": parts.path.removeprefix("/"),
        "HOST": parts.hostname,
        "PORT": str(parts.port),
        "USER": parts.username,
        "PASSWORD": parts.password,
    }
    try:
        with django_db_blocker.unblock():
            connections["default"] = own
            call_command("migrate", verbosity=0)
            yield own
    finally:
        own.close()
        connections["default"] = shared
        service.stop()

"""A PostgreSQL database of the test's own, where a table may be rebuilt."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from tests.services.postgres import PostgresServer


@contextmanager
def using(name: str, blocker: Any) -> Iterator[Any]:
    """Django's connection to another database of the run's server, in place of the default one."""
    shared = connections["default"]
    own = shared.copy()
    own.settings_dict |= {"NAME": name}
    try:
        with blocker.unblock():
            connections["default"] = own
            yield own
    finally:
        own.close()
        connections["default"] = shared


@pytest.fixture(scope="session")
def migrated(postgres_server: PostgresServer, django_db_blocker: Any) -> Iterator[str]:
    """The name of a migrated database without rows, to copy."""
    with postgres_server.new_database() as url:
        name = urlsplit(url).path.removeprefix("/")
        with using(name, django_db_blocker):
            call_command("migrate", verbosity=0)
        yield name


@pytest.fixture
def postgres_database(postgres_server: PostgresServer, migrated: str) -> Iterator[str]:
    """The URL of a copy, dropped after the test."""
    name = f"t_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        words = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(migrated))
        connection.execute(words)
        try:
            yield postgres_server.database_url(name)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database(postgres_database: str, django_db_blocker: Any) -> Iterator[Any]:
    """Django's connection to it, in place of the default one; migrated, not partitioned."""
    with using(urlsplit(postgres_database).path.removeprefix("/"), django_db_blocker) as own:
        yield own


@pytest.fixture
def ada(database: Any) -> Any:
    """A user in it."""
    return get_user_model().objects.create_user("ada")

"""The database of a generated project: SQLite as the tutorials have it, or PostgreSQL."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

__all__ = ["Database", "PostgresDatabase", "SqliteDatabase"]

Cell = tuple[str, str, Any]


class Database(Protocol):
    """What the tests need to know of a project's database."""

    def settings(self) -> str:
        """Return what to write into the project's settings, or nothing where the generated ones will do."""

    def copy(self, root: Path) -> "Database":
        """Return a copy of this database, made while nobody is connected, for the project copied to ``root``."""

    def cells(self) -> Iterator[Cell]:
        """Yield ``(table, column, value)`` for every value of every table."""

    def execute(self, statement: str, *values: str | int) -> list[tuple[Any, ...]]:
        """Run one statement, ``?`` for values, in a transaction of its own and return its rows."""


@dataclass(frozen=True)
class SqliteDatabase:
    """The file that ``startproject`` configures."""

    path: Path

    def settings(self) -> str:
        """Nothing: the generated settings name the file."""
        return ""

    def copy(self, root: Path) -> "SqliteDatabase":
        """The file travelled with the folder."""
        return SqliteDatabase(root / self.path.name)

    def cells(self) -> Iterator[Cell]:
        """Yield every value of every table."""
        with closing(sqlite3.connect(self.path, timeout=10)) as connection:
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                cursor = connection.execute(f'SELECT * FROM "{table}"')
                columns = [column[0] for column in cursor.description]
                for row in cursor:
                    yield from ((table, column, value) for column, value in zip(columns, row, strict=True))

    def execute(self, statement: str, *values: str | int) -> list[tuple[Any, ...]]:
        """Run one statement."""
        with closing(sqlite3.connect(self.path, timeout=10)) as connection, connection:
            return connection.execute(statement, values).fetchall()


@dataclass(frozen=True)
class PostgresDatabase:
    """A database of its own on the test run's PostgreSQL, named by its URL."""

    url: str

    @classmethod
    def create(cls, server_url: str, template: str = "template1") -> "PostgresDatabase":
        """Create a database as a copy of ``template`` on the server that ``server_url`` names a database of."""
        name = f"tutorial_{secrets.token_hex(6)}"
        with psycopg.connect(server_url, autocommit=True) as connection:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return cls(urlsplit(server_url)._replace(path=f"/{name}").geturl())

    def _connect(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(self.url, autocommit=True)

    def settings(self) -> str:
        """Replace the generated ``DATABASES``."""
        parts = urlsplit(self.url)
        options = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.removeprefix("/"),
            "HOST": parts.hostname,
            "PORT": parts.port,
            "USER": parts.username,
            "PASSWORD": parts.password,
        }
        return f"DATABASES = {{'default': {options!r}}}\n"

    def copy(self, root: Path) -> "PostgresDatabase":
        """Copy the database on the server."""
        del root
        parts = urlsplit(self.url)
        return self.create(parts._replace(path="/postgres").geturl(), template=parts.path.removeprefix("/"))

    def cells(self) -> Iterator[Cell]:
        """Yield every value of every table."""
        with self._connect() as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            for (table,) in tables:
                cursor = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
                columns = [column.name for column in cursor.description or ()]
                for row in cursor:
                    yield from ((table, column, value) for column, value in zip(columns, row, strict=True))

    def execute(self, statement: str, *values: str | int) -> list[tuple[Any, ...]]:
        """Run one statement."""
        with self._connect() as connection:
            cursor = connection.execute(statement.replace("?", "%s"), values)
            return cursor.fetchall() if cursor.description else []

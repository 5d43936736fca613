"""deploy/postgresql/partition-sessions.sql, and a plugin that runs any tests on the table that it makes.

    KEYTURN_TEST_DB=postgres pytest -p tests.scale.partitioning tests/engine tests/contract

Each worker's test database is partitioned once it is made. On SQLite the plugin refuses the run.
"""

from collections.abc import Generator
from typing import Any, Final

import pytest

from scripts.node import ROOT
from tests.services import environment

__all__ = ["PARTITIONS", "partition"]

PARTITIONS: Final = 4
_IS_DONE: Final = pytest.StashKey[bool]()
_SCRIPT: Final = ROOT / "deploy" / "postgresql" / "partition-sessions.sql"


def partition(connection: Any, *, partitions: int = PARTITIONS) -> None:
    """Run the script on a migrated database, as its first lines say.

    Args:
        connection: Django's, to PostgreSQL.
        partitions: how many.
    """
    from django.db import transaction

    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('keyturn.partitions', %s, true)", [str(partitions)])
        cursor.execute(_SCRIPT.read_text(encoding="utf-8"))


def pytest_configure() -> None:
    if environment.vendor() != "postgres":
        raise pytest.UsageError("a partitioned table of sessions needs KEYTURN_TEST_DB=postgres")


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any, request: pytest.FixtureRequest) -> Generator[None, Any, Any]:
    made = yield
    # pytest-django's own, and one of ours that goes on from there, are of this name.
    if fixturedef.argname == "django_db_setup" and not request.config.stash.get(_IS_DONE, False):
        from django.db import connection

        request.config.stash[_IS_DONE] = True
        with request.getfixturevalue("django_db_blocker").unblock():
            partition(connection)
    return made

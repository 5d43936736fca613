"""Let Django's test runner empty the trail.

A ``TransactionTestCase``, and pytest-django's ``transaction=True``, TRUNCATE every table after the test. PostgreSQL
refuses that of the trail (migration 0004), which would fail the tests of every project that Keyturn is in. So each
connection that is made inside Django's test environment, and no other, says that it may.
"""

from typing import Any

from django.db.backends.signals import connection_created

from keyturn.in_tests import in_test_environment

__all__ = ["follow_tests"]


def follow_tests() -> None:
    """Wait for connections. Safe to call twice."""
    connection_created.connect(_permit, dispatch_uid="keyturn.trail_in_tests")


def _permit(*, connection: Any, **_: object) -> None:
    if in_test_environment() and connection.vendor == "postgresql":
        # Past Django's wrapper: no test shall count this statement as one of its own.
        with connection.connection.cursor() as cursor:
            cursor.execute("SET keyturn.trail_truncate = 'on'")

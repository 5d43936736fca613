"""A real pgbouncer in transaction mode before PostgreSQL: each statement may go to another server process."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

import pytest
from django.db import connection, connections

from benchmarks.fleet import start_pgbouncer
from keyturn.sessions import prepared
from keyturn.sessions.outcome import Rotated
from tests.engine.acting import opened, present, row

pytestmark = [pytest.mark.postgres, pytest.mark.needs("pgbouncer"), pytest.mark.django_db(transaction=True)]

THREADS = 4
EACH = 25


@pytest.fixture
def pooled(user, monkeypatch):
    """The test's database through a pooler, for threads that begin now."""
    own = connection.settings_dict
    secret = f"{quote(own['USER'])}:{quote(own['PASSWORD'])}"
    found = start_pgbouncer(f"postgresql://{secret}@{own['HOST']}:{own['PORT']}/{own['NAME']}")
    assert found is not None
    service, through = found
    monkeypatch.setattr(prepared, "_failures", {})
    try:
        # This thread has its connection already.
        assert connection.connection is not None
        monkeypatch.setitem(connections.settings["default"], "PORT", str(urlsplit(through).port))
        yield
    finally:
        service.stop()


def test_every_refresh_goes_through_whatever_the_pooler_knows_of_prepared_statements(user, pooled):
    sessions = [opened(user) for _ in range(THREADS)]

    def refreshing(session):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            # A pooler makes a number up.
            assert cursor.fetchone() != (connection.connection.info.backend_pid,)
        outcomes = [present(session, generation) for generation in range(EACH)]
        connections.close_all()
        return outcomes

    with ThreadPoolExecutor(THREADS) as threads:
        for outcomes in threads.map(refreshing, sessions):
            assert all(isinstance(outcome, Rotated) for outcome in outcomes)
    assert [row(session).generation for session in sessions] == [EACH] * THREADS
    # However many threads met the same surprise at the same time.
    assert prepared._failures.get("default", 0) <= prepared._MOST_FAILURES + THREADS

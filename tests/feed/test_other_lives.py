"""A PostgreSQL of the test's own, to crash, to copy and to promote: the same numbers may then mean other transactions.

And what a role needs that is allowed nothing but the table.
"""

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from keyturn.feed import statements
from keyturn.feed.cursor import CursorTooOldError
from keyturn.feed.models import Revocation
from keyturn.feed.pruning import prune_batch
from keyturn.feed.reading import read
from tests.feed.writing import KEEP, NOW, later
from tests.services import postgres
from tests.services.identity import service_identity, temporary_directory

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PATIENCE = 20.0


def connected(url: str, **changes: str) -> BaseDatabaseWrapper:
    """A Django connection to another server."""
    own = connection.copy()
    parts = urlsplit(url)
    own.settings_dict.update(
        HOST=parts.hostname, PORT=parts.port, USER=parts.username, PASSWORD=parts.password, NAME=parts.path[1:]
    )
    own.settings_dict.update(changes)
    return own


@pytest.fixture
def server() -> Iterator[str]:
    """A new server's URL; the feed's table is there."""
    service, url = postgres.start_postgres()
    try:
        own = connected(url)
        with own.schema_editor() as editor:
            editor.create_model(Revocation)
        own.close()
        yield url
    finally:
        service.stop()


@contextmanager
def copied(url: str) -> Iterator[str]:
    """A standby that follows the server, as its base backup made it."""
    identity = service_identity()
    directory = temporary_directory("keyturn-standby-", identity)
    binaries = postgres._binaries(directory, identity)
    subprocess.run(
        [binaries / "pg_basebackup", "-d", url, "-D", directory / "data", "-R", "-X", "stream", "-c", "fast"],
        cwd=directory,
        env={"PATH": os.defpath},
        user=identity.uid,
        group=identity.gid,
        extra_groups=None if identity.gid is None else [],
        check=True,
        timeout=60,
        capture_output=True,
    )
    service, copy = postgres._listen(binaries, directory, identity, str(urlsplit(url).password), durable=False)
    try:
        yield copy
    finally:
        service.stop()


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def answers(plain):
    try:
        plain.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


def comes_back(own):
    try:
        own.ensure_connection()
    except OperationalError:
        return False
    return True


def write(own):
    sid = uuid4()
    with own.cursor() as cursor:
        cursor.execute(statements.insert_sql("postgresql", 1), [NOW, sid, "", "logout"])
    return sid


def ids(page):
    return [entry.session_id for entry in page.entries]


def test_after_a_crash_numbers_are_given_out_again_and_no_position_is_trusted(server):
    own = connected(server)
    other, witness = (psycopg.connect(server, autocommit=True) for _ in range(2))
    other.execute("CHECKPOINT")
    # They end without a trace in the log, so that the crash undoes the counting.
    for _ in range(50):
        other.execute("SELECT pg_current_xact_id()")
    cursor = read(None, connection=own, now=NOW, keep=KEEP).cursor
    assert cursor.base is not None
    os.kill(other.info.backend_pid, signal.SIGKILL)
    # When one server process dies, all do.
    wait_for(lambda: not answers(witness))
    own.close()
    wait_for(lambda: comes_back(own))
    other.close()
    witness.close()
    sid = write(own)
    with own.cursor() as db:
        db.execute("SELECT pg_visible_in_snapshot(txid, %s::pg_snapshot) FROM keyturn_revocation", [str(cursor.base)])
        assert db.fetchall() == [(True,)], "the number was not given out again, so this test tests nothing"
    with pytest.raises(CursorTooOldError):
        read(cursor, connection=own, now=NOW, keep=KEEP)
    assert ids(read(None, connection=own, now=NOW, keep=KEEP)) == [sid]
    own.close()


def test_a_standby_is_not_read_and_once_promoted_it_is_another_life(server):
    primary = connected(server)
    sid = write(primary)
    cursor = read(None, connection=primary, now=NOW, keep=KEEP).cursor
    with copied(server) as copy:
        standby = connected(copy)
        with pytest.raises(OperationalError, match="recovery is in progress"):
            read(cursor, connection=standby, now=NOW, keep=KEEP)
        with psycopg.connect(copy, autocommit=True) as other:
            assert other.execute("SELECT pg_promote()").fetchone() == (True,)
        with pytest.raises(CursorTooOldError):
            read(cursor, connection=standby, now=NOW, keep=KEEP)
        anew = read(None, connection=standby, now=NOW, keep=KEEP)
        assert ids(anew) == [sid]
        before, after = cursor.identity.split("-"), anew.cursor.identity.split("-")
        assert (before[0], before[2]) == (after[0], after[2])
        assert (before[1], after[1]) == ("00000001", "00000002")
        standby.close()
    primary.close()


def test_a_role_that_may_only_use_the_table_can_read_write_and_prune(server):
    password = secrets.token_urlsafe()
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE plain LOGIN NOSUPERUSER PASSWORD '{password}'")
        admin.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON keyturn_revocation TO plain")
    own = connected(server, USER="plain", PASSWORD=password)
    cursor = read(None, connection=own, now=NOW, keep=KEEP).cursor
    sid, second = write(own), write(own)
    assert ids(read(cursor, connection=own, now=NOW, keep=KEEP)) == [sid, second]
    assert prune_batch(now=later(days=2), retention=later(days=1) - NOW, batch_size=9, connection=own) == 1
    own.close()


def test_each_poll_may_go_to_another_server_connection(server):
    """As behind a pooler that hands out connections by the transaction."""
    several = [connected(server) for _ in range(3)]
    cursor = read(None, connection=several[0], now=NOW, keep=KEEP).cursor
    for number in range(30):
        sid = write(several[(number * 2) % 3])
        page = read(cursor, connection=several[number % 3], now=NOW, keep=KEEP)
        assert ids(page) == [sid]
        cursor = page.cursor
    for each in several:
        each.close()

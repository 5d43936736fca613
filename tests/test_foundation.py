"""The ground the other tests stand on: real services, honest counting, processes that stop."""

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction

from keyturn_server.cache import ValkeyCache
from tests.services.identity import Identity
from tests.services.postgres import start_postgres
from tests.services.process import ServerProcessError
from tests.services.service import Service, ServiceError
from tests.services.valkey import start_valkey


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_postgres_run_is_on_a_real_postgresql_18():
    assert connection.vendor == "postgresql"
    assert 180000 <= connection.cursor().connection.info.server_version < 190000


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_the_sqlite_run_is_on_a_file_in_wal_mode_that_locks_when_a_transaction_begins(count_statements):
    assert Path(connection.settings_dict["NAME"]).is_file()
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with count_statements() as seen, transaction.atomic():
        pass
    assert seen.transaction_commands == ["BEGIN IMMEDIATE", "COMMIT"]


@pytest.mark.django_db
def test_the_run_uses_the_database_it_was_asked_for(db_vendor):
    assert connection.vendor == {"postgres": "postgresql", "sqlite": "sqlite"}[db_vendor]


@pytest.mark.django_db(transaction=True)
def test_another_thread_sees_what_was_committed(django_user_model):
    django_user_model.objects.create_user("ada")
    seen = []

    def look():
        seen.append(django_user_model.objects.filter(username="ada").count())
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [1]


def test_djangos_cache_talks_to_a_real_valkey(valkey_url):
    cache = ValkeyCache(valkey_url, {})
    cache.set("colour", "green", 60)
    assert cache.get("colour") == "green"
    client = cache._cache.get_client()
    assert client.ping() is True
    assert client.info("server")["server_name"] == "valkey"


def test_a_valkey_that_is_asked_without_its_password_refuses(valkey_url):
    import valkey

    scheme, _, rest = valkey_url.partition("://")
    with (
        valkey.Valkey.from_url(f"{scheme}://{rest.rpartition('@')[2]}") as client,
        pytest.raises(valkey.exceptions.AuthenticationError),
    ):
        client.ping()


@pytest.mark.django_db
def test_statements_are_counted_apart_from_transaction_commands(count_statements, django_user_model):
    with count_statements() as seen, transaction.atomic():
        django_user_model.objects.count()
    assert len(seen) == 1
    assert "COUNT" in seen.statements[0]
    assert [command.split()[0] for command in seen.transaction_commands] == ["SAVEPOINT", "RELEASE"]


@pytest.mark.django_db
def test_a_wrong_count_fails_and_names_the_statements(count_statements, django_user_model):
    with pytest.raises(AssertionError, match=r"(?s)expected at most 0.*SELECT COUNT"), count_statements(at_most=0):
        django_user_model.objects.count()
    with pytest.raises(AssertionError, match=r"expected exactly 1, saw 0 statements"), count_statements(exactly=1):
        pass


def test_a_new_postgres_database_is_empty_and_gone_afterwards(postgres_server):
    import psycopg

    with postgres_server.new_database() as url, psycopg.connect(url) as database:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert database.execute(tables).fetchone() == (0,)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


@pytest.mark.server
def test_a_server_process_is_started_on_its_port_and_stopped(live_server_process, tmp_path):
    (tmp_path / "greeting").write_text("hello")
    command = (sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "{port}")
    server = live_server_process(*command, ready="/greeting")
    with urllib.request.urlopen(f"{server.url}/greeting") as answer:
        assert answer.read() == b"hello"
    assert "GET /greeting" in server.output()
    assert server.stop() == -signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)


@pytest.mark.server
def test_a_server_process_that_dies_says_what_it_printed(live_server_process):
    with pytest.raises(ServerProcessError, match=r"(?s)status 3.*out of luck"):
        live_server_process(sys.executable, "-c", "print('out of luck'); raise SystemExit(3)")


@pytest.mark.server
def test_a_server_process_does_not_inherit_our_settings(live_server_process, monkeypatch):
    monkeypatch.setenv("KEYTURN_SECRET_KEY", "leaked")
    code = "import os; raise SystemExit(repr([n for n in os.environ if n.startswith(('KEYTURN_', 'DJANGO_'))]))"
    with pytest.raises(ServerProcessError, match=r"\['KEYTURN_DEBUG'\]"):
        live_server_process(sys.executable, "-c", code, env={"KEYTURN_DEBUG": "1"})


@pytest.mark.server
@pytest.mark.parametrize("starter", [start_postgres, start_valkey])
def test_a_service_vanishes_with_the_process_that_started_it_even_when_that_is_killed(starter):
    code = (
        f"import os, signal; from {starter.__module__} import {starter.__name__} as start; service, url = start();"
        "print(service._directory, url, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    # Waits for the end of the pipe, which the keeper holds open until it has stopped the service and cleaned up.
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    directory, url = killed.stdout.split()
    assert not Path(directory).exists()
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", urlsplit(url).port)):
        pass


def test_a_service_that_dies_at_once_says_why_and_leaves_nothing(tmp_path):
    directory = tmp_path / "service"
    directory.mkdir()
    command = ["/bin/sh", "-c", "echo no such luck; exit 7"]
    service = Service(command, directory=directory, identity=Identity(None, None), stop_signal=signal.SIGTERM)
    with pytest.raises(ServiceError, match="no such luck"):
        service.wait_until(lambda: False)
    assert not directory.exists()


def test_an_account_is_not_said_to_enter_a_directory_closed_to_it(tmp_path):
    closed = tmp_path / "closed"
    (closed / "inside").mkdir(parents=True)
    closed.chmod(0o700)
    stranger = Identity(os.geteuid() + 12345, os.getegid() + 12345)
    assert not stranger.can_enter(closed / "inside")
    assert stranger.can_enter(Path("/"))
    assert Identity(None, None).can_enter(closed / "inside")

"""``DATABASE_URL``: what it may look like, and what Django is told."""

from pathlib import Path

import pytest

from keyturn_server import database


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://ada:p%40ss%2Fw%3A@db.example:5433/auth?sslmode=verify-full&sslrootcert=/ca.pem",
            {
                "name": "auth",
                "user": "ada",
                "password": "p@ss/w:",
                "host": "db.example",
                "port": "5433",
                "options": {"sslmode": "verify-full", "sslrootcert": "/ca.pem"},
            },
        ),
        ("postgres:///auth?host=/run/postgresql", {"name": "auth", "host": "/run/postgresql", "port": ""}),
        ("postgresql://%2Frun%2Fpg/auth", {"name": "auth", "host": "/run/pg"}),
        ("postgresql://[::1]:5432/auth", {"host": "::1", "port": "5432"}),
        ("postgresql://a,b:5433/auth?target_session_attrs=read-write", {"host": "a,b", "port": ",5433"}),
        ("postgresql://h/na%20me", {"name": "na me"}),
    ],
)
def test_a_postgresql_url_is_read_as_libpq_reads_it(url, expected):
    found = database.parse(url)
    assert found.engine == "django.db.backends.postgresql"
    for name, value in expected.items():
        assert getattr(found, name) == value


def test_a_sqlite_url_has_three_slashes_before_a_relative_path_and_four_before_an_absolute_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    assert database.parse("sqlite:///data/auth.sqlite3").name == str(tmp_path / "data/auth.sqlite3")
    assert database.parse(f"sqlite:///{tmp_path}/auth.sqlite3").name == str(tmp_path / "auth.sqlite3")
    assert database.parse(f"sqlite:///{tmp_path}/a%20%3Fb%23.sqlite3").name == str(tmp_path / "a ?b#.sqlite3")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://ada:hunter2@h/db", "does not begin with postgresql:// or sqlite:///"),
        ("hunter2", "does not begin with"),
        ("postgresql://ada:hunter2%zz@h/db", "special characters in a user name or password are percent-encoded"),
        ("postgresql://ada:hunter2@h:port/db", None),
        ("postgresql://ada:hunter2@h/", "names no database"),
        ("postgresql://ada:hunter2@h/db?sslmod=require", "does not know: 'sslmod'; did you mean sslmode?"),
        ("postgresql://ada:hunter2@h/db?zzzz=1", "does not know: 'zzzz'"),
        ("postgresql://ada:hunter2@[::1/db", "is not a PostgreSQL URL"),
        ("sqlite://", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite://:memory:", "a database in memory would be another one in every process"),
        ("sqlite:///:memory:", "a database in memory would be another one in every process"),
        ("sqlite://data/auth.sqlite3", "has two slashes"),
        ("sqlite:///auth.sqlite3?mode=ro", "has options"),
        ("sqlite:///no/such/place/auth.sqlite3", "in a directory that does not exist: no/such/place"),
        ("sqlite:///a%00b", "NUL"),
        ("sqlite:////", "names no file"),
        ("sqlite:////tmp", "names a directory"),
    ],
)
def test_a_wrong_url_is_refused_in_words_that_do_not_repeat_it(url, told):
    if told is None:
        # libpq leaves the port to the moment of connecting.
        assert database.parse(url).port == "port"
        return
    with pytest.raises(ValueError, match=r"\w") as refused:
        database.parse(url)
    assert told in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_an_absolute_path_with_a_slash_too_few_is_noticed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"an absolute path takes four slashes: sqlite:////") as refused:
        database.parse(f"sqlite://{tmp_path}/auth.sqlite3")
    assert f"sqlite:///{tmp_path}/auth.sqlite3" in str(refused.value)


def test_sqlite_waits_for_writers_and_keeps_what_it_committed():
    told = database.settings_for(database.sqlite(Path("/x/auth.sqlite3")), pool_size=8)
    assert told["NAME"] == "/x/auth.sqlite3"
    assert told["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert told["OPTIONS"]["timeout"] == 20
    assert "journal_mode = WAL" in told["OPTIONS"]["init_command"]
    assert "synchronous = FULL" in told["OPTIONS"]["init_command"]


def test_postgresql_has_connections_that_are_kept_and_none_of_a_thread_beside_them():
    told = database.settings_for(database.parse("postgresql://h/db?connect_timeout=2&sslmode=require"), pool_size=3)
    assert told["ENGINE"] == "keyturn_server.postgresql"
    assert told["CONN_MAX_AGE"] == 0
    assert told["OPTIONS"]["pool"] == {"max_size": 3, "timeout": 2}
    assert told["OPTIONS"]["connect_timeout"] == "2"
    assert told["OPTIONS"]["sslmode"] == "require"
    assert database.settings_for(database.parse("postgresql://h/db"), pool_size=3)["OPTIONS"]["connect_timeout"] == "5"


def test_neither_text_of_a_database_holds_its_password():
    found = database.parse("postgresql://ada:hunter2@h/db?sslpassword=hunter2")
    assert "hunter2" not in repr(found) + str(found)
    assert str(found) == "PostgreSQL, db on h"
    assert str(database.parse("postgresql:///db")) == "PostgreSQL, db on this machine"
    assert str(database.sqlite(Path("/x/y"))) == "SQLite, /x/y"

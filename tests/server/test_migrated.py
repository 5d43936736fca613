"""The tables that tests give their servers (tests/services/migrated.py) are those that ``keyturn migrate`` makes."""

import re
import sqlite3
from contextlib import closing

import pytest

from tests.server.running import PRODUCTION, keyturn
from tests.services.migrated import migrate

ENVIRONMENTS = pytest.mark.parametrize("env", [{"KEYTURN_DEBUG": "1"}, PRODUCTION], ids=["development", "production"])


def _dump(directory):
    """Every table, index, trigger and row; when a migration was applied is nobody's business."""
    with closing(sqlite3.connect(directory / "var" / "keyturn.sqlite3")) as connection:
        lines = list(connection.iterdump())
    return [re.sub(r"^(INSERT INTO \"django_migrations\" VALUES\(.*),'[^']*'\);$", r"\1);", line) for line in lines]


@ENVIRONMENTS
def test_a_copy_is_what_the_command_makes(tmp_path, env):
    made, copied = tmp_path / "made", tmp_path / "copied"
    for directory in (made, copied):
        directory.mkdir()
    process = keyturn("migrate", "--verbosity=0", directory=made, env=env)
    assert process.returncode == 0, process.stderr
    migrate(copied, env)

    assert _dump(copied) == _dump(made)
    assert (copied / "var").stat().st_mode == (made / "var").stat().st_mode
    file = "var/keyturn.sqlite3"
    assert (copied / file).stat().st_mode == (made / file).stat().st_mode


@pytest.mark.postgres
@ENVIRONMENTS
def test_a_copy_on_postgres_lacks_no_migration(tmp_path, env, postgres_database):
    env = {**env, "DATABASE_URL": postgres_database}
    assert keyturn("migrate", "--check", directory=tmp_path, env=env).returncode == 1
    migrate(tmp_path, env)
    process = keyturn("migrate", "--check", directory=tmp_path, env=env)
    assert process.returncode == 0, process.stdout


@pytest.mark.parametrize("url", ["sqlite:///here.sqlite3", "sqlite:///{directory}/here.sqlite3"])
def test_the_file_is_where_the_variables_say(tmp_path, url):
    migrate(tmp_path, {"DATABASE_URL": url.format(directory=tmp_path)})
    with closing(sqlite3.connect(tmp_path / "here.sqlite3")) as connection:
        assert connection.execute("SELECT COUNT(*) FROM keyturn_session").fetchone() == (0,)


def test_a_file_that_is_there_is_not_lost(tmp_path):
    (tmp_path / "here.sqlite3").write_bytes(b"")
    with pytest.raises(AssertionError, match="would be lost"):
        migrate(tmp_path, {"DATABASE_URL": "sqlite:///here.sqlite3"})

"""The command line, run as a program."""

import os
import re
import socket

import pytest

from keyturn import __version__
from tests.server.running import PRODUCTION, SECRET, WITH_MAIL, keyturn
from tests.services.ports import LOOPBACK

DEVELOPMENT = {"KEYTURN_DEBUG": "1"}


def _told(process) -> str:
    """The one line of a refusal: no traceback, nothing on standard output."""
    assert process.returncode != 0
    assert process.stdout == ""
    (line,) = process.stderr.splitlines()
    assert line.startswith("keyturn: ")
    return str(line.removeprefix("keyturn: "))


def test_its_version_is_the_packages(tmp_path):
    process = keyturn("--version", directory=tmp_path)
    assert process.returncode == 0
    assert process.stdout.startswith(f"keyturn {__version__} (Django ")


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("help",)])
def test_help_lists_its_own_commands_and_djangos(tmp_path, words):
    process = keyturn(*words, directory=tmp_path, env=DEVELOPMENT)
    assert process.returncode == 0
    for name in ("serve", "demo", "migrate", "createsuperuser", "check", "prune_sessions"):
        assert re.search(rf"\b{name}\b", process.stdout)


def test_help_needs_no_complete_environment_and_says_what_is_missing(tmp_path):
    process = keyturn("--help", directory=tmp_path)
    assert process.returncode == 0
    assert "migrate" in process.stdout
    assert "KEYTURN_SECRET_KEY is missing" in process.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("serve", "--help"), ("help", "serve"), ("demo", "-h"), ("help", "demo")])
def test_help_for_one_of_its_own_needs_no_environment_either(tmp_path, words):
    process = keyturn(*words, directory=tmp_path)
    assert process.returncode == 0, process.stderr
    for option in ("--host", "--port", "--workers", "--tls-certificate"):
        assert option in process.stdout


def test_help_for_a_management_command_is_djangos(tmp_path):
    process = keyturn("help", "prune_sessions", directory=tmp_path, env=DEVELOPMENT)
    assert process.returncode == 0
    assert "usage: keyturn prune_sessions" in process.stdout


@pytest.mark.parametrize(
    ("word", "meant"), [("migrat", "migrate"), ("serv", "serve"), ("dmo", "demo"), ("prune-sessions", "prune_sessions")]
)
def test_a_misspelt_command_gets_a_suggestion(tmp_path, word, meant):
    process = keyturn(word, directory=tmp_path, env=DEVELOPMENT)
    assert process.returncode == 2
    assert _told(process) == f"there is no command {word!r}; did you mean {meant}?"


def test_a_command_like_no_other_gets_the_way_to_the_list(tmp_path):
    assert "see keyturn --help" in _told(keyturn("zzzz", directory=tmp_path, env=DEVELOPMENT))


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({}, "KEYTURN_SECRET_KEY is missing"),
        ({"KEYTURN_SECRET_KEY": "hunter2"}, "KEYTURN_SECRET_KEY is weak"),
        ({"KEYTURN_DEBGU": SECRET}, "did you mean KEYTURN_DEBUG?"),
        ({**PRODUCTION, "KEYTURN_CORS_ORIGINS": "*"}, "KEYTURN_CORS_ORIGINS=*"),
        ({**PRODUCTION, "DATABASE_URL": f"mysql://ada:{SECRET}@h/db"}, "DATABASE_URL does not begin with"),
        ({**PRODUCTION, "DATABASE_URL": f"postgresql://ada:{SECRET}%zz@h/db"}, "DATABASE_URL is not a PostgreSQL URL"),
        ({"KEYTURN_DEBUG": "1", "KEYTURN_DATA_DIR": "/proc/none"}, "KEYTURN_DATA_DIR cannot be made: /proc/none"),
    ],
)
def test_a_wrong_environment_stops_the_start_with_one_line_and_no_secret(tmp_path, env, told):
    line = _told(keyturn("serve", directory=tmp_path, env=env))
    assert told in line
    assert SECRET not in line
    assert "hunter2" not in line


@pytest.mark.parametrize("command", ["demo", "check", "migrate", "zzzz"])
def test_a_wrong_environment_stops_every_command(tmp_path, command):
    assert "did you mean KEYTURN_DEBUG?" in _told(keyturn(command, directory=tmp_path, env={"KEYTURN_DEBGU": "1"}))


def test_a_correct_production_passes_the_deployment_check_without_a_warning(tmp_path):
    process = keyturn("check", "--deploy", "--fail-level", "WARNING", directory=tmp_path, env=WITH_MAIL)
    assert process.returncode == 0, process.stderr
    assert "no issues" in process.stdout


def test_a_production_without_a_mail_server_is_told_that_nobody_can_sign_up(tmp_path):
    process = keyturn("check", "--deploy", "--fail-level", "WARNING", directory=tmp_path, env=PRODUCTION)
    assert process.returncode != 0
    assert "keyturn.W008" in process.stderr
    assert "KEYTURN_EMAIL_URL" in process.stderr


def test_a_production_without_https_does_not(tmp_path):
    env = {**PRODUCTION, "KEYTURN_PUBLIC_URL": "http://auth.example.com"}
    process = keyturn("check", "--deploy", "--fail-level", "WARNING", directory=tmp_path, env=env)
    assert process.returncode != 0
    assert "SECURE_HSTS_SECONDS" in process.stderr


def test_management_commands_work_by_name(tmp_path):
    assert keyturn("migrate", "--verbosity=0", directory=tmp_path, env=DEVELOPMENT).returncode == 0
    made = keyturn(
        "createsuperuser",
        "--noinput",
        "--username=ada",
        "--email=ada@example.com",
        directory=tmp_path,
        env={**DEVELOPMENT, "DJANGO_SUPERUSER_PASSWORD": SECRET},
    )
    assert made.returncode == 0, made.stderr
    assert SECRET not in made.stdout + made.stderr
    assert keyturn("prune_sessions", directory=tmp_path, env=DEVELOPMENT).returncode == 0
    assert (tmp_path / "var" / "keyturn.sqlite3").is_file()
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700


def test_no_migration_is_missing(tmp_path):
    process = keyturn("makemigrations", "--check", "--dry-run", directory=tmp_path, env=DEVELOPMENT)
    assert process.returncode == 0, process.stdout


def test_the_settings_of_another_project_can_be_named(tmp_path):
    (tmp_path / "other.py").write_text("SECRET_KEY = 'x'\nINSTALLED_APPS = []\n")
    process = keyturn("diffsettings", "--settings=other", directory=tmp_path, env={"PYTHONPATH": _path(tmp_path)})
    assert process.returncode == 0, process.stderr
    assert "SECRET_KEY = 'x'" in process.stdout


def _path(directory) -> str:
    return os.pathsep.join([str(directory), os.environ.get("PYTHONPATH", "")])


def test_a_database_that_is_not_there_is_one_line_and_not_a_traceback(tmp_path):
    env = {**DEVELOPMENT, "DATABASE_URL": f"postgresql://ada:{SECRET}@127.0.0.1:1/auth?connect_timeout=1"}
    process = keyturn("migrate", directory=tmp_path, env=env)
    line = process.stderr.removesuffix("\n")
    assert process.returncode == 1
    assert line.startswith("keyturn: the database does not answer: ")
    assert "port 1 failed" in line
    assert "\n" not in line
    assert SECRET not in process.stdout + process.stderr


def test_a_database_without_tables_is_told_to_be_migrated(tmp_path):
    line = _told(keyturn("prune_sessions", directory=tmp_path, env=DEVELOPMENT))
    assert line == "the database has not been prepared; run: keyturn migrate"


@pytest.mark.postgres
def test_so_is_one_on_postgres(tmp_path, postgres_database):
    line = _told(keyturn("prune_sessions", directory=tmp_path, env={**DEVELOPMENT, "DATABASE_URL": postgres_database}))
    assert line == "the database has not been prepared; run: keyturn migrate"


def test_serve_refuses_a_database_that_lacks_migrations(tmp_path):
    line = _told(keyturn("serve", "--port=0", directory=tmp_path, env=DEVELOPMENT))
    assert re.fullmatch(r"\d+ migrations are not applied to the database; run: keyturn migrate", line)


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_taken_is_named_with_another_one(tmp_path, command):
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        line = _told(keyturn(command, directory=tmp_path, env={**DEVELOPMENT, "PORT": str(port)}))
    assert line == f"port {port} is taken by another program; choose another one, as in PORT={port + 1}"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--port=eighty",), "must be a port"),
        (("--port=70000",), "must be a port"),
        (("--workers=0",), "must be a number from 1 to 64"),
        (("--threads=9999999999999999999999",), "must be a number from 1 to 256"),
        (("--worker=2",), "unrecognized arguments: --worker=2"),
    ],
)
def test_a_wrong_option_of_serve_is_a_usage_error(tmp_path, words, told):
    process = keyturn("serve", *words, directory=tmp_path, env=DEVELOPMENT)
    assert process.returncode == 2
    assert told in process.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--host=203.0.113.7",), "--host '203.0.113.7' is no address of this machine"),
        (("--host=no.such.host.invalid",), "--host 'no.such.host.invalid' is no address of this machine"),
        (("--tls-key=x.pem",), "--tls-certificate and --tls-key go together"),
        (("--tls-key=x.pem", "--tls-certificate=y.pem"), "there is no file y.pem"),
    ],
)
def test_what_serve_cannot_do_it_says_in_a_line(tmp_path, words, told):
    assert _told(keyturn("serve", *words, directory=tmp_path, env=DEVELOPMENT)) == told


def test_the_demo_refuses_production(tmp_path):
    line = _told(keyturn("demo", "--port=0", directory=tmp_path, env={**PRODUCTION, "KEYTURN_DEBUG": "0"}))
    assert line == "the demo is for development, and KEYTURN_DEBUG=0 says production"

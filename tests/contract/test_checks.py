"""``manage.py check``: what stops a start (E…) and what warns (W…), each with a hint. The ids never change."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, run_checks
from django.db import connection

from tests.services.environment import DIRECTORY
from tests.services.process import clean_environment

# Django 6.1 asks the database what it can do, whichever check comes first.
pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]


def found(*, deploy: bool = False) -> dict[str, CheckMessage]:
    """Keyturn's messages under the settings in force, by id."""
    messages = run_checks(include_deployment_checks=deploy)
    return {str(each.id): each for each in messages if str(each.id).startswith("keyturn.")}


def pem(private: Any) -> tuple[str, str]:
    """A key pair as ``SIGNING_KEY`` and ``VERIFYING_KEY`` take it."""
    return (
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    )


def checked(tmp_path: Path, settings: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``check`` in a project of its own with these settings."""
    (tmp_path / "project_settings.py").write_text(f"from tests.settings.sqlite import *\n{settings}\n")
    environment = clean_environment(
        {
            "DJANGO_SETTINGS_MODULE": "project_settings",
            "PYTHONPATH": f"{tmp_path}:{ROOT}:{ROOT / 'src'}",
            # Django 6.1 asks every database what it can do.
            DIRECTORY: str(tmp_path),
        }
    )
    return subprocess.run(
        [sys.executable, "-m", "django", "check", *arguments],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_defaults_pass_in_deployment_too(settings):
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com"}
    assert found(deploy=True) == {}


def test_e001_a_database_of_an_unknown_kind_stops_the_start(tmp_path):
    done = checked(tmp_path, "DATABASES = {'default': {'ENGINE': 'django.db.backends.dummy'}}")

    assert done.returncode == 1
    assert "(keyturn.E001) Keyturn keeps its sessions in database 'default', whose kind (unknown)" in done.stderr
    assert "HINT: Use PostgreSQL or SQLite" in done.stderr


def test_e002_a_user_id_field_that_the_user_model_lacks_stops_the_start(settings):
    settings.SIMPLE_JWT = {"USER_ID_FIELD": "uuid"}

    message = found()["keyturn.E002"]
    assert message.is_serious()
    assert message.msg == "SIMPLE_JWT['USER_ID_FIELD'] is 'uuid', but auth.User has no such field."
    assert message.hint == "Name a field of auth.User, or 'pk'."

    for field in ("id", "pk", "username", "email"):
        settings.SIMPLE_JWT = {"USER_ID_FIELD": field}
        assert found() == {}


@pytest.mark.parametrize(
    "name",
    [
        "USER_AUTHENTICATION_RULE",
        "JSON_ENCODER",
        "TOKEN_USER_CLASS",
        "TOKEN_OBTAIN_SERIALIZER",
        "TOKEN_REFRESH_SERIALIZER",
        "TOKEN_VERIFY_SERIALIZER",
        "TOKEN_BLACKLIST_SERIALIZER",
        "SLIDING_TOKEN_OBTAIN_SERIALIZER",
        "SLIDING_TOKEN_REFRESH_SERIALIZER",
        "AUTH_TOKEN_CLASSES",
        "ON_LOGIN_SUCCESS",
        "ON_LOGIN_FAILED",
    ],
)
def test_e003_a_path_that_leads_nowhere_stops_the_start(settings, name):
    settings.SIMPLE_JWT = {name: "nowhere.to.be.Found"}

    message = found()["keyturn.E003"]
    assert message.is_serious()
    assert f"SIMPLE_JWT[{name!r}] is 'nowhere.to.be.Found', which cannot be imported" in message.msg
    assert message.hint == "Correct the dotted path, or leave the name out for the default."


def test_e003_knows_that_simplejwts_defaults_may_be_written_out(settings):
    settings.SIMPLE_JWT = {
        "USER_AUTHENTICATION_RULE": "rest_framework_simplejwt.authentication.default_user_authentication_rule",
        "ON_LOGIN_SUCCESS": "rest_framework_simplejwt.serializers.default_on_login_success",
        "ON_LOGIN_FAILED": "rest_framework_simplejwt.serializers.default_on_login_failed",
    }

    assert found() == {}


def test_e004_sessions_apart_from_users_stop_the_start(tmp_path):
    (tmp_path / "routers.py").write_text(
        "class Apart:\n"
        "    def db_for_write(self, model, **hints):\n"
        "        return 'sessions' if model._meta.app_label == 'keyturn' else 'default'\n"
        "    db_for_read = db_for_write\n"
    )
    done = checked(
        tmp_path,
        "DATABASES['sessions'] = {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}\n"
        "DATABASE_ROUTERS = ['routers.Apart']",
    )

    assert done.returncode == 1
    assert "(keyturn.E004)" in done.stderr
    assert "sessions in database 'sessions', but auth.User lives in 'default'" in done.stderr
    assert "HINT: Route the apps 'keyturn' and 'auth' to one database." in done.stderr


def test_sessions_and_users_together_in_a_second_database_are_no_error(tmp_path):
    (tmp_path / "routers.py").write_text(
        "TOGETHER = {'account', 'auth', 'keyturn', 'mfa', 'socialaccount'}\n"
        "class Together:\n"
        "    def db_for_write(self, model, **hints):\n"
        "        return 'people' if model._meta.app_label in TOGETHER else 'default'\n"
        "    db_for_read = db_for_write\n"
    )
    done = checked(
        tmp_path,
        "DATABASES['people'] = {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}\n"
        "DATABASE_ROUTERS = ['routers.Together']",
    )

    assert (done.returncode, "no issues" in done.stdout) == (0, True), done.stderr


RSA_PRIVATE, RSA_PUBLIC = pem(rsa.generate_private_key(65537, 2048))
EC_PRIVATE, EC_PUBLIC = pem(ec.generate_private_key(ec.SECP256R1()))


@pytest.mark.parametrize(
    ("algorithm", "signing", "verifying"),
    [
        ("RS256", "not a key", RSA_PUBLIC),
        ("RS256", RSA_PRIVATE, ""),
        ("RS256", RSA_PRIVATE, "not a key"),
        ("RS256", RSA_PRIVATE, pem(rsa.generate_private_key(65537, 2048))[1]),
        ("RS256", EC_PRIVATE, EC_PUBLIC),
        ("ES256", RSA_PRIVATE, RSA_PUBLIC),
        ("ES256", EC_PRIVATE, pem(ec.generate_private_key(ec.SECP256R1()))[1]),
        ("ES384", EC_PRIVATE, EC_PUBLIC),
        ("HS256", RSA_PRIVATE, ""),
    ],
    ids=[
        "no key",
        "no public key",
        "bad public key",
        "of another pair",
        "EC for RSA",
        "RSA for EC",
        "of another EC pair",
        "another curve",
        "PEM as a secret",
    ],
)
def test_e005_keys_that_do_not_fit_stop_the_start(settings, algorithm, signing, verifying):
    settings.SIMPLE_JWT = {"ALGORITHM": algorithm, "SIGNING_KEY": signing, "VERIFYING_KEY": verifying}

    message = found()["keyturn.E005"]
    assert message.is_serious()
    assert f"SIMPLE_JWT's keys do not work with ALGORITHM {algorithm!r}" in message.msg
    assert signing not in message.msg
    assert message.hint


def test_e005_is_silent_about_keys_that_fit(settings):
    for one in (
        {"ALGORITHM": "RS256", "SIGNING_KEY": RSA_PRIVATE, "VERIFYING_KEY": RSA_PUBLIC},
        {"ALGORITHM": "ES256", "SIGNING_KEY": EC_PRIVATE, "VERIFYING_KEY": EC_PUBLIC},
        {"ALGORITHM": "RS256", "VERIFYING_KEY": RSA_PUBLIC},
        {"ALGORITHM": "RS256", "JWK_URL": "http://127.0.0.1:9/never-asked"},
        {"ALGORITHM": "HS512", "SIGNING_KEY": "s" * 64},
    ):
        settings.SIMPLE_JWT = one
        assert found() == {}


def test_w001_says_that_a_rotated_token_never_stays_usable(settings):
    settings.SIMPLE_JWT = {"BLACKLIST_AFTER_ROTATION": False}

    message = found()["keyturn.W001"]
    assert not message.is_serious()
    assert "BLACKLIST_AFTER_ROTATION" in message.msg
    assert "ROTATE_REFRESH_TOKENS to False" in str(message.hint)

    settings.SIMPLE_JWT = {"BLACKLIST_AFTER_ROTATION": False, "ROTATE_REFRESH_TOKENS": False}
    assert found() == {}, "nothing is rotated"


@pytest.mark.parametrize("name", ["CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL"])
def test_w002_warns_a_deployment_of_open_cors(tmp_path, name):
    project = f"INSTALLED_APPS += ['corsheaders']\n{name} = True"

    done = checked(tmp_path, project, "--deploy", "--fail-level", "ERROR")

    assert "(keyturn.W002) CORS is open to all origins." in done.stderr
    assert "HINT: List your front end in CORS_ALLOWED_ORIGINS." in done.stderr
    assert "keyturn.W002" not in checked(tmp_path, project).stderr, "only where it is deployed"


@pytest.mark.parametrize(
    "simple_jwt",
    [
        {"ALGORITHM": "HS256"},
        {"ALGORITHM": "HS256", "SIGNING_KEY": django_settings.SECRET_KEY},
        {"SIGNING_KEY": django_settings.SECRET_KEY},
    ],
    ids=["algorithm alone", "both", "key alone"],
)
def test_w003_warns_a_deployment_that_shares_its_secret_with_whoever_verifies(settings, simple_jwt):
    settings.SIMPLE_JWT = simple_jwt

    message = found(deploy=True)["keyturn.W003"]
    assert "signs access tokens with Django's SECRET_KEY" in message.msg
    assert "Keyturn then signs with its ring" in str(message.hint)
    assert django_settings.SECRET_KEY not in f"{message.msg}{message.hint}"
    assert found() == {}, "only where it is deployed"


def test_w003_is_silent_about_a_key_of_its_own(settings):
    settings.SIMPLE_JWT = {"ALGORITHM": "HS256", "SIGNING_KEY": "k" * 40}
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com"}

    assert found(deploy=True) == {}


@pytest.mark.parametrize(
    ("atomic_requests", "mode", "warned"),
    [(True, None, True), (True, "IMMEDIATE", False), (True, "EXCLUSIVE", False), (False, None, False)],
)
@pytest.mark.sqlite
def test_w010_warns_of_requests_on_sqlite_that_read_before_they_write(monkeypatch, atomic_requests, mode, warned):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic_requests)
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"transaction_mode": mode} if mode else {})
    assert ("keyturn.W010" in found()) is warned

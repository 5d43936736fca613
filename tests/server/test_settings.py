"""What Django is told, seen from a process of its own: settings are made once, from the environment at start."""

import json
import subprocess
import sys
from typing import Any

import pytest

from keyturn_server import mailing
from tests.server.running import PRODUCTION, SECRET
from tests.services.process import clean_environment

_PROGRAM = """
import json, sys
from keyturn_server import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def _settings(directory, *names: str, **env: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *names],
        cwd=directory,
        env=clean_environment(env),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return dict(json.loads(ran.stdout))


# By the names that this Django has for them.
MAIL = mailing.settings_of(
    {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": "mail.example.com",
            "port": 2525,
            "username": "u",
            "password": "p@",
            "use_tls": True,
            "use_ssl": False,
            "timeout": 15,
        },
    }
)


def test_every_variable_reaches_the_setting_it_is_for(tmp_path):
    found = _settings(
        tmp_path,
        *("KEYTURN", "SIMPLE_JWT", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "ALLOWED_HOSTS", "CORS_ALLOWED_ORIGINS"),
        *("CACHES", "LOGGING", "DEBUG", "DATABASES", "ACCOUNT_LOGIN_BY_CODE_ENABLED"),
        *("DEFAULT_FROM_EMAIL", "SERVER_EMAIL", "KEYTURN_SERVER_INBOX", *MAIL),
        **PRODUCTION,
        DATABASE_URL="postgresql://ada:pw@h:5433/auth",
        KEYTURN_SECRET_KEY_FALLBACKS=SECRET[::-1],
        KEYTURN_ALLOWED_HOSTS="a.example",
        KEYTURN_CORS_ORIGINS="https://a.example,capacitor://localhost",
        KEYTURN_WEB_ORIGINS="https://w.example",
        KEYTURN_FRONTEND_URLS="sign_in=https://a.example/in",
        KEYTURN_CACHE_URL="redis://h/2",
        KEYTURN_ACCESS_LIFETIME="1m",
        KEYTURN_REFRESH_LIFETIME="3d",
        KEYTURN_ABSOLUTE_LIFETIME="30d",
        KEYTURN_REFRESH_GRACE="5s",
        KEYTURN_REFRESH_FORGIVE_AFTER="9",
        KEYTURN_SESSION_RETENTION="1d",
        KEYTURN_TRAIL_RETENTION="90d",
        KEYTURN_SIGN_UP_RETENTION="30d",
        KEYTURN_TRAIL_WEBHOOK_URL="https://hooks.example/trail",
        KEYTURN_TRAIL_WEBHOOK_SECRET="for-tests-only-and-of-no-value",
        KEYTURN_SLIDING_TOKENS="1",
        KEYTURN_SLIDING_LIFETIME="2m",
        KEYTURN_SLIDING_REFRESH_LIFETIME="2h",
        KEYTURN_UPDATE_LAST_LOGIN="1",
        KEYTURN_TRUSTED_PROXIES="10.0.0.0/8",
        KEYTURN_MAX_BODY_BYTES="2048",
        KEYTURN_DB_POOL_SIZE="3",
        KEYTURN_LOG_LEVEL="error",
        KEYTURN_SIGNING_ALGORITHM="rs256",
        KEYTURN_KEY_ROTATION="off",
        KEYTURN_JWKS_MAX_AGE="10m",
        KEYTURN_SITE_NAME="Example",
        KEYTURN_EMAIL_URL="smtp://u:p%40@mail.example.com:2525",
        KEYTURN_EMAIL_FROM="Example <auth@example.com>",
        KEYTURN_SIGN_UP="0",
        KEYTURN_SIGN_IN_BY_MAIL="1",
        KEYTURN_STEP_UP_MAX_AGE="10m",
        KEYTURN_TRUSTED_DEVICE_LIFETIME="7d",
        KEYTURN_FACTOR_REQUIRED_OF="staff",
        KEYTURN_PASSKEY_RP_ID="example.com",
        KEYTURN_PASSKEY_ORIGINS="https://p.example.com",
        KEYTURN_GOOGLE_CLIENT_ID="g",
        KEYTURN_GOOGLE_CLIENT_SECRET="for-tests-only",
        KEYTURN_LIMITS="login_pair=10/1m, export_account=off",
    )
    assert found["KEYTURN"] == {
        "REFRESH_GRACE": "0:00:05",
        "REFRESH_FORGIVE_AFTER": {"unbound": 9},
        "SESSION_ABSOLUTE_LIFETIME": "30 days, 0:00:00",
        "SESSION_RETENTION": "1 day, 0:00:00",
        "TRAIL_RETENTION": "90 days, 0:00:00",
        "TRAIL_WEBHOOK": {"URL": "https://hooks.example/trail", "SECRET": "for-tests-only-and-of-no-value"},
        "SLIDING_TOKENS": True,
        "TRUSTED_PROXIES": ["10.0.0.0/8"],
        "MAX_BODY_BYTES": 2048,
        "TOKEN_ISSUER": "https://auth.example.com",
        "TOKEN_AUDIENCE": "https://auth.example.com",
        "SIGNING_ALGORITHM": "RS256",
        "KEY_ROTATION": None,
        "JWKS_MAX_AGE": "0:10:00",
        "PUBLIC_URL": "https://auth.example.com",
        "SITE_NAME": "Example",
        "SIGN_UP": False,
        "SIGN_UP_RETENTION": "30 days, 0:00:00",
        "FRONTEND_URLS": {
            "sign_in_link": "https://auth.example.com/sign-in/link?key={key}",
            "sign_in": "https://a.example/in",
        },
        "STEP_UP_MAX_AGE": "0:10:00",
        "TRUSTED_DEVICE_LIFETIME": "7 days, 0:00:00",
        "FACTOR_REQUIRED_OF": "staff",
        "PASSKEY_RP_ID": "example.com",
        "PASSKEY_ORIGINS": ["https://p.example.com"],
        "PROVIDERS": {
            "google": {
                "CLIENT_ID": "g",
                "CLIENT_SECRET": "for-tests-only",
                "APP_CLIENT_IDS": [],
                "APP_REDIRECT_URIS": [],
                "EMAILS_ARE_VERIFIED": False,
            }
        },
        "REDIRECT_ORIGINS": ["https://a.example", "https://w.example"],
        "WEB_ORIGINS": ["https://w.example"],
        "WEB_ORIGINS_BY_HEADER": [],
        "MAIL_DELIVERY": "thread",
        "LIMITS": {"login_pair": "10/1m", "export_account": None},
        "ATTEMPTS_CACHE": "default",
    }
    assert found["ACCOUNT_LOGIN_BY_CODE_ENABLED"] is True
    assert found["SIMPLE_JWT"] == {
        "ACCESS_TOKEN_LIFETIME": "0:01:00",
        "REFRESH_TOKEN_LIFETIME": "3 days, 0:00:00",
        "SLIDING_TOKEN_LIFETIME": "0:02:00",
        "SLIDING_TOKEN_REFRESH_LIFETIME": "2:00:00",
        "ROTATE_REFRESH_TOKENS": True,
        "BLACKLIST_AFTER_ROTATION": True,
        "UPDATE_LAST_LOGIN": True,
    }
    assert found["SECRET_KEY"] == SECRET
    assert found["SECRET_KEY_FALLBACKS"] == [SECRET[::-1]]
    assert found["ALLOWED_HOSTS"] == ["a.example", "localhost", ".localhost", "127.0.0.1", "[::1]"]
    assert found["CORS_ALLOWED_ORIGINS"] == ["https://a.example", "capacitor://localhost", "https://w.example"]
    assert found["CACHES"]["default"]["LOCATION"] == "valkey://h/2"
    assert found["LOGGING"]["root"]["level"] == "ERROR"
    assert found["DEBUG"] is False
    assert found["DEFAULT_FROM_EMAIL"] == found["SERVER_EMAIL"] == "Example <auth@example.com>"
    assert found["KEYTURN_SERVER_INBOX"] is None
    assert {name: found[name] for name in MAIL} == MAIL
    assert found["DATABASES"]["default"]["PORT"] == "5433"
    assert found["DATABASES"]["default"]["OPTIONS"]["pool"]["max_size"] == 3


def test_djangos_pages_have_no_setting_that_shows_a_secret(tmp_path):
    program = (
        "from django.views.debug import get_exception_reporter_filter as f; from django.conf import settings;"
        "settings.INSTALLED_APPS; print(f(None).get_safe_settings())"
    )
    env = {
        **PRODUCTION,
        "KEYTURN_SECRET_KEY_FALLBACKS": SECRET[::-1],
        "DATABASE_URL": "postgresql://ada:hunter2@h/auth",
        "KEYTURN_CACHE_URL": "valkey://:hunter2@h/2",
        "DJANGO_SETTINGS_MODULE": "keyturn_server.settings",
    }
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=clean_environment(env), capture_output=True, check=True
    )
    assert b"auth.example.com" in ran.stdout
    for hidden in (SECRET, SECRET[::-1], "hunter2"):
        assert hidden.encode() not in ran.stdout


def test_a_long_idle_lifetime_moves_an_absolute_one_that_nobody_chose(tmp_path):
    found = _settings(tmp_path, "KEYTURN", **PRODUCTION, KEYTURN_REFRESH_LIFETIME="180d")
    assert found["KEYTURN"]["SESSION_ABSOLUTE_LIFETIME"] == "180 days, 0:00:00"


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        (PRODUCTION, (True, True, 31_536_000, True)),
        ({**PRODUCTION, "KEYTURN_PUBLIC_URL": "http://auth.example.com"}, (False, False, 0, False)),
        ({**PRODUCTION, "KEYTURN_DEBUG": "1"}, (True, False, 0, True)),
    ],
)
def test_cookies_redirect_and_hsts_follow_the_scheme_of_the_public_url(tmp_path, env, expected):
    names = ("SESSION_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "CSRF_COOKIE_SECURE")
    assert tuple(_settings(tmp_path, *names, **env).values()) == expected


def test_a_forwarded_scheme_is_believed_only_where_proxies_are_named(tmp_path):
    name = "SECURE_PROXY_SSL_HEADER"
    assert _settings(tmp_path, name, **PRODUCTION)[name] is None
    named = _settings(tmp_path, name, **PRODUCTION, KEYTURN_TRUSTED_PROXIES="::1")
    assert named[name] == ["HTTP_X_FORWARDED_PROTO", "https"]


def test_in_production_a_directory_is_made_only_for_a_database_that_needs_it(tmp_path):
    _settings(tmp_path, "DEBUG", **PRODUCTION, DATABASE_URL="postgresql://h/auth")
    assert list(tmp_path.iterdir()) == []
    found = _settings(tmp_path, "DATABASES", **PRODUCTION, KEYTURN_DATA_DIR="data/here")
    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "data/here/keyturn.sqlite3")
    assert (tmp_path / "data/here").is_dir()


def test_a_development_secret_outlives_a_restart(tmp_path):
    first = _settings(tmp_path, "SECRET_KEY", KEYTURN_DEBUG="1")
    assert first["SECRET_KEY"].startswith("keyturn-development-")
    assert _settings(tmp_path, "SECRET_KEY", KEYTURN_DEBUG="1") == first

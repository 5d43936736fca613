"""KEYTURN and SIMPLE_JWT: a wrong value or an unknown name stops the start, and the message says what was meant."""

import subprocess
import sys
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from rest_framework_simplejwt.settings import DEFAULTS as STOCK_DEFAULTS

from keyturn import conf
from tests.services.process import clean_environment

WORDS = "must be a string or a list of strings"
SECONDS = "must be a datetime.timedelta or a number of seconds"
BOOLEAN = "must be True or False"
TEXT = "must be a non-empty string"
DOTTED = "must be a dotted path such as 'package.module.Name'"

WRONG: list[tuple[str, str, Any, str]] = [
    ("KEYTURN", "REFRESH_GRACE", "10", SECONDS),
    ("KEYTURN", "REFRESH_GRACE", True, SECONDS),
    ("KEYTURN", "REFRESH_GRACE", -1, "must be at least 0 s"),
    ("KEYTURN", "REFRESH_GRACE", float("nan"), "is not a duration that can be represented"),
    ("KEYTURN", "REFRESH_GRACE", float("inf"), "is not a duration that can be represented"),
    ("KEYTURN", "REFRESH_FORGIVE_AFTER", -1, "must be a whole number, 0 or more"),
    ("KEYTURN", "REFRESH_FORGIVE_AFTER", "5", "must be a whole number, 0 or more"),
    ("KEYTURN", "REFRESH_FORGIVE_AFTER", {"cookies": 2}, "knows unbound, cookie, dpop, not 'cookies'"),
    ("KEYTURN", "REFRESH_FORGIVE_AFTER", {"cookie": 2.5}, "must be a whole number, 0 or more"),
    ("KEYTURN", "SESSION_ABSOLUTE_LIFETIME", 0, "must be at least 1 s"),
    ("KEYTURN", "SESSION_ABSOLUTE_LIFETIME", None, SECONDS),
    ("KEYTURN", "SESSION_ABSOLUTE_LIFETIME", timedelta(days=40_000), "must be under a hundred years"),
    ("KEYTURN", "SESSION_ABSOLUTE_LIFETIME", timedelta(hours=1), "must not be shorter than SIMPLE_JWT"),
    ("KEYTURN", "SESSION_RETENTION", "a week", SECONDS),
    ("KEYTURN", "SIGN_UP", "no", BOOLEAN),
    ("KEYTURN", "SLIDING_TOKENS", "yes", BOOLEAN),
    ("KEYTURN", "SLIDING_TOKENS", 1, BOOLEAN),
    ("KEYTURN", "TRUSTED_PROXIES", "10.0.0.1", "must be a list of addresses or networks such as '10.0.0.0/8'"),
    ("KEYTURN", "TRUSTED_PROXIES", ["proxy.example"], "'proxy.example' does not appear to be"),
    ("KEYTURN", "TRUSTED_PROXIES", ["10.0.0.1/8"], "has host bits set"),
    ("KEYTURN", "TRUSTED_PROXIES", [10], "must be a list of addresses or networks such as '10.0.0.0/8'"),
    ("KEYTURN", "MAX_BODY_BYTES", 100, "must be at least 1024"),
    ("KEYTURN", "TOKEN_ISSUER", 7, TEXT),
    ("KEYTURN", "SIGNING_ALGORITHM", "HS256", "must be one of ES256, RS256, EdDSA"),
    ("KEYTURN", "KEY_ROTATION", 59, "must be at least 60 s"),
    ("KEYTURN", "JWKS_MAX_AGE", 86_401, "must be at most 86400 s"),
    ("KEYTURN", "SITE_NAME", "a\nb", "must be a name of one line"),
    ("KEYTURN", "MAIL_DELIVERY", "celery", "must be 'thread', 'at_once' or 'command'"),
    ("KEYTURN", "TRUSTED_DEVICE_LIFETIME", "30 days", SECONDS),
    ("KEYTURN", "TRUSTED_DEVICE_LIFETIME", -1, "must be at least 0 s"),
    ("KEYTURN", "FACTOR_REQUIRED_OF", "admins", "must be 'nobody', 'staff', 'everybody' or a dotted path"),
    ("KEYTURN", "PASSKEY_RP_ID", 7, "must be a domain such as 'example.com'"),
    ("KEYTURN", "PASSKEY_RP_ID", "https://example.com", "no address, port or path"),
    ("KEYTURN", "PASSKEY_RP_ID", "192.0.2.1", "no address, port or path"),
    ("KEYTURN", "PASSKEY_ORIGINS", "https://app.example.com", "must be a list of origins"),
    ("KEYTURN", "PASSKEY_ORIGINS", ["android:apk-key-hash:short"], "must write an Android app as"),
    ("KEYTURN", "PROVIDERS", ["google"], "must be a dictionary of dictionaries"),
    ("KEYTURN", "PROVIDERS", {"google": {}}, "must have a CLIENT_ID, in 'google'"),
    ("KEYTURN", "PROVIDERS", {"google": {"CLIENT": "x"}}, "did you mean 'CLIENT_ID'?, in 'google'"),
    ("KEYTURN", "FORMER_KEYS", {"ALGORITHM": "HS256"}, "must be a list of dictionaries with ALGORITHM and KEY"),
    (
        "KEYTURN",
        "FORMER_KEYS",
        [{"KEY": "x"}],
        "must be a list of dictionaries with ALGORITHM and KEY, and nothing else",
    ),
    ("KEYTURN", "FORMER_KEYS", [{"ALGORITHM": "none", "KEY": "x"}], "must be one of HS256, HS384, HS512, RS256"),
    ("KEYTURN", "FORMER_KEYS", [{"ALGORITHM": "HS256", "KEY": ""}], "holds an empty KEY"),
    ("KEYTURN", "TOKEN_AUDIENCE", 7, WORDS),
    ("KEYTURN", "TOKEN_AUDIENCE", [], "must name at least one"),
    ("KEYTURN", "ACCESS_TOKEN_CLAIMS", "claims", "must be a dotted path"),
    ("KEYTURN", "LIMITS", ["5/5m"], "must be a dictionary such as {'login_pair': '5/5m'}"),
    ("KEYTURN", "LIMITS", {"logins": "5/5m"}, "knows login_pair, login_address, login_account"),
    ("KEYTURN", "LIMITS", {"login_pair": "5 per minute"}, "has no rule of the form '5/5m' for 'login_pair'"),
    ("KEYTURN", "LIMITS", {"login_pair": "0/5m"}, "has no rule of the form '5/5m' for 'login_pair'"),
    ("KEYTURN", "LIMITS", {"login_pair": 5}, "has no rule of the form '5/5m' for 'login_pair'"),
    ("KEYTURN", "LIMITS", {"mail_email": "5/8d"}, "has a window of more than 7 days for 'mail_email'"),
    ("KEYTURN", "ATTEMPTS_CACHE", "", TEXT),
    ("KEYTURN", "TRAIL_RETENTION", 3600, "must be at least 86400 s"),
    ("KEYTURN", "SIGN_UP_RETENTION", 3600, "must be at least 86400 s"),
    ("KEYTURN", "TRAIL_RETENTION", "a year", SECONDS),
    ("KEYTURN", "TRAIL_WEBHOOK", "https://example.com", "must be a dictionary with URL and SECRET, or None"),
    ("KEYTURN", "TRAIL_WEBHOOK", {"URL": "https://example.com"}, "needs a SECRET"),
    ("KEYTURN", "PUBLIC_URL", "auth.example.com", "must begin with https:// or http:// and a host"),
    ("KEYTURN", "PUBLIC_URL", "https://auth.example.com/?x", "must have neither query nor fragment"),
    ("KEYTURN", "PUBLIC_URL", "https://auth.example.com/ä", "must be written in ASCII"),
    ("KEYTURN", "FRONTEND_URLS", "https://app.example.com", "must be a dictionary of addresses"),
    ("KEYTURN", "FRONTEND_URLS", {"signin": "https://app.example.com"}, "knows verify_email, reset_password, sign_in"),
    ("KEYTURN", "FRONTEND_URLS", {"verify_email": "https://app.example.com"}, "must have {key} once in 'verify_email'"),
    ("KEYTURN", "FRONTEND_URLS", {"verify_email": "https://{key}.example.com"}, "must not have {key} in the host"),
    ("KEYTURN", "REDIRECT_ORIGINS", "https://app.example.com", "must be a list of origins"),
    ("KEYTURN", "REDIRECT_ORIGINS", ["https://app.example.com/x"], "must hold origins, and nothing after the host"),
    ("KEYTURN", "WEB_ORIGINS", "https://app.example.com", "must be a list of origins"),
    ("KEYTURN", "WEB_ORIGINS", ["null"], "must begin with https:// or http:// and a host"),
    ("KEYTURN", "WEB_ORIGINS", ["*"], "must begin with https:// or http:// and a host"),
    ("KEYTURN", "WEB_ORIGINS", ["https://app.example.com/"], "must hold origins, and nothing after the host"),
    ("KEYTURN", "WEB_ORIGINS_BY_HEADER", {"https://app.example.com"}, "must be a list of origins"),
    ("KEYTURN", "EMAIL_LINK_LIFETIME", 0, "must be at least 1 s"),
    ("KEYTURN", "RESET_LINK_LIFETIME", "an hour", SECONDS),
    ("KEYTURN", "STEP_UP_MAX_AGE", 0, "must be at least 1 s"),
    ("KEYTURN", "STEP_UP_MAX_AGE", "five minutes", SECONDS),
    ("KEYTURN", "PROFILE_FIELDS", "first_name", "must be a list of names of fields"),
    ("KEYTURN", "PROFILE_FIELDS", ["club", "is_staff"], "must not name is_staff"),
    ("KEYTURN", "ACCOUNT_EXPORT", "orders", "must be a dotted path"),
    ("KEYTURN", "ACCOUNT_DELETION", 5, "must be a dotted path"),
    ("KEYTURN", "MAX_BODY_BYTES", "1MB", "must be a whole number, 0 or more"),
    ("SIMPLE_JWT", "ACCESS_TOKEN_LIFETIME", "5m", SECONDS),
    ("SIMPLE_JWT", "ACCESS_TOKEN_LIFETIME", timedelta(0), "must be at least 1 s"),
    ("SIMPLE_JWT", "REFRESH_TOKEN_LIFETIME", timedelta(days=-1), "must be at least 1 s"),
    ("SIMPLE_JWT", "ROTATE_REFRESH_TOKENS", "True", BOOLEAN),
    ("SIMPLE_JWT", "BLACKLIST_AFTER_ROTATION", 0, BOOLEAN),
    ("SIMPLE_JWT", "UPDATE_LAST_LOGIN", None, BOOLEAN),
    ("SIMPLE_JWT", "ALGORITHM", "HS128", "must be one of HS256, HS384, HS512, RS256"),
    ("SIMPLE_JWT", "ALGORITHM", "none", "must be one of HS256"),
    ("SIMPLE_JWT", "ALGORITHM", ["HS256"], "must be one of HS256"),
    ("SIMPLE_JWT", "SIGNING_KEY", 7, "must be a string, bytes or a key object"),
    ("SIMPLE_JWT", "SIGNING_KEY", "", "must not be empty: leave it out, or set a secret"),
    ("SIMPLE_JWT", "VERIFYING_KEY", ["x"], "must be a string, bytes or a key object"),
    ("SIMPLE_JWT", "AUDIENCE", 7, WORDS),
    ("SIMPLE_JWT", "AUDIENCE", [], "must name at least one"),
    ("SIMPLE_JWT", "AUDIENCE", [7], TEXT),
    ("SIMPLE_JWT", "ISSUER", "", TEXT),
    ("SIMPLE_JWT", "ISSUER", 7, TEXT),
    ("SIMPLE_JWT", "JSON_ENCODER", "Encoder", DOTTED),
    ("SIMPLE_JWT", "JSON_ENCODER", 7, DOTTED),
    ("SIMPLE_JWT", "JWK_URL", 7, TEXT),
    ("SIMPLE_JWT", "JWK_URL", "file:///etc/jwks.json", "must begin with https:// or http://"),
    ("SIMPLE_JWT", "LEEWAY", "10", SECONDS),
    ("SIMPLE_JWT", "LEEWAY", -1, "must be at least 0 s"),
    ("SIMPLE_JWT", "AUTH_HEADER_TYPES", 7, WORDS),
    ("SIMPLE_JWT", "AUTH_HEADER_TYPES", (), "must name at least one"),
    ("SIMPLE_JWT", "AUTH_HEADER_TYPES", ("",), TEXT),
    ("SIMPLE_JWT", "AUTH_HEADER_NAME", None, TEXT),
    ("SIMPLE_JWT", "AUTH_HEADER_NAME", "Authorization", "must be as in request.META, such as 'HTTP_AUTHORIZATION'"),
    ("SIMPLE_JWT", "USER_ID_FIELD", None, TEXT),
    ("SIMPLE_JWT", "USER_ID_CLAIM", "", TEXT),
    ("SIMPLE_JWT", "USER_ID_CLAIM", "sid", "names a claim that Keyturn needs itself"),
    ("SIMPLE_JWT", "USER_AUTHENTICATION_RULE", "rule", DOTTED),
    ("SIMPLE_JWT", "USER_AUTHENTICATION_RULE", None, DOTTED),
    ("SIMPLE_JWT", "AUTH_TOKEN_CLASSES", (), "must name at least one token class"),
    ("SIMPLE_JWT", "AUTH_TOKEN_CLASSES", ("AccessToken",), DOTTED),
    ("SIMPLE_JWT", "AUTH_TOKEN_CLASSES", 7, "must be a list of dotted paths"),
    ("SIMPLE_JWT", "TOKEN_TYPE_CLAIM", "", TEXT),
    ("SIMPLE_JWT", "TOKEN_TYPE_CLAIM", "exp", "names a claim that Keyturn needs itself"),
    ("SIMPLE_JWT", "JTI_CLAIM", 7, TEXT),
    ("SIMPLE_JWT", "JTI_CLAIM", "gen", "names a claim that Keyturn needs itself"),
    ("SIMPLE_JWT", "TOKEN_USER_CLASS", "TokenUser", DOTTED),
    ("SIMPLE_JWT", "SLIDING_TOKEN_REFRESH_EXP_CLAIM", None, TEXT),
    ("SIMPLE_JWT", "SLIDING_TOKEN_REFRESH_EXP_CLAIM", "exp", "names a claim that Keyturn needs itself"),
    ("SIMPLE_JWT", "SLIDING_TOKEN_LIFETIME", "5", SECONDS),
    ("SIMPLE_JWT", "SLIDING_TOKEN_REFRESH_LIFETIME", 0, "must be at least 1 s"),
    ("SIMPLE_JWT", "TOKEN_OBTAIN_SERIALIZER", "Mine", DOTTED),
    ("SIMPLE_JWT", "TOKEN_REFRESH_SERIALIZER", None, DOTTED),
    ("SIMPLE_JWT", "TOKEN_VERIFY_SERIALIZER", 7, DOTTED),
    ("SIMPLE_JWT", "TOKEN_BLACKLIST_SERIALIZER", "", DOTTED),
    ("SIMPLE_JWT", "SLIDING_TOKEN_OBTAIN_SERIALIZER", "Mine", DOTTED),
    ("SIMPLE_JWT", "SLIDING_TOKEN_REFRESH_SERIALIZER", "Mine", DOTTED),
    ("SIMPLE_JWT", "CHECK_REVOKE_TOKEN", "no", BOOLEAN),
    ("SIMPLE_JWT", "REVOKE_TOKEN_CLAIM", "", TEXT),
    ("SIMPLE_JWT", "REVOKE_TOKEN_CLAIM", "iat", "names a claim that Keyturn needs itself"),
    ("SIMPLE_JWT", "CHECK_USER_IS_ACTIVE", None, BOOLEAN),
    ("SIMPLE_JWT", "ON_LOGIN_SUCCESS", "hook", DOTTED),
    ("SIMPLE_JWT", "ON_LOGIN_FAILED", 7, DOTTED),
]


def message_of(settings: Any, **values: Any) -> str:
    for name, value in values.items():
        setattr(settings, name, value)
    with pytest.raises(ImproperlyConfigured) as failure:
        conf.get()
    return str(failure.value)


@pytest.mark.parametrize(
    ("setting", "name", "value", "told"), WRONG, ids=[f"{name}-{value!r}" for _, name, value, _ in WRONG]
)
def test_a_wrong_value_is_named_with_what_would_be_right(settings, setting, name, value, told):
    message = message_of(settings, **{setting: {name: value}})

    assert message.startswith(f"{setting}['{name}'] ")
    assert told in message


def test_every_name_has_a_wrong_value_above():
    tried = {(setting, name) for setting, name, _, _ in WRONG}

    assert tried == {("KEYTURN", name) for name in conf._KEYTURN} | {("SIMPLE_JWT", name) for name in conf._SIMPLE_JWT}


def test_every_name_of_stock_is_known():
    assert set(STOCK_DEFAULTS) <= set(conf._SIMPLE_JWT)


@pytest.mark.parametrize(
    ("setting", "name", "told"),
    [
        ("KEYTURN", "REFRESH_GRACE_TIME", "Did you mean 'REFRESH_GRACE'?"),
        ("KEYTURN", "refresh_grace", "Did you mean 'REFRESH_GRACE'?"),
        ("KEYTURN", "TRUSTED_PROXY", "Did you mean 'TRUSTED_PROXIES'?"),
        ("KEYTURN", "ACCESS_TOKEN_LIFETIME", "'ACCESS_TOKEN_LIFETIME' belongs into SIMPLE_JWT."),
        ("KEYTURN", "xyzzy", "MAIL_DELIVERY, MAX_BODY_BYTES"),
        ("KEYTURN", 7, "It knows: ACCESS_TOKEN_CLAIMS, "),
        ("SIMPLE_JWT", "ACCES_TOKEN_LIFETIME", "Did you mean 'ACCESS_TOKEN_LIFETIME'?"),
        ("SIMPLE_JWT", "AUTH_HEADER_TYPE", "Did you mean 'AUTH_HEADER_TYPES'?"),
        ("SIMPLE_JWT", "AUTH_TOKEN_CLASS", "Did you mean 'AUTH_TOKEN_CLASSES'?"),
        ("SIMPLE_JWT", "REFRESH_GRACE", "'REFRESH_GRACE' belongs into KEYTURN."),
        ("SIMPLE_JWT", "SESSION_ABSOLUTE_LIFETIM", "'SESSION_ABSOLUTE_LIFETIME' belongs into KEYTURN."),
    ],
)
def test_an_unknown_name_is_named_with_what_was_probably_meant(settings, setting, name, told):
    message = message_of(settings, **{setting: {name: 1}})

    assert message.startswith(f"{setting} has no setting {name!r}. ")
    assert told in message


@pytest.mark.parametrize("setting", ["KEYTURN", "SIMPLE_JWT"])
@pytest.mark.parametrize("value", [["REFRESH_GRACE"], "REFRESH_GRACE", 7], ids=["list", "text", "number"])
def test_a_setting_that_is_no_dictionary_is_told_so(settings, setting, value):
    message = message_of(settings, **{setting: value})

    assert message == f"{setting} must be a dictionary, not {type(value).__name__}."


@pytest.mark.parametrize("value", [{}, None])
def test_without_settings_the_defaults_are_the_designs(settings, value):
    settings.KEYTURN = settings.SIMPLE_JWT = value

    found = conf.get()

    assert found.access_token_lifetime == timedelta(minutes=5)
    assert found.refresh_token_lifetime == timedelta(days=2)
    assert found.session_absolute_lifetime == timedelta(days=90)
    assert found.session_retention == timedelta(days=7)
    assert found.refresh_grace == timedelta(seconds=10)
    assert found.refresh_forgive_after == conf.ForgiveAfter(unbound=5, cookie=2, dpop=0)
    assert found.rotate_refresh_tokens
    assert found.blacklist_after_rotation
    assert not found.sliding_tokens
    assert found.max_body_bytes == 65_536
    assert not found.has_own_key


def test_values_come_in_several_forms(settings):
    settings.KEYTURN = {
        "REFRESH_GRACE": 2.5,
        "REFRESH_FORGIVE_AFTER": 7,
        "TRUSTED_PROXIES": ["10.0.0.0/8", "2001:db8::1"],
    }
    settings.SIMPLE_JWT = {"AUTH_HEADER_TYPES": "JWT", "LEEWAY": None, "AUDIENCE": ["a", "b"]}

    found = conf.get()

    assert found.refresh_grace == timedelta(seconds=2.5)
    assert found.refresh_forgive_after == conf.ForgiveAfter(unbound=7, cookie=2, dpop=0)
    assert found.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("2001:db8::1/128"))
    assert found.auth_header_types == ("JWT",)
    assert found.leeway == timedelta(0)
    assert found.audience == ("a", "b")

    settings.KEYTURN = {"REFRESH_FORGIVE_AFTER": {"cookie": 4}}
    assert conf.get().refresh_forgive_after == conf.ForgiveAfter(unbound=5, cookie=4, dpop=0)


def test_a_long_idle_lifetime_moves_the_absolute_end_out_unless_that_is_set_too(settings):
    settings.SIMPLE_JWT = {"REFRESH_TOKEN_LIFETIME": timedelta(days=180)}
    assert conf.get().session_absolute_lifetime == timedelta(days=180)

    message = message_of(settings, KEYTURN={"SESSION_ABSOLUTE_LIFETIME": timedelta(days=90)})
    assert message.startswith("KEYTURN['SESSION_ABSOLUTE_LIFETIME'] must not be shorter than")


def test_a_setting_changed_at_run_time_is_read_when_next_needed(settings):
    settings.KEYTURN = {"REFRESH_GRACE": 3}
    assert conf.get().refresh_grace == timedelta(seconds=3)
    assert conf.get() is conf.get()

    settings.KEYTURN = {}
    assert conf.get().refresh_grace == timedelta(seconds=10)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("KEYTURN = {'REFRESH_GRAZE': 10}", "KEYTURN has no setting 'REFRESH_GRAZE'. Did you mean 'REFRESH_GRACE'?"),
        ("SIMPLE_JWT = {'ROTATE_REFRESH_TOKENS': 1}", "SIMPLE_JWT['ROTATE_REFRESH_TOKENS'] must be True or False."),
    ],
    ids=["unknown", "wrong"],
)
def test_django_does_not_start_with_a_wrong_setting(tmp_path, setting, told):
    (tmp_path / "wrong.py").write_text(f"from tests.settings.sqlite import *\n{setting}\n")
    root = Path(__file__).resolve().parents[2]
    environment = clean_environment(
        {"DJANGO_SETTINGS_MODULE": "wrong", "PYTHONPATH": f"{tmp_path}:{root}:{root / 'src'}"}
    )

    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"django.core.exceptions.ImproperlyConfigured: {told}"


def test_what_follows_from_settings_is_worked_out_once_for_each():
    made: list[conf.Settings] = []

    @conf.OncePerSettings
    def noted(settings: conf.Settings) -> int:
        """How often."""
        made.append(settings)
        return len(made)

    assert noted.__doc__ == "How often."
    assert [noted(), noted()] == [1, 1]
    assert made == [conf.get()]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KEYTURN", {"REFRESH_GRACE": 3}),
        ("SIMPLE_JWT", {"LEEWAY": 3}),
        ("AUTH_USER_MODEL", "auth.User"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_it_is_worked_out_anew_when_a_setting_changes_that_it_may_depend_on(settings, name, value):
    @conf.OncePerSettings
    def seen(_settings: conf.Settings) -> object:
        return object()

    before = seen()
    setattr(settings, name, value)
    after = seen()
    assert after is not before
    assert seen() is after


def test_what_cannot_be_worked_out_is_tried_again():
    tries: list[int] = []

    @conf.OncePerSettings
    def fails_once(_settings: conf.Settings) -> str:
        tries.append(1)
        if len(tries) == 1:
            raise ImproperlyConfigured("not yet")
        return "done"

    with pytest.raises(ImproperlyConfigured):
        fails_once()
    assert [fails_once(), fails_once(), len(tries)] == ["done", "done", 2]


def test_another_secret_makes_other_keys_at_once_whether_or_not_django_is_told(monkeypatch):
    from django.conf import settings

    from keyturn import keys

    first, secret = keys.refresh_signing_key(), settings.SECRET_KEY
    assert keys.refresh_signing_key() is first
    monkeypatch.setattr(settings, "SECRET_KEY", "another one, of no value to anybody either")
    assert keys.refresh_signing_key().kid != first.kid
    assert first.kid not in keys.refresh_keys().named
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", [secret])
    assert first.kid in keys.refresh_keys().named

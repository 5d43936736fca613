"""What the environment may say, what each value means, and how every mistake is answered."""

import os
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from keyturn_server import env
from keyturn_server.env import BadEnvironmentError
from tests.server.running import PRODUCTION, SECRET


def test_the_defaults_are_those_of_the_design_and_production(environment):
    environment(**PRODUCTION)
    loaded = env.load()
    assert not loaded.debug
    assert loaded.access_lifetime == timedelta(minutes=5)
    assert loaded.refresh_lifetime == timedelta(days=2)
    assert loaded.absolute_lifetime == timedelta(days=90)
    assert loaded.refresh_grace == timedelta(seconds=10)
    assert loaded.refresh_forgive_after == {"unbound": 5, "cookie": 2, "dpop": 0}
    assert loaded.session_retention == timedelta(days=7)
    assert loaded.max_body_bytes == 65_536
    assert loaded.data_dir == Path("var")
    assert loaded.origins == ()
    assert loaded.pages == ()
    assert not loaded.sliding_tokens
    assert not loaded.update_last_login
    assert loaded.hosts == ["auth.example.com", "localhost", ".localhost", "127.0.0.1", "[::1]"]


def test_development_needs_nothing_and_has_open_cors_and_the_port_in_its_url(environment):
    environment(KEYTURN_DEBUG="1", PORT="9000")
    loaded = env.load()
    assert loaded.debug
    assert loaded.url == "http://localhost:9000"
    assert loaded.origins == ("*",)
    assert loaded.web_origins == ()
    assert "http://localhost:3000" in loaded.web_origins_by_header
    assert loaded.hosts == ["localhost", ".localhost", "127.0.0.1", "[::1]"]


@pytest.mark.parametrize(
    ("name", "text", "attribute", "expected"),
    [
        ("KEYTURN_DEBUG", " TRUE ", "debug", True),
        ("KEYTURN_ACCESS_LIFETIME", "300", "access_lifetime", timedelta(seconds=300)),
        ("KEYTURN_ACCESS_LIFETIME", "45s", "access_lifetime", timedelta(seconds=45)),
        ("KEYTURN_ACCESS_LIFETIME", "1h30m", "access_lifetime", timedelta(minutes=90)),
        ("KEYTURN_REFRESH_LIFETIME", "1D", "refresh_lifetime", timedelta(days=1)),
        ("KEYTURN_ABSOLUTE_LIFETIME", "36500d", "absolute_lifetime", timedelta(days=36_500)),
        ("KEYTURN_REFRESH_GRACE", "0", "refresh_grace", timedelta(0)),
        ("KEYTURN_SESSION_RETENTION", "0", "session_retention", timedelta(0)),
        ("KEYTURN_TRAIL_RETENTION", "30d", "trail_retention", timedelta(days=30)),
        ("KEYTURN_TRAIL_RETENTION", "OFF", "trail_retention", None),
        ("KEYTURN_SLIDING_LIFETIME", "10m", "sliding_lifetime", timedelta(minutes=10)),
        ("KEYTURN_SLIDING_REFRESH_LIFETIME", "3d", "sliding_refresh_lifetime", timedelta(days=3)),
        ("KEYTURN_SLIDING_TOKENS", "yes", "sliding_tokens", True),
        ("KEYTURN_UPDATE_LAST_LOGIN", "on", "update_last_login", True),
        ("KEYTURN_REFRESH_FORGIVE_AFTER", "7", "refresh_forgive_after", {"unbound": 7}),
        ("KEYTURN_REFRESH_FORGIVE_AFTER", "unbound=7, dpop=1", "refresh_forgive_after", {"unbound": 7, "dpop": 1}),
        ("KEYTURN_PUBLIC_URL", "https://Auth.Example.com/", "url", "https://auth.example.com"),
        ("KEYTURN_PUBLIC_URL", "http://[::1]:8000", "url", "http://[::1]:8000"),
        ("KEYTURN_ALLOWED_HOSTS", "a.example, .b.example,[::2]", "allowed_hosts", ("a.example", ".b.example", "[::2]")),
        ("KEYTURN_ALLOWED_HOSTS", "*", "allowed_hosts", ("*",)),
        ("KEYTURN_CORS_ORIGINS", "https://a.example:8443 , ", "origins", ("https://a.example:8443",)),
        ("KEYTURN_CORS_ORIGINS", "capacitor://localhost", "origins", ("capacitor://localhost",)),
        (
            "KEYTURN_WEB_ORIGINS",
            "https://a.example, http://b.example:81",
            "web_origins",
            ("https://a.example", "http://b.example:81"),
        ),
        ("KEYTURN_WEB_ORIGINS", "https://a.example", "web_origins_by_header", ()),
        ("KEYTURN_TRUSTED_PROXIES", "10.0.0.0/8,::1", "trusted_proxies", (ip_network("10.0.0.0/8"), ip_network("::1"))),
        ("KEYTURN_MAX_BODY_BYTES", "1024", "max_body_bytes", 1024),
        (
            "KEYTURN_FRONTEND_URLS",
            " verify_email=https://app.example.com/v#{key}  sign_in=http://localhost:5173/ ",
            "frontend_urls",
            {"verify_email": "https://app.example.com/v#{key}", "sign_in": "http://localhost:5173/"},
        ),
        ("KEYTURN_LIMITS", "login_pair=10/1m, mail_email = OFF", "limits", {"login_pair": "10/1m", "mail_email": None}),
        ("KEYTURN_DB_POOL_SIZE", "1", "db_pool_size", 1),
        ("KEYTURN_LOG_LEVEL", "Debug", "log_level", "DEBUG"),
        ("KEYTURN_SIGNING_ALGORITHM", "eddsa", "signing_algorithm", "EdDSA"),
        ("KEYTURN_KEY_ROTATION", "Off", "key_rotation", None),
        ("KEYTURN_KEY_ROTATION", "12h", "key_rotation", timedelta(hours=12)),
        ("KEYTURN_JWKS_MAX_AGE", "0", "jwks_max_age", timedelta(0)),
        ("KEYTURN_CACHE_URL", "redis://h:6379/1", "cache_url", "valkey://h:6379/1"),
        ("KEYTURN_CACHE_URL", "rediss://:secret@h", "cache_url", "valkeys://:secret@h"),
        ("PORT", "65535", "port", 65_535),
    ],
)
def test_a_value_is_read_as_it_is_meant(environment, name, text, attribute, expected):
    environment(**{"KEYTURN_DEBUG": "1", name: text})
    assert getattr(env.load(), attribute) == expected


@pytest.mark.parametrize("text", ["0", "false", "No", "OFF"])
def test_debug_is_off_in_as_many_ways(environment, text):
    environment(**PRODUCTION, KEYTURN_DEBUG=text)
    assert not env.load().debug


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("KEYTURN_DEBUG", "maybe", "neither yes nor no: 'maybe'; use 1 or 0"),
        ("KEYTURN_ACCESS_LIFETIME", "5x", "not a duration: '5x'; write seconds (300) or 5m"),
        ("KEYTURN_ACCESS_LIFETIME", "5m2d", "not a duration"),
        ("KEYTURN_ACCESS_LIFETIME", "-5", "not a duration"),
        ("KEYTURN_ACCESS_LIFETIME", "1.5h", "not a duration"),
        ("KEYTURN_ACCESS_LIFETIME", "٣", "not a duration"),
        ("KEYTURN_ACCESS_LIFETIME", "0", "shorter than 1 s"),
        ("KEYTURN_REFRESH_LIFETIME", "36501d", "longer than a hundred years"),
        ("KEYTURN_REFRESH_LIFETIME", "9" * 5000, "longer than a hundred years"),
        ("KEYTURN_REFRESH_LIFETIME", "999999999999d", "longer than a hundred years"),
        ("KEYTURN_ABSOLUTE_LIFETIME", "1d", "shorter than KEYTURN_REFRESH_LIFETIME"),
        ("KEYTURN_REFRESH_GRACE", "ten", "not a duration"),
        ("KEYTURN_SESSION_RETENTION", "x", "not a duration"),
        ("KEYTURN_TRAIL_RETENTION", "1h", "is shorter than 86400 s"),
        ("KEYTURN_TRAIL_WEBHOOK_URL", "example.com/hook", "is not an address"),
        ("KEYTURN_TRAIL_WEBHOOK_URL", "file:///etc/passwd", "is not an address"),
        ("KEYTURN_SLIDING_LIFETIME", "0", "shorter than 1 s"),
        ("KEYTURN_SLIDING_REFRESH_LIFETIME", "", None),
        (
            "KEYTURN_SIGNING_ALGORITHM",
            "HS256",
            "is no algorithm that keys are made for: 'HS256'; use one of ES256, RS256, EdDSA",
        ),
        ("KEYTURN_KEY_ROTATION", "59", "shorter than 60 s"),
        ("KEYTURN_JWKS_MAX_AGE", "2d", "longer than a day"),
        ("KEYTURN_SLIDING_TOKENS", "2", "neither yes nor no"),
        ("KEYTURN_UPDATE_LAST_LOGIN", "si", "neither yes nor no"),
        ("KEYTURN_ALLOW_OPEN_CORS", "yes-please", "neither yes nor no"),
        ("KEYTURN_REFRESH_FORGIVE_AFTER", "unbond=5", "holds 'unbond'; did you mean unbound?"),
        ("KEYTURN_REFRESH_FORGIVE_AFTER", "-1", "not a whole number"),
        ("KEYTURN_REFRESH_FORGIVE_AFTER", "unbound=", "not a whole number"),
        ("KEYTURN_PUBLIC_URL", "auth.example.com", "write it as https://auth.example.com"),
        ("KEYTURN_PUBLIC_URL", "https://auth.example.com/path", "scheme, host and port alone"),
        ("KEYTURN_PUBLIC_URL", "ftp://auth.example.com", "scheme, host and port alone"),
        ("KEYTURN_PUBLIC_URL", "https://auth.example.com:99999", "is not a URL"),
        ("KEYTURN_PUBLIC_URL", "https://[", "is not a URL"),
        ("KEYTURN_PUBLIC_URL", "https://user:hunter2@auth.example.com", "holds a user name or password"),
        ("KEYTURN_ALLOWED_HOSTS", "https://a.example", "holds 'https://a.example'; give host names without scheme"),
        ("KEYTURN_ALLOWED_HOSTS", "a.example:443", "without scheme, port and path"),
        ("KEYTURN_CORS_ORIGINS", "https://a.example/", "no browser sends; write https://a.example"),
        ("KEYTURN_CORS_ORIGINS", "https://a.example:443", "no browser sends; write https://a.example"),
        ("KEYTURN_CORS_ORIGINS", "HTTPS://A.example", "no browser sends; write https://a.example"),
        ("KEYTURN_CORS_ORIGINS", "a.example", "an origin is scheme, host and port"),
        ("KEYTURN_CORS_ORIGINS", "null", "an origin is scheme, host and port"),
        ("KEYTURN_CORS_ORIGINS", "https://*.example.com", "an origin is scheme, host and port"),
        ("KEYTURN_WEB_ORIGINS", "*", "name the pages, as in https://app.example.com"),
        ("KEYTURN_WEB_ORIGINS", "null", "an origin is scheme, host and port"),
        ("KEYTURN_WEB_ORIGINS", "https://a.example/", "no browser sends; write https://a.example"),
        ("KEYTURN_WEB_ORIGINS", "capacitor://localhost", "name the pages, as in https://app.example.com"),
        ("KEYTURN_CORS_ORIGINS", "*,https://a.example", "* already means all"),
        ("KEYTURN_TRUSTED_PROXIES", "10.0.0.1/8", "an address inside a network; write 10.0.0.0/8"),
        ("KEYTURN_TRUSTED_PROXIES", "proxy", "holds 'proxy'; give addresses or networks"),
        ("KEYTURN_MAX_BODY_BYTES", "1023", "not a whole number from 1024 to 104857600: '1023'"),
        ("KEYTURN_MAX_BODY_BYTES", "64k", "not a whole number"),
        ("KEYTURN_FRONTEND_URLS", "https://app.example.com", "reset_password, sign_in_link, sign_in, not"),
        ("KEYTURN_FRONTEND_URLS", "sign_in=app.example.com", "must begin with https:// or http:// and a host"),
        ("KEYTURN_FRONTEND_URLS", "sign_in=https://a.example sign_in=https://b.example", "names 'sign_in' twice"),
        ("KEYTURN_FRONTEND_URLS", "verify_email=https://app.example.com/", "must have {key} once in 'verify_email'"),
        ("KEYTURN_LIMITS", "login=5/5m", "holds 'login'; did you mean login_pair?"),
        ("KEYTURN_LIMITS", "login_pair=5", "has no rule of the form '5/5m' for 'login_pair'"),
        ("KEYTURN_LIMITS", "5/5m", "holds '5/5m'"),
        ("KEYTURN_DB_POOL_SIZE", "0", "not a whole number from 1 to 1000"),
        ("KEYTURN_LOG_LEVEL", "warn", "no log level: 'warn'; did you mean warning?"),
        ("KEYTURN_CACHE_URL", "memcached://h", "does not begin with valkey://"),
        ("KEYTURN_CACHE_URL", "valkey://h/name", "a database that is no number"),
        ("KEYTURN_CACHE_URL", "valkey://", "names no host"),
        ("KEYTURN_DATA_DIR", __file__, "is not a directory"),
        ("DATABASE_URL", "mysql://h/db", "does not begin with postgresql:// or sqlite:///"),
        ("PORT", "eighty", "not a whole number from 1 to 65535: 'eighty'"),
        ("PORT", "65536", "not a whole number from 1 to 65535"),
    ],
)
def test_a_wrong_value_is_named_in_one_line(environment, name, text, told):
    environment(**{"KEYTURN_DEBUG": "1", name: text})
    if told is None:
        # An empty value is what compose files pass for a variable that is not set.
        assert env.load().sliding_refresh_lifetime == timedelta(days=1)
        return
    with pytest.raises(BadEnvironmentError) as refused:
        env.load()
    message = str(refused.value)
    assert message.startswith(f"{name} ")
    assert told in message
    assert "\n" not in message
    assert "hunter2" not in message


@pytest.mark.parametrize("name", [field.validation_alias for field in env.Environment.model_fields.values()])
def test_an_empty_value_counts_as_absent(environment, name):
    environment(**{**PRODUCTION, name: ""})
    if name == "KEYTURN_SECRET_KEY":
        with pytest.raises(BadEnvironmentError, match="KEYTURN_SECRET_KEY is missing"):
            env.load()
    else:
        given = env.load()
        environment(**{key: value for key, value in PRODUCTION.items() if key != name})
        assert given == env.load()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("KEYTURN_DEBGU", "KEYTURN_DEBUG"),
        ("keyturn_debug", "KEYTURN_DEBUG"),
        ("KEYTURN_SECRETKEY", "KEYTURN_SECRET_KEY"),
        ("KEYTURN_DATABASE_URL", "DATABASE_URL"),
        ("KEYTURN_REFRESH_TOKEN_LIFETIME", "KEYTURN_REFRESH_LIFETIME"),
        ("KEYTURNDEBUG", "KEYTURN_DEBUG"),
        ("KEYTURN_PORT", "PORT"),
    ],
)
def test_an_unknown_name_stops_the_start_and_suggests_the_right_one(environment, name, meant):
    environment(**{"KEYTURN_DEBUG": "1", name: SECRET})
    with pytest.raises(BadEnvironmentError) as refused:
        env.load()
    assert str(refused.value) == f"{name} is not a variable of this server; did you mean {meant}?"


def test_an_unknown_name_like_no_other_is_answered_with_the_page_that_has_them_all(environment):
    environment(KEYTURN_DEBUG="1", KEYTURN_ZZZZ="1")
    with pytest.raises(BadEnvironmentError, match=r"^KEYTURN_ZZZZ is not .*; docs/\S+ lists them all$"):
        env.load()


def test_what_kubernetes_adds_for_a_service_named_keyturn_is_no_mistake(environment):
    environment(
        KEYTURN_DEBUG="1",
        KEYTURN_SERVICE_HOST="10.0.0.1",
        KEYTURN_SERVICE_PORT="8000",
        KEYTURN_SERVICE_PORT_HTTP="8000",
        KEYTURN_PORT="tcp://10.0.0.1:8000",
        KEYTURN_PORT_8000_TCP="tcp://10.0.0.1:8000",
        KEYTURN_PORT_8000_TCP_ADDR="10.0.0.1",
        KEYTURN_WEB_SERVICE_HOST="10.0.0.2",
    )
    assert env.load().debug


def test_a_port_typed_by_a_person_under_that_name_is_one(environment):
    environment(KEYTURN_DEBUG="1", KEYTURN_PORT="9000")
    with pytest.raises(BadEnvironmentError, match="KEYTURN_PORT is not a variable"):
        env.load()


def test_all_problems_are_told_at_once_a_line_each(environment):
    environment(KEYTURN_DEBUG="maybe", KEYTURN_LOG_LEVEL="loud", PORT="x")
    with pytest.raises(BadEnvironmentError) as refused:
        env.load()
    named = [line.partition(" ")[0] for line in str(refused.value).splitlines()]
    assert sorted(named) == ["KEYTURN_DEBUG", "KEYTURN_LOG_LEVEL", "PORT"]


def test_bytes_that_are_no_utf_8_are_refused_here_and_not_in_the_depths(environment):
    environment(KEYTURN_DEBUG="1", KEYTURN_SECRET_KEY=SECRET)
    os.environb[b"KEYTURN_SECRET_KEY"] = b"\xff" * 60
    with pytest.raises(BadEnvironmentError, match=r"^KEYTURN_SECRET_KEY is not valid UTF-8$"):
        env.load()


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (None, "is missing"),
        ("short-but-" + SECRET[:39], "fewer than 50"),
        ("abcdefghi" * 9, "fewer than 10 different"),
        ("django-insecure-" + SECRET, "begins with django-insecure-"),
        ("keyturn-development-" + SECRET, "secret of a development server"),
    ],
)
def test_production_refuses_a_missing_or_weak_secret_without_repeating_it(environment, key, told):
    environment(**({} if key is None else {"KEYTURN_SECRET_KEY": key}))
    with pytest.raises(BadEnvironmentError) as refused:
        env.load()
    message = str(refused.value)
    assert message.startswith("KEYTURN_SECRET_KEY ")
    assert told in message
    assert "\n" not in message
    assert key is None or not any(key[start : start + 8] in message for start in range(20, len(key) - 8))


def test_a_mail_server_needs_a_sender(environment):
    environment(**PRODUCTION, KEYTURN_EMAIL_URL="smtp://u:CANARY@mail.example.com")
    with pytest.raises(BadEnvironmentError, match=r"^KEYTURN_EMAIL_FROM is missing") as refused:
        env.load()
    assert "CANARY" not in str(refused.value)


def test_the_password_of_the_mail_server_is_in_no_message_and_no_text(environment):
    environment(**PRODUCTION, KEYTURN_EMAIL_URL="smtp://u:CANARY@mail.example.com?ssl=1", KEYTURN_EMAIL_FROM="a@b.co")
    with pytest.raises(BadEnvironmentError, match=r"^KEYTURN_EMAIL_URL has an option") as refused:
        env.load()
    assert "CANARY" not in str(refused.value)

    environment(**PRODUCTION, KEYTURN_EMAIL_URL="smtp://u:CANARY@mail.example.com", KEYTURN_EMAIL_FROM="a@b.co")
    assert "CANARY" not in repr(env.load())


@pytest.mark.parametrize("name", ["a\nb", "x" * 101])
def test_a_site_name_is_one_short_line(environment, name):
    environment(**PRODUCTION, KEYTURN_SITE_NAME=name)
    with pytest.raises(BadEnvironmentError, match=r"^KEYTURN_SITE_NAME is not a name of one line"):
        env.load()


def test_development_takes_a_weak_secret(environment):
    environment(KEYTURN_DEBUG="1", KEYTURN_SECRET_KEY="short")
    assert env.load().secret_key.get_secret_value() == "short"


def test_production_refuses_a_weak_earlier_secret_and_says_which(environment):
    environment(**PRODUCTION, KEYTURN_SECRET_KEY_FALLBACKS=f"{SECRET[::-1]},hunter2")
    with pytest.raises(BadEnvironmentError) as refused:
        env.load()
    assert str(refused.value).startswith("KEYTURN_SECRET_KEY_FALLBACKS, number 2, is weak")
    assert "hunter2" not in str(refused.value)


def test_production_refuses_open_cors_unless_told_so_in_so_many_words(environment):
    environment(**PRODUCTION, KEYTURN_CORS_ORIGINS="*")
    with pytest.raises(BadEnvironmentError, match=r"^KEYTURN_CORS_ORIGINS=\* lets every web page.*KEYTURN_ALLOW_OPEN"):
        env.load()
    environment(**PRODUCTION, KEYTURN_CORS_ORIGINS="*", KEYTURN_ALLOW_OPEN_CORS="1")
    assert env.load().origins == ("*",)


def test_no_secret_is_in_the_environments_own_text(environment):
    environment(
        **PRODUCTION,
        KEYTURN_SECRET_KEY_FALLBACKS=SECRET[::-1],
        DATABASE_URL="postgresql://ada:hunter2@h/db?sslpassword=hunter2",
        KEYTURN_CACHE_URL="valkey://:hunter2@h",
    )
    text = repr(env.load()) + str(env.load())
    assert "auth.example.com" in text
    for hidden in (SECRET, SECRET[::-1], "hunter2"):
        assert hidden not in text


@pytest.mark.parametrize(
    ("given", "words"),
    [("", "is missing"), ("hunter2", "is shorter than 24 bytes"), ("whsec_hunter2!", "is not base64")],
)
def test_a_webhook_needs_a_secret_that_is_long_enough_and_never_repeated(environment, given, words):
    environment(**PRODUCTION, KEYTURN_TRAIL_WEBHOOK_URL="https://example.com/hook", KEYTURN_TRAIL_WEBHOOK_SECRET=given)
    with pytest.raises(BadEnvironmentError) as refused:
        env.load()
    assert str(refused.value).startswith(f"KEYTURN_TRAIL_WEBHOOK_SECRET {words}")
    assert "hunter2" not in str(refused.value)

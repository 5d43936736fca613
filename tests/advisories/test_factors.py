"""What django-allauth 65.21.1 does with codes of second factors, as read in its code, and what happens here."""

import json
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from keyturn.clock import utc_now
from keyturn.mfa import totp
from keyturn.mfa.codes import accept_code
from keyturn.mfa.enrolling import enrol_totp
from keyturn.mfa.models import RecoveryCode
from keyturn.signin.users import locked_user
from tests.accounts.engine import AuthClient
from tests.contract.conftest import ada

pytestmark = pytest.mark.django_db

__all__ = ["ada"]


@pytest.fixture
def app(ada):
    """The secret of ada's app, and the recovery codes beside it; set up two minutes ago."""
    secret, before = totp.new_secret(), utc_now() - timedelta(minutes=2)
    with transaction.atomic():
        codes = enrol_totp(
            user=locked_user(ada.pk),
            secrets=[secret],
            code=totp.code_at(secret, totp.step_at(before)),
            now=before,
        )
    return secret, codes


def code_of(secret, *, later=0):
    return totp.code_at(secret, totp.step_at(utc_now()) + later)


def signing_in():
    client = AuthClient()
    assert client.log_in().json()["reason"] == "mfa_required"
    return client


def show(client, code):
    return client.call("POST", "auth/2fa/authenticate", {"code": code}).status_code


def test_a_code_counts_once_though_the_cache_forgets_it(app):
    """That a code was used was remembered by the cache alone: one of each process, or one that was emptied."""
    secret, _ = app
    code = code_of(secret)
    assert show(signing_in(), code) == 200
    cache.clear()
    assert show(signing_in(), code) == 400


def test_a_code_counts_once_though_there_is_no_cache(app, settings):
    """With a cache that keeps nothing, every code was right for as long as it was shown."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    secret, _ = app
    code = code_of(secret)
    assert show(signing_in(), code) == 200
    assert show(signing_in(), code) == 400


def test_a_second_factor_needs_no_cache(app, settings):
    """With a cache that was down, nobody who had a second factor came in: 500."""
    settings.CACHES = {"default": {"BACKEND": "tests.advisories.no_such_module.Cache"}}
    secret, codes = app
    assert show(signing_in(), code_of(secret)) == 200
    assert show(signing_in(), codes[0]) == 200


def test_a_used_code_is_wrong_for_as_long_as_the_tolerance_lets_it_live(ada, app):
    """It was remembered for one period, and with a tolerance of one good for three."""
    secret, _ = app
    now = utc_now()
    code = totp.code_at(secret, totp.step_at(now) + 1)
    found = []
    for seconds in (0, 31, 59):
        with transaction.atomic():
            found.append(accept_code(user=ada, code=code, now=now + timedelta(seconds=seconds)))
    assert found == ["totp", None, None]


def test_the_code_that_set_an_app_up_is_used(ada):
    """It was not remembered at all: who looked over a shoulder signed in with it."""
    client = AuthClient()
    client.log_in()
    secret = client.call("GET", "account/authenticators/totp").json()["meta"]["secret"]
    code = code_of(secret)
    assert client.call("POST", "account/authenticators/totp", {"code": code}).status_code == 200
    assert show(signing_in(), code) == 400


def test_who_reads_the_database_knows_no_code(app):
    """Secrets of apps, and the seeds that recovery codes follow from, were kept in plain text."""
    secret, codes = app
    rows = [*Authenticator.objects.values_list("data", flat=True), *RecoveryCode.objects.values_list("hash", flat=True)]
    kept = json.dumps(rows)
    assert "seed" not in kept
    for one in (secret, *codes, *(code.replace("-", "") for code in codes)):
        assert one not in kept


def test_recovery_codes_cannot_be_read_again(app):
    """They could, for ever, by whoever held a session for a moment."""
    _, codes = app
    client = signing_in()
    assert show(client, codes[0]) == 200
    for path in ("account/authenticators/recovery-codes", "account/authenticators"):
        text = client.call("GET", path).content.decode()
        assert not any(code in text for code in codes)


def test_looking_at_recovery_codes_writes_nothing(app):
    """Looking wrote the row anew as it had been read: a code used at that moment was good again."""
    _, codes = app
    client = signing_in()
    assert show(client, codes[0]) == 200
    client.call("GET", "account/authenticators/recovery-codes")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.call("GET", "account/authenticators/recovery-codes")
    written = [query["sql"] for query in queries if "mfa_authenticator" in query["sql"] or "recovery" in query["sql"]]
    assert written
    assert all(sql.startswith("SELECT") for sql in written), written


def test_a_second_tab_does_not_take_the_first_ones_secret_away(ada):
    """Each look at the page replaced the secret: whoever had two tabs could scan neither."""
    client = AuthClient()
    client.log_in()
    first = client.call("GET", "account/authenticators/totp").json()["meta"]["secret"]
    client.call("GET", "account/authenticators/totp")
    answer = client.call("POST", "account/authenticators/totp", {"code": code_of(first)})
    assert answer.status_code == 200


def test_the_name_that_an_app_shows_is_not_the_requests_host(ada, settings):
    """Without django.contrib.sites it was whatever the client had sent as Host."""
    settings.ALLOWED_HOSTS = ["*"]
    client = AuthClient(SERVER_NAME="evil.example")
    client.log_in()
    assert "evil" not in client.call("GET", "account/authenticators/totp").json()["meta"]["totp_url"]


def test_a_bypass_code_that_was_forgotten_in_the_settings_opens_nothing(app, settings):
    """``MFA_TOTP_INSECURE_BYPASS_CODE`` was right for everybody while DEBUG was on."""
    settings.DEBUG, settings.MFA_TOTP_INSECURE_BYPASS_CODE = True, "123456"
    assert show(signing_in(), "123456") == 400


def test_a_code_in_other_digits_is_no_code(app):
    """Arabic-Indic or full-width digits are digits to Python."""
    secret, _ = app
    code = code_of(secret)
    for zero in (0x0660, 0xFF10):
        assert show(signing_in(), "".join(chr(zero + int(digit)) for digit in code)) == 400
    assert show(signing_in(), code) == 200


def test_the_factors_of_a_project_from_before_let_their_users_in_and_no_one_twice(ada):
    """Nobody has to scan a code again because Keyturn came."""
    secret = totp.new_secret()
    Authenticator.objects.create(user=ada, type="totp", data={"secret": secret})
    assert show(signing_in(), code_of(secret)) == 200
    assert show(signing_in(), code_of(secret)) == 400
    assert secret not in json.dumps(Authenticator.objects.get().data)

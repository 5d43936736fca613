"""Where ``allauth.mfa`` is installed: a password alone lets nobody in who has a second factor, at any door."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache

from keyturn.clock import stored, utc_now
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.tokens.issuing import issue_pair
from tests.accounts.engine import PASSWORD, AuthClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(ada):
    """The secret of ada's second factor."""
    cache.clear()
    found = generate_totp_secret()
    TOTP.activate(ada, found)
    return found


def code_of(secret: str) -> str:
    """What ada's telephone shows now."""
    counters = list(yield_hotp_counters_from_time())
    return f"{hotp_value(secret, counters[len(counters) // 2]):06}"


def test_a_login_waits_for_the_code_and_then_opens_a_session_that_says_so(secret):
    client = AuthClient()
    answer = client.log_in()
    assert answer.status_code == 401
    assert answer.json()["reason"] == "mfa_required"
    assert not Session.objects.exists()
    assert client.call("POST", "auth/2fa/authenticate", {"code": code_of(secret)}).status_code == 200
    assert Session.objects.get().amr == "pwd otp mfa"
    assert client.access is not None


def test_the_plain_door_refuses_a_password_alone(secret):
    answer = AuthClient().http.post(
        "/token/", {"username": "ada", "password": PASSWORD}, content_type="application/json"
    )
    assert answer.status_code == 401
    assert answer.json()["reason"] == "mfa_required"


def test_guesses_at_the_code_are_counted_over_all_flows(secret, settings):
    settings.KEYTURN = {"LIMITS": {"code_pair": "3/10m"}}
    answers = []
    for _ in range(2):
        client = AuthClient()
        client.log_in()
        answers += [client.call("POST", "auth/2fa/authenticate", {"code": "000000"}).status_code for _ in range(2)]
    assert answers == [400, 400, 400, 429]
    client = AuthClient()
    client.log_in()
    assert client.call("POST", "auth/2fa/authenticate", {"code": code_of(secret)}).status_code == 429
    assert not Session.objects.exists()


def test_a_password_changed_meanwhile_stops_a_login_that_waits_for_its_code(secret, ada):
    client = AuthClient()
    client.log_in()
    ada.set_password("another long sentence altogether")
    ada.save()
    answer = client.call("POST", "auth/2fa/authenticate", {"code": code_of(secret)})
    assert answer.status_code == 401
    assert answer.json()["reason"] == "password_changed"
    assert not Session.objects.exists()


def test_a_flow_is_of_no_use_after_its_user_was_deleted(secret, ada):
    client = AuthClient()
    client.log_in()
    ada.delete()
    answer = client.call("POST", "auth/2fa/authenticate", {"code": code_of(secret)})
    assert 400 <= answer.status_code < 500
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize(("seconds", "status"), [(301, 401), (1, 200)])
def test_who_has_no_password_sets_up_a_factor_right_after_signing_in_only(ada, seconds, status):
    ada.set_unusable_password()
    ada.save()
    client = AuthClient()
    client.access = issue_pair(user=ada, now=utc_now(), client=Client()).access
    Session.objects.update(auth_time=stored(utc_now() - timedelta(seconds=seconds)))
    offered = client.call("GET", "account/authenticators/totp").json()["meta"]["secret"]
    answer = client.call("POST", "account/authenticators/totp", {"code": code_of(offered)})
    assert answer.status_code == status, answer.content
    assert Authenticator.objects.filter(type="totp").exists() == (status == 200)

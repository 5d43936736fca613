"""The access token of a proof, as clients of each kind are given it: web clients, and those that hold a key."""

from datetime import timedelta

import pytest

from keyturn.clock import utc_now
from keyturn.sessions.models import Session
from tests.contract.caller import PASSWORD, Caller, claims
from tests.dpop.browser import KeyHolder
from tests.web.page import Page

pytestmark = pytest.mark.django_db

AGAIN = "/auth/app/v1/auth/reauthenticate"
IN_BROWSER = "/auth/browser/v1/auth/reauthenticate"


def an_hour_ago() -> None:
    Session.objects.update(auth_time=utc_now() - timedelta(hours=1))


def test_a_web_client_keeps_its_cookie_and_is_given_the_access_token_alone(ada):
    page = Page()
    access = page.sign_in()
    cookie = page.held("refresh")
    an_hour_ago()

    answer = page.call("POST", IN_BROWSER, {"password": PASSWORD}, access=access)

    assert answer.status_code == 200, answer.content
    assert "refresh_token" not in answer.json()["meta"]
    assert claims(answer.json()["meta"]["access_token"])["auth_time"] > utc_now().timestamp() - 60
    assert page.held("refresh") == cookie
    assert claims(page.refresh())["auth_time"] > utc_now().timestamp() - 60


def test_a_client_that_holds_a_key_is_given_a_token_of_that_key(ada):
    holder = KeyHolder()
    tokens = holder.log_in()
    an_hour_ago()

    answer = holder.call("POST", AGAIN, {"password": PASSWORD}, access=tokens.access)

    assert answer.status_code == 200, answer.content
    meta = answer.json()["meta"]
    assert meta["token_type"] == "DPoP"
    assert claims(meta["access_token"])["cnf"] == claims(tokens.access)["cnf"]
    assert holder.home(meta["access_token"]).status_code == 200
    assert Caller().call("GET", "/home/", access=meta["access_token"]).status_code == 401


def test_a_key_is_asked_for_with_every_proof(ada):
    holder = KeyHolder()
    tokens = holder.log_in()
    an_hour_ago()
    answer = holder.caller.call("POST", AGAIN, {"password": PASSWORD}, HTTP_AUTHORIZATION=f"Bearer {tokens.access}")
    assert answer.status_code == 401
    assert Session.objects.get().auth_time < utc_now() - timedelta(minutes=50)


def test_the_challenge_names_the_scheme_that_was_used(ada):
    holder = KeyHolder()
    tokens = holder.log_in()
    an_hour_ago()
    answer = holder.call("POST", "/auth/app/v1/account/email", {"email": "new@example.com"}, access=tokens.access)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("DPoP ")
    assert 'error="insufficient_user_authentication", max_age="300"' in answer["WWW-Authenticate"]


def test_claims_that_a_login_gave_stay(ada, settings):
    from rest_framework_simplejwt.tokens import RefreshToken

    refresh = RefreshToken.for_user(ada)
    refresh["house"] = "red"
    an_hour_ago()
    answer = Caller().call("POST", AGAIN, {"password": PASSWORD}, access=str(refresh.access_token))
    assert claims(answer.json()["meta"]["access_token"])["house"] == "red"


def test_a_sliding_token_is_told_nothing_and_its_session_is_raised(ada, settings):
    settings.KEYTURN = {"SLIDING_TOKENS": True}
    settings.SIMPLE_JWT = {"AUTH_TOKEN_CLASSES": ["rest_framework_simplejwt.tokens.SlidingToken"]}
    caller = Caller()
    token = caller.call("POST", "/token/sliding/", {"username": "ada", "password": PASSWORD}).json()["token"]
    an_hour_ago()
    answer = caller.call("POST", AGAIN, {"password": PASSWORD}, access=token)
    assert answer.status_code == 200, answer.content
    assert "access_token" not in answer.json()["meta"]
    assert Session.objects.get().auth_time > utc_now() - timedelta(minutes=1)

"""SIMPLE_JWT: how long tokens live, and what happens to them when they are used."""

from datetime import timedelta

import pytest
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, SlidingToken

from keyturn.clock import utc_now
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.tokens.issuing import issue_pair
from keyturn.tokens.minting import Lifetimes
from tests.contract.caller import PASSWORD, assert_refused, claims, session_of, turn_back


def lifetime(token: str) -> int:
    found = claims(token)
    return int(found["exp"] - found["iat"])


def test_access_token_lifetime_is_read_at_each_mint(settings, ada, caller):
    settings.SIMPLE_JWT = {"ACCESS_TOKEN_LIFETIME": timedelta(minutes=10)}
    tokens = caller.log_in()
    assert lifetime(tokens.access) == 600
    assert lifetime(str(AccessToken.for_user(ada))) == 600

    settings.SIMPLE_JWT = {"ACCESS_TOKEN_LIFETIME": timedelta(seconds=90)}
    assert lifetime(caller.refresh(tokens.refresh).access) == 90
    assert lifetime(str(RefreshToken.for_user(ada).access_token)) == 90
    assert AccessToken.lifetime == timedelta(seconds=90)


def test_refresh_token_lifetime_is_read_at_each_mint_and_is_the_sessions_idle_time(settings, ada, caller):
    settings.SIMPLE_JWT = {"REFRESH_TOKEN_LIFETIME": timedelta(hours=3)}
    tokens = caller.log_in()
    assert lifetime(tokens.refresh) == 3 * 3600
    session = session_of(tokens.refresh)
    assert session.idle_expires_at - session.rotated_at == timedelta(hours=3)

    settings.SIMPLE_JWT = {"REFRESH_TOKEN_LIFETIME": timedelta(hours=1)}
    assert lifetime(caller.refresh(tokens.refresh).refresh) == 3600
    assert lifetime(str(RefreshToken.for_user(ada))) == 3600


def test_sliding_token_lifetimes_are_read_at_each_mint(settings, ada, caller):
    settings.KEYTURN = {"SLIDING_TOKENS": True}
    settings.SIMPLE_JWT = {
        "SLIDING_TOKEN_LIFETIME": timedelta(minutes=20),
        "SLIDING_TOKEN_REFRESH_LIFETIME": timedelta(hours=5),
    }
    credentials = {"username": "ada", "password": PASSWORD}
    token = caller.call("POST", "/token/sliding/", credentials).json()["token"]
    assert lifetime(token) == 20 * 60
    assert claims(token)["refresh_exp"] - claims(token)["iat"] == 5 * 3600

    settings.SIMPLE_JWT = {"SLIDING_TOKEN_LIFETIME": timedelta(minutes=1)}
    assert lifetime(caller.call("POST", "/token/sliding/refresh/", {"token": token}).json()["token"]) == 60
    assert lifetime(str(SlidingToken.for_user(ada))) == 60


@pytest.mark.parametrize("value", [30, 30.0, timedelta(seconds=30)], ids=["int", "float", "timedelta"])
def test_leeway_forgives_clocks_that_differ_by_so_much(settings, ada, caller, value):
    short = Lifetimes(access=timedelta(seconds=60), refresh=timedelta(seconds=60))
    within = issue_pair(user=ada, now=utc_now() - timedelta(seconds=80), client=Client(), lifetimes=short)
    beyond = issue_pair(user=ada, now=utc_now() - timedelta(seconds=100), client=Client(), lifetimes=short)
    assert_refused(caller.home(within.access), "expired")
    assert_refused(caller.try_refresh(within.refresh), "expired")

    settings.SIMPLE_JWT = {"LEEWAY": value}

    assert caller.home(within.access).status_code == 200
    assert caller.verify(within.access).status_code == 200
    assert caller.verify(within.refresh).status_code == 200
    assert caller.try_refresh(within.refresh).status_code == 200
    for token in (beyond.access, beyond.refresh):
        assert_refused(caller.verify(token), "expired")
    assert_refused(caller.home(beyond.access), "expired")
    assert_refused(caller.try_refresh(beyond.refresh), "expired")


def test_rotate_refresh_tokens_false_answers_access_alone_and_keeps_the_one_refresh_token(settings, ada, caller):
    settings.SIMPLE_JWT = {"ROTATE_REFRESH_TOKENS": False}
    tokens = caller.log_in()

    for _ in range(3):
        answer = caller.try_refresh(tokens.refresh)
        assert answer.status_code == 200
        assert set(answer.json()) == {"access"}
        assert caller.home(answer.json()["access"]).status_code == 200
        turn_back(tokens.refresh, hours=1)

    assert session_of(tokens.refresh).generation == 0


def test_without_rotation_everything_is_checked_all_the_same(settings, ada, caller):
    settings.SIMPLE_JWT = {"ROTATE_REFRESH_TOKENS": False}
    logged_out, old_password = caller.log_in(), caller.log_in()
    caller.log_out(logged_out.refresh, logged_out.access)
    assert_refused(caller.try_refresh(logged_out.refresh), "session_revoked")

    type(ada).objects.update(password="another")
    assert_refused(caller.try_refresh(old_password.refresh), "password_changed")
    assert_refused(caller.verify(old_password.refresh), "password_changed")


def test_a_project_that_stops_rotating_keeps_its_users_and_still_catches_a_replay(settings, ada, caller):
    first = caller.log_in()
    current = caller.refresh(caller.refresh(caller.refresh(first.refresh).refresh).refresh)

    settings.SIMPLE_JWT = {"ROTATE_REFRESH_TOKENS": False}

    assert caller.try_refresh(current.refresh).status_code == 200
    assert_refused(caller.try_refresh(first.refresh), "refresh_reused")
    assert_refused(caller.try_refresh(current.refresh), "refresh_reused")


def test_rotation_absent_means_true(settings, ada, caller):
    settings.SIMPLE_JWT = {"UPDATE_LAST_LOGIN": False}

    assert set(caller.try_refresh(caller.log_in().refresh).json()) == {"access", "refresh"}


def test_blacklist_after_rotation_false_still_rotates_safely(settings, ada, caller):
    """What it would mean cannot be honoured; the check keyturn.W001 says so."""
    settings.SIMPLE_JWT = {"BLACKLIST_AFTER_ROTATION": False}
    first = caller.log_in()
    caller.refresh(caller.refresh(caller.refresh(first.refresh).refresh).refresh)

    assert_refused(caller.try_refresh(first.refresh), "refresh_reused")


@pytest.mark.parametrize("value", [True, False])
def test_update_last_login_does_so_at_logins_only_when_asked(settings, ada, caller, value):
    settings.SIMPLE_JWT = {"UPDATE_LAST_LOGIN": value}
    before = utc_now()

    tokens = caller.log_in()

    ada.refresh_from_db()
    assert (ada.last_login is not None) is value
    assert not value or before <= ada.last_login <= utc_now()
    at_login = ada.last_login
    caller.refresh(tokens.refresh)
    ada.refresh_from_db()
    assert ada.last_login == at_login
    assert Session.objects.get().revoked_at is None


def test_a_failed_login_updates_nothing(settings, ada, caller):
    settings.SIMPLE_JWT = {"UPDATE_LAST_LOGIN": True}
    caller.try_log_in(password="wrong")

    ada.refresh_from_db()
    assert ada.last_login is None


def test_sliding_logins_update_last_login_too(settings, ada, caller):
    settings.KEYTURN = {"SLIDING_TOKENS": True}
    settings.SIMPLE_JWT = {"UPDATE_LAST_LOGIN": True}
    caller.call("POST", "/token/sliding/", {"username": "ada", "password": PASSWORD})

    ada.refresh_from_db()
    assert ada.last_login is not None

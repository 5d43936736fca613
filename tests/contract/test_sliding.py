"""POST /token/sliding/ and /token/sliding/refresh/: simplejwt's sliding tokens, bound to a session."""

from datetime import timedelta
from typing import Any

import pytest

from keyturn.clock import utc_now
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.tokens.sliding import issue_sliding
from tests.compat.stock import stock_sliding
from tests.contract.caller import PASSWORD, Caller, assert_refused, claims, session_of, turn_back

SLIDING = "rest_framework_simplejwt.tokens.SlidingToken"
ACCESS = "rest_framework_simplejwt.tokens.AccessToken"


@pytest.fixture
def sliding(settings):
    """Sliding tokens turned on, and accepted beside access tokens."""
    settings.KEYTURN = {"SLIDING_TOKENS": True}
    settings.SIMPLE_JWT = {"AUTH_TOKEN_CLASSES": (ACCESS, SLIDING)}


def log_in(caller: Caller) -> str:
    answer = caller.call("POST", "/token/sliding/", {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    assert set(answer.json()) == {"token"}
    return str(answer.json()["token"])


def try_refresh(caller: Caller, token: Any) -> Any:
    return caller.call("POST", "/token/sliding/refresh/", {"token": token})


def refresh(caller: Caller, token: str) -> str:
    answer = try_refresh(caller, token)
    assert answer.status_code == 200, answer.content
    assert set(answer.json()) == {"token"}
    return str(answer.json()["token"])


@pytest.mark.parametrize("path", ["/token/sliding/", "/token/sliding/refresh/"])
def test_unless_turned_on_there_is_no_such_page(ada, caller, path):
    answer = caller.call("POST", path, {"username": "ada", "password": PASSWORD, "token": "x"})

    assert answer.status_code == 404
    assert answer.json() == {"detail": "Not found.", "code": "not_found"}
    assert answer["Cache-Control"] == "no-store"
    assert not Session.objects.exists()


def test_a_login_answers_one_token_that_opens_the_home_page(sliding, ada, caller):
    token = log_in(caller)

    found = claims(token)
    assert set(found) == {"token_type", "exp", "iat", "jti", "refresh_exp", "user_id", "sid"}
    assert found["token_type"] == "sliding"
    assert found["exp"] - found["iat"] == 5 * 60
    assert found["refresh_exp"] - found["iat"] == 86_400
    assert caller.home(token).status_code == 200
    assert session_of(token).user == ada


def test_a_refresh_answers_the_same_claims_with_a_later_expiry(sliding, ada, caller):
    token = log_in(caller)
    turn_back(token, minutes=2)

    fresh = refresh(caller, token)

    before, after = claims(token), claims(fresh)
    assert {name: after[name] for name in ("jti", "sid", "user_id", "refresh_exp")} == {
        name: before[name] for name in ("jti", "sid", "user_id", "refresh_exp")
    }
    assert after["exp"] - after["iat"] == 5 * 60
    assert caller.home(fresh).status_code == 200
    assert utc_now() - session_of(token).rotated_at < timedelta(minutes=1)


def test_the_rule_of_one_successor_does_not_apply(sliding, ada, caller):
    token = log_in(caller)

    once, twice = refresh(caller, token), refresh(caller, token)
    turn_back(token, hours=1)
    late = refresh(caller, token)

    for each in (token, once, twice, late):
        assert caller.home(each).status_code == 200
        assert caller.verify(each).status_code == 200
    assert Session.objects.count() == 1


def test_beyond_refresh_exp_it_is_not_refreshed_any_more(sliding, settings, ada, caller):
    settings.SIMPLE_JWT = {
        **settings.SIMPLE_JWT,
        "SLIDING_TOKEN_LIFETIME": timedelta(minutes=60),
        "SLIDING_TOKEN_REFRESH_LIFETIME": timedelta(minutes=5),
    }
    old = issue_sliding(user=ada, now=utc_now() - timedelta(minutes=6), client=Client())
    young = issue_sliding(user=ada, now=utc_now() - timedelta(minutes=4), client=Client())

    body = assert_refused(try_refresh(caller, old), "expired")

    assert body["detail"] == "Token is expired"
    assert caller.home(old).status_code == 200, "the token itself still lives"
    assert try_refresh(caller, young).status_code == 200


def test_refreshing_never_moves_refresh_exp(sliding, ada, caller):
    token = log_in(caller)
    end = claims(token)["refresh_exp"]

    for _ in range(3):
        turn_back(token, hours=6)
        token = refresh(caller, token)

    assert claims(token)["refresh_exp"] == end
    assert int(session_of(token).idle_expires_at.timestamp()) == end


def revoke(ada: Any, caller: Caller, token: str) -> None:
    answer = caller.call("DELETE", f"/sessions/{claims(token)['sid']}/", access=token)
    assert answer.status_code == 204


def change_password(ada: Any, caller: Caller, token: str) -> None:
    ada.set_password("another one entirely")
    ada.save()


def deactivate(ada: Any, caller: Caller, token: str) -> None:
    ada.is_active = False
    ada.save()


def delete(ada: Any, caller: Caller, token: str) -> None:
    ada.delete()


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (revoke, "session_revoked"),
        (change_password, "password_changed"),
        (deactivate, "user_inactive"),
        (delete, "session_revoked"),
    ],
)
def test_an_ended_session_ends_its_sliding_tokens(sliding, ada, caller, end, reason):
    token = log_in(caller)
    end(ada, caller, token)

    assert caller.home(token).json()["reason"] == reason
    for answer in (try_refresh(caller, token), caller.verify(token)):
        assert answer.status_code == 401
        assert answer.json()["reason"] == reason


def test_a_password_changed_behind_the_models_back_counts_at_the_next_refresh(sliding, ada, caller):
    token = log_in(caller)
    type(ada).objects.update(password="another")

    assert_refused(try_refresh(caller, token), "password_changed")


def test_a_deactivation_behind_the_models_back_counts_at_the_next_refresh(sliding, ada, caller):
    token = log_in(caller)
    type(ada).objects.update(is_active=False)

    assert_refused(try_refresh(caller, token), "user_inactive", code="no_active_account")


def test_a_sliding_token_ends_with_its_session_at_the_latest(sliding, ada, caller):
    token = log_in(caller)
    soon = utc_now() + timedelta(seconds=60)
    Session.objects.update(absolute_expires_at=soon)

    assert claims(refresh(caller, token))["exp"] == int(soon.timestamp())


def test_only_sliding_tokens_slide(sliding, ada, caller):
    tokens = caller.log_in()

    assert_refused(try_refresh(caller, tokens.access), "wrong_type")
    assert_refused(try_refresh(caller, tokens.refresh), "wrong_type")
    assert_refused(try_refresh(caller, "nonsense"), "malformed")
    assert_refused(caller.try_refresh(log_in(caller)), "wrong_type")
    missing = try_refresh(caller, None)
    assert (missing.status_code, missing.json()["token"]) == (400, ["This field may not be null."])


def test_wrong_credentials_are_told_as_at_the_other_door(sliding, ada, caller):
    answer = caller.call("POST", "/token/sliding/", {"username": "ada", "password": "wrong"})

    assert answer.status_code == 401
    assert answer.json()["code"] == "no_active_account"
    assert answer.json()["reason"] == "bad_credentials"


def test_forms_do_as_well(sliding, ada, caller):
    token = caller.form("/token/sliding/", {"username": "ada", "password": PASSWORD}).json()["token"]

    assert caller.form("/token/sliding/refresh/", {"token": token}).status_code == 200


def test_a_sliding_token_opens_nothing_where_it_is_not_among_the_token_classes(sliding, settings, ada, caller):
    token = log_in(caller)
    settings.SIMPLE_JWT = {}

    assert_refused(caller.home(token), "wrong_type")


def test_log_out_everywhere_and_the_list_of_sessions_know_sliding_sessions(sliding, ada, caller):
    token = log_in(caller)

    (listed,) = caller.call("GET", "/sessions/", access=token).json()
    assert (listed["id"], listed["current"]) == (claims(token)["sid"], True)
    assert caller.call("POST", "/logout/all/", {}, access=token).status_code == 205
    assert_refused(caller.home(token), "session_revoked")


def test_a_stock_sliding_token_becomes_a_session_when_first_refreshed(sliding, ada, caller):
    stock = stock_sliding(ada)
    assert caller.home(stock).status_code == 200
    assert not Session.objects.exists()

    fresh = refresh(caller, stock)

    assert claims(fresh)["refresh_exp"] == claims(stock)["refresh_exp"]
    assert caller.home(fresh).status_code == 200
    assert refresh(caller, stock)
    assert Session.objects.count() == 1


def test_a_stock_sliding_token_ends_with_the_session_it_became(sliding, ada, caller):
    stock = stock_sliding(ada)
    fresh = refresh(caller, stock)
    revoke(ada, caller, fresh)

    for token in (fresh, stock):
        assert_refused(try_refresh(caller, token), "session_revoked")
        assert_refused(caller.home(token), "session_revoked")
        assert_refused(caller.verify(token), "session_revoked")


def test_a_stock_sliding_token_past_refresh_exp_is_refused(sliding, ada, caller):
    past = int((utc_now() - timedelta(seconds=5)).timestamp())

    assert_refused(try_refresh(caller, stock_sliding(ada, refresh_exp=past)), "expired")
    assert_refused(try_refresh(caller, stock_sliding(ada, refresh_exp=None)), "missing_claim")
    assert not Session.objects.exists()

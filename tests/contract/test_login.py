"""POST /token/"""

import pytest

from keyturn.sessions.models import Session
from tests.contract.caller import FIREFOX, PASSWORD, Caller, claims, session_of


def test_a_login_answers_a_pair_of_which_both_halves_work(ada, caller):
    answer = caller.try_log_in()

    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh"}
    assert caller.home(answer.json()["access"]).status_code == 200
    assert caller.try_refresh(answer.json()["refresh"]).status_code == 200


def test_a_form_logs_in_like_json(ada, caller):
    answer = caller.form("/token/", {"username": "ada", "password": PASSWORD})

    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh"}
    assert caller.home(answer.json()["access"]).json() == {"message": "Welcome, ada."}


def test_the_claims_are_stocks_and_the_session(ada, caller):
    tokens = caller.log_in()

    access, refresh = claims(tokens.access), claims(tokens.refresh)
    stocks = {"token_type", "exp", "iat", "jti", "user_id"}
    assert set(access) == {*stocks, "sid", "sub", "client_id", "auth_time", "amr", "acr"}
    assert set(refresh) == {*stocks, "sid", "gen"}
    assert (access["token_type"], refresh["token_type"]) == ("access", "refresh")
    assert access["user_id"] == refresh["user_id"] == str(ada.pk)
    assert access["sid"] == refresh["sid"]
    assert refresh["gen"] == 0
    assert access["jti"] != refresh["jti"]


def test_lifetimes_are_five_minutes_two_days_and_ninety_days_by_default(ada, caller):
    tokens = caller.log_in()

    access, refresh, session = claims(tokens.access), claims(tokens.refresh), session_of(tokens.access)
    assert access["exp"] - access["iat"] == 5 * 60
    assert refresh["exp"] - refresh["iat"] == 2 * 86_400
    assert (session.absolute_expires_at - session.created_at).days == 90


def test_each_login_opens_one_session_that_remembers_its_client(ada, caller):
    first, second = caller.log_in(), Caller(user_agent="curl/8.5.0", ip="2001:db8::7").log_in()

    assert Session.objects.filter(user=ada).count() == 2
    session = session_of(first.access)
    assert (session.user_agent, session.ip, session.amr) == (FIREFOX, "192.0.2.7", "pwd")
    assert session_of(second.access).ip == "2001:db8::7"


@pytest.mark.parametrize(
    ("username", "password"),
    [("ada", "wrong"), ("nobody", PASSWORD), ("ada", f" {PASSWORD}"), ("ada", f"{PASSWORD} "), ("ADA", PASSWORD)],
    ids=["wrong password", "unknown user", "space before", "space after", "other case"],
)
def test_wrong_credentials_are_told_the_same_whatever_is_wrong(ada, caller, username, password):
    answer = caller.try_log_in(username, password)

    assert answer.status_code == 401
    assert answer.json() == {
        "detail": "No active account found with the given credentials",
        "code": "no_active_account",
        "reason": "bad_credentials",
    }
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert not Session.objects.exists()


def test_an_inactive_user_is_told_the_same(ada, caller):
    ada.is_active = False
    ada.save()

    answer = caller.try_log_in()

    assert answer.status_code == 401
    assert answer.json()["code"] == "no_active_account"
    assert answer.json()["reason"] == "bad_credentials"


def test_a_password_is_taken_verbatim(ada, caller):
    ada.set_password("  spaces around  ")
    ada.save()

    assert caller.try_log_in(password="  spaces around  ").status_code == 200
    assert caller.try_log_in(password="spaces around").status_code == 401


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"username": ["This field is required."], "password": ["This field is required."]}),
        ({"username": "ada"}, {"password": ["This field is required."]}),
        ({"username": None, "password": "x"}, {"username": ["This field may not be null."]}),
        ({"username": ["ada"], "password": "x"}, {"username": ["Not a valid string."]}),
        ({"username": "ada", "password": ""}, {"password": ["This field may not be blank."]}),
    ],
    ids=["nothing", "no password", "null", "list", "empty password"],
)
def test_field_errors_are_stocks_with_detail_and_code_added(ada, caller, body, fields):
    answer = caller.call("POST", "/token/", body)

    assert answer.status_code == 400
    assert answer.json() == {**fields, "detail": "Invalid input.", "code": "invalid"}


def test_what_else_stands_in_the_body_is_ignored(ada, caller):
    assert caller.try_log_in(remember="yes", sid="7").status_code == 200

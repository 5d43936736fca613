"""POST /token/refresh/"""

from datetime import timedelta

import pytest

from keyturn.clock import utc_now
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.tokens.issuing import issue_pair
from keyturn.tokens.minting import Lifetimes
from tests.contract.caller import CHROME, Caller, assert_refused, claims, session_of, turn_back


def test_a_refresh_answers_a_rotated_pair_of_the_same_session(ada, caller):
    first = caller.log_in()

    answer = caller.try_refresh(first.refresh)

    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh"}
    assert answer.json()["refresh"] != first.refresh
    assert claims(answer.json()["refresh"])["gen"] == 1
    assert claims(answer.json()["access"])["sid"] == claims(first.access)["sid"]
    assert caller.home(answer.json()["access"]).status_code == 200
    assert Session.objects.count() == 1


def test_a_form_refreshes_like_json(ada, caller):
    answer = caller.form("/token/refresh/", {"refresh": caller.log_in().refresh})

    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh"}


def test_a_retry_gets_the_very_same_successor_and_a_fresh_access_token(ada, caller):
    first = caller.log_in()

    successor, again = caller.refresh(first.refresh), caller.refresh(first.refresh)

    assert again.refresh == successor.refresh
    assert claims(again.access)["jti"] != claims(successor.access)["jti"]
    assert caller.refresh(again.refresh).refresh != again.refresh


def test_a_replay_ends_the_session_and_says_so(ada, caller):
    stolen = caller.log_in()
    current = caller.refresh(caller.refresh(caller.refresh(stolen.refresh).refresh).refresh)

    body = assert_refused(caller.try_refresh(stolen.refresh), "refresh_reused")

    assert body["detail"] == "Token is blacklisted"
    assert_refused(caller.try_refresh(current.refresh), "refresh_reused")
    assert_refused(caller.home(current.access), "refresh_reused")
    assert session_of(current.access).revoked_reason == "refresh_reused"


def test_a_refresh_lengthens_an_unused_sessions_life_but_not_beyond_its_absolute_end(ada, caller):
    tokens = caller.log_in()
    turn_back(tokens.refresh, days=1)
    end = session_of(tokens.refresh).absolute_expires_at

    tokens = caller.refresh(tokens.refresh)
    assert timedelta(hours=47) < session_of(tokens.refresh).idle_expires_at - utc_now() < timedelta(hours=49)

    soon = utc_now() + timedelta(seconds=100)
    Session.objects.update(absolute_expires_at=soon)
    tokens = caller.refresh(tokens.refresh)
    assert session_of(tokens.refresh).idle_expires_at == soon
    assert claims(tokens.refresh)["exp"] == claims(tokens.access)["exp"] == int(soon.timestamp())
    assert end > soon


def test_an_expired_refresh_token_is_refused_before_any_rule(ada, caller):
    old = issue_pair(
        user=ada,
        now=utc_now() - timedelta(minutes=2),
        client=Client(),
        lifetimes=Lifetimes(access=timedelta(minutes=1), refresh=timedelta(minutes=1)),
    )

    body = assert_refused(caller.try_refresh(old.refresh), "expired")

    assert body["detail"] == "Token is expired"
    assert session_of(str(old.refresh)).revoked_at is None


def test_a_session_past_its_end_is_refused_although_the_token_would_still_live(ada, caller):
    tokens = caller.log_in()
    Session.objects.update(absolute_expires_at=utc_now() - timedelta(seconds=1))

    assert_refused(caller.try_refresh(tokens.refresh), "session_expired")


def test_a_deactivated_user_is_refused_in_stocks_words(ada, caller):
    tokens = caller.log_in()
    type(ada).objects.update(is_active=False)

    body = assert_refused(caller.try_refresh(tokens.refresh), "user_inactive", code="no_active_account")

    assert body["detail"] == "No active account found for the given token."
    assert session_of(tokens.refresh).generation == 0


def test_a_deleted_user_is_refused_with_401(ada, caller):
    tokens = caller.log_in()
    ada.delete()

    assert_refused(caller.try_refresh(tokens.refresh), "session_revoked")


def test_after_a_password_change_every_session_is_refused(ada, caller):
    here, elsewhere = caller.log_in(), Caller(user_agent=CHROME).log_in()
    ada.set_password("another one entirely")
    ada.save()

    for tokens in (here, elsewhere):
        assert_refused(caller.try_refresh(tokens.refresh), "password_changed")
        assert_refused(caller.home(tokens.access), "password_changed")


def test_a_password_changed_behind_the_models_back_counts_at_the_next_refresh(ada, caller):
    tokens = caller.log_in()
    type(ada).objects.update(password="pbkdf2_sha256$1$salt$other")

    assert_refused(caller.try_refresh(tokens.refresh), "password_changed")


def test_what_is_no_refresh_token_of_ours_is_refused_and_changes_nothing(ada, caller):
    tokens = caller.log_in()

    body = assert_refused(caller.try_refresh(tokens.access), "wrong_type")
    assert body["detail"] == "Token has wrong type"
    assert_refused(caller.try_refresh(f"{tokens.refresh[:-4]}AAAA"), "bad_signature")
    assert_refused(caller.try_refresh("no token"), "malformed")

    assert session_of(tokens.refresh).generation == 0
    assert caller.try_refresh(tokens.refresh).status_code == 200


@pytest.mark.parametrize(
    ("body", "error"),
    [({}, "This field is required."), ({"refresh": ""}, "This field may not be blank."), ({"refresh": None}, "null")],
    ids=["missing", "blank", "null"],
)
def test_field_errors_are_stocks_with_detail_and_code_added(db, caller, body, error):
    answer = caller.call("POST", "/token/refresh/", body)

    assert answer.status_code == 400
    assert set(answer.json()) == {"refresh", "detail", "code"}
    assert error in answer.json()["refresh"][0]
    assert (answer.json()["detail"], answer.json()["code"]) == ("Invalid input.", "invalid")

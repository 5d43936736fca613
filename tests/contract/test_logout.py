"""POST /logout/ and POST /token/blacklist/"""

from datetime import timedelta
from typing import Any

import pytest

from keyturn.clock import utc_now
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.tokens.issuing import issue_pair
from keyturn.tokens.minting import Lifetimes
from tests.compat.stock import stock_access, stock_refresh
from tests.contract.caller import Caller, assert_refused, claims, session_of


def assert_logged_out(answer: Any) -> None:
    assert answer.status_code == 205, answer.content[:500]
    assert answer.content == b""
    assert answer["Cache-Control"] == "no-store"


def assert_untouched(*tokens: str) -> None:
    assert all(session_of(token).revoked_at is None for token in tokens)


def test_log_out_ends_the_session_and_its_tokens_at_once(ada, caller):
    tokens = caller.log_in()

    assert_logged_out(caller.log_out(tokens.refresh, tokens.access))

    assert session_of(tokens.access).revoked_reason == "logout"
    assert_refused(caller.home(tokens.access), "session_revoked")
    assert_refused(caller.try_refresh(tokens.refresh), "session_revoked")


def test_a_form_logs_out_like_json(ada, caller):
    tokens = caller.log_in()

    assert_logged_out(caller.form("/logout/", {"refresh_token": tokens.refresh}, access=tokens.access))

    assert_refused(caller.home(tokens.access), "session_revoked")


def test_a_repeat_is_no_error_and_changes_nothing(ada, caller):
    tokens = caller.log_in()
    caller.log_out(tokens.refresh, tokens.access)
    row = Session.objects.values().get()

    assert_logged_out(caller.log_out(tokens.refresh, tokens.access))

    assert Session.objects.values().get() == row


def test_other_sessions_of_the_user_go_on(ada, caller):
    here, there = caller.log_in(), caller.log_in()

    assert_logged_out(caller.log_out(here.refresh, here.access))

    assert caller.home(there.access).status_code == 200
    assert caller.try_refresh(there.refresh).status_code == 200


def test_the_refresh_token_says_which_session_ends(ada, caller):
    here, there = caller.log_in(), caller.log_in()

    assert_logged_out(caller.log_out(there.refresh, here.access))

    assert_refused(caller.home(there.access), "session_revoked")
    assert caller.home(here.access).status_code == 200


def test_without_authorization_it_is_401_and_nothing_is_revoked(ada, caller):
    tokens = caller.log_in()

    answer = caller.log_out(tokens.refresh, None)

    assert answer.status_code == 401
    assert answer.json() == {"detail": "Authentication credentials were not provided.", "code": "not_authenticated"}
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert_untouched(tokens.refresh)


def test_a_forged_access_token_is_401_and_nothing_is_revoked(ada, caller):
    tokens = caller.log_in()

    body = assert_refused(caller.log_out(tokens.refresh, f"{tokens.access[:-4]}AAAA"), "bad_signature")

    assert body["messages"][0]["token_class"] == "AccessToken"
    assert_untouched(tokens.refresh)


def test_a_refresh_token_in_authorization_is_401_and_nothing_is_revoked(ada, caller):
    tokens = caller.log_in()

    assert_refused(caller.log_out(tokens.refresh, tokens.refresh), "wrong_type")

    assert_untouched(tokens.refresh)


def test_an_expired_access_token_does_not_trap_the_user(ada, caller):
    pair = issue_pair(user=ada, now=utc_now() - timedelta(hours=1), client=Client())
    assert_refused(caller.home(pair.access), "expired")

    assert_logged_out(caller.log_out(pair.refresh, pair.access))

    assert_refused(caller.try_refresh(pair.refresh), "session_revoked")


def test_an_access_token_of_a_session_that_has_ended_does_not_trap_the_user(ada, caller):
    ended, tokens = caller.log_in(), caller.log_in()
    caller.log_out(ended.refresh, ended.access)

    assert_logged_out(caller.log_out(tokens.refresh, ended.access))

    assert_refused(caller.try_refresh(tokens.refresh), "session_revoked")


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "another"}], ids=["deactivated", "new password"])
def test_whatever_became_of_the_user_does_not_trap_the_user(ada, caller, change):
    tokens = caller.log_in()
    type(ada).objects.update(**change)

    assert_logged_out(caller.log_out(tokens.refresh, tokens.access))

    assert session_of(tokens.refresh).revoked_reason == "logout"


def test_another_users_session_is_never_touched(ada, eve, caller):
    victim, thief = caller.log_in("ada"), caller.log_in("eve")

    assert_refused(caller.log_out(victim.refresh, thief.access), "user_mismatch", status=400)

    assert_untouched(victim.refresh, thief.refresh)
    assert caller.try_refresh(victim.refresh).status_code == 200


def test_any_unexpired_generation_will_do(ada, caller):
    """Also one whose presentation to refresh would be reuse; that it is a log-out is all that is remembered."""
    first = caller.log_in()
    current = caller.refresh(caller.refresh(caller.refresh(first.refresh).refresh).refresh)

    assert_logged_out(caller.log_out(first.refresh, current.access))

    assert session_of(current.access).revoked_reason == "logout"
    assert_refused(caller.try_refresh(current.refresh), "session_revoked")


def test_an_expired_refresh_token_is_400(ada, caller):
    old = issue_pair(
        user=ada,
        now=utc_now() - timedelta(minutes=2),
        client=Client(),
        lifetimes=Lifetimes(access=timedelta(hours=1), refresh=timedelta(minutes=1)),
    )

    assert_refused(caller.log_out(old.refresh, old.access), "expired", status=400)


def test_a_bad_refresh_token_is_400_and_says_why(ada, caller):
    tokens = caller.log_in()

    assert_refused(caller.log_out("nonsense", tokens.access), "malformed", status=400)
    assert_refused(caller.log_out(f"{tokens.refresh[:-4]}AAAA", tokens.access), "bad_signature", status=400)
    assert_refused(caller.log_out(tokens.access, tokens.access), "wrong_type", status=400)
    assert_untouched(tokens.refresh)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "This field is required."),
        ({"refresh_token": None}, "This field may not be null."),
        ({"refresh_token": ""}, "This field may not be blank."),
        ({"refresh_token": ["x"]}, "Not a valid string."),
    ],
    ids=["missing", "null", "blank", "list"],
)
def test_a_body_without_a_refresh_token_is_400(ada, caller, body, error):
    tokens = caller.log_in()

    answer = caller.call("POST", "/logout/", body, access=tokens.access)

    assert answer.status_code == 400
    assert answer.json() == {"refresh_token": [error], "detail": "Invalid input.", "code": "invalid"}
    assert_untouched(tokens.refresh)


def test_who_logged_in_before_keyturn_came_logs_out_without_ever_refreshing(ada, caller):
    refresh, access = stock_refresh(ada), stock_access(ada)

    assert_logged_out(caller.log_out(refresh, access))
    assert_logged_out(caller.log_out(refresh, access))

    assert_refused(caller.try_refresh(refresh), "session_revoked")
    assert_refused(caller.verify(refresh), "session_revoked")
    assert Session.objects.get().revoked_reason == "logout"


def test_a_stock_token_that_was_adopted_logs_out_its_session(ada, caller):
    stock = stock_refresh(ada)
    tokens = caller.refresh(stock)

    assert_logged_out(caller.log_out(stock, tokens.access))

    assert_refused(caller.try_refresh(tokens.refresh), "session_revoked")
    assert_refused(caller.home(tokens.access), "session_revoked")


def test_an_expired_stock_access_token_logs_out_too(ada, caller):
    refresh = stock_refresh(ada)

    assert_logged_out(caller.log_out(refresh, stock_access(ada, age=timedelta(hours=1))))

    assert_refused(caller.try_refresh(refresh), "session_revoked")


def test_another_users_stock_token_is_never_touched(ada, eve, caller):
    victim = stock_refresh(ada)

    assert_refused(caller.log_out(victim, stock_access(eve)), "user_mismatch", status=400)

    assert caller.try_refresh(victim).status_code == 200


def test_blacklisting_logs_out_with_the_refresh_token_alone(ada, caller):
    tokens = caller.log_in()

    answer = caller.call("POST", "/token/blacklist/", {"refresh": tokens.refresh})

    assert (answer.status_code, answer.json()) == (200, {})
    assert_refused(caller.home(tokens.access), "session_revoked")
    assert_refused(caller.try_refresh(tokens.refresh), "session_revoked")


def test_blacklisting_takes_a_form_any_generation_and_a_repeat(ada, caller):
    first = caller.log_in()
    current = caller.refresh(caller.refresh(first.refresh).refresh)

    for token in (first.refresh, current.refresh, first.refresh):
        answer = caller.form("/token/blacklist/", {"refresh": token})
        assert (answer.status_code, answer.json()) == (200, {})

    assert session_of(current.refresh).revoked_reason == "logout"


def test_blacklisting_a_stock_token_forgets_it(ada, caller):
    stock = stock_refresh(ada)

    assert caller.call("POST", "/token/blacklist/", {"refresh": stock}).status_code == 200

    assert_refused(caller.try_refresh(stock), "session_revoked")


def test_blacklisting_refuses_what_is_no_good_refresh_token(ada, caller):
    tokens = caller.log_in()
    old = issue_pair(user=ada, now=utc_now() - timedelta(days=3), client=Client())

    assert_refused(caller.call("POST", "/token/blacklist/", {"refresh": tokens.access}), "wrong_type")
    assert_refused(caller.call("POST", "/token/blacklist/", {"refresh": "x"}), "malformed")
    assert_refused(caller.call("POST", "/token/blacklist/", {"refresh": old.refresh}), "expired")
    missing = caller.call("POST", "/token/blacklist/", {})
    assert missing.status_code == 400
    assert missing.json() == {"refresh": ["This field is required."], "detail": "Invalid input.", "code": "invalid"}
    assert_untouched(tokens.refresh)


def test_log_out_everywhere_ends_all_sessions_of_the_user_and_of_nobody_else(ada, eve, caller):
    here, there, other = caller.log_in(), Caller().log_in(), caller.log_in("eve")

    assert_logged_out(caller.call("POST", "/logout/all/", {}, access=here.access))

    for tokens in (here, there):
        assert_refused(caller.home(tokens.access), "session_revoked")
        assert_refused(caller.try_refresh(tokens.refresh), "session_revoked")
        assert session_of(tokens.access).revoked_reason == "logout_all"
    assert caller.home(other.access).status_code == 200


def test_log_out_everywhere_needs_a_good_access_token(ada, caller):
    tokens = caller.log_in()

    assert caller.call("POST", "/logout/all/", {}).status_code == 401
    assert_refused(caller.call("POST", "/logout/all/", {}, access=tokens.refresh), "wrong_type")
    assert_untouched(tokens.refresh)


def test_log_out_everywhere_works_for_an_access_token_of_stock(ada, caller):
    tokens = caller.log_in()

    assert_logged_out(caller.call("POST", "/logout/all/", access=stock_access(ada)))

    assert "sid" in claims(tokens.access)
    assert_refused(caller.home(tokens.access), "session_revoked")

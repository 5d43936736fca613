"""GET /home/ with Authorization: Bearer"""

from datetime import timedelta

import pytest

from keyturn.clock import utc_now
from keyturn.sessions.client import Client
from keyturn.tokens.issuing import issue_pair
from tests.compat.stock import stock_access
from tests.contract.caller import assert_refused


def test_a_bearer_of_an_access_token_comes_in(ada, caller):
    answer = caller.home(caller.log_in().access)

    assert answer.status_code == 200
    assert set(answer.json()) == {"message"}


def test_it_takes_one_statement(ada, caller, count_statements):
    access = caller.log_in().access
    with count_statements(exactly=1):
        assert caller.home(access).status_code == 200


def test_without_authorization_it_is_401_with_a_bare_challenge(db, caller):
    answer = caller.home()

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer.json()["detail"] == "Authentication credentials were not provided."


def test_a_refresh_token_does_not_open_it(ada, caller):
    answer = caller.home(caller.log_in().refresh)

    body = assert_refused(answer, "wrong_type")
    assert body["detail"] == "Given token not valid for any token type"
    assert body["messages"] == [
        {"token_class": "AccessToken", "token_type": "access", "message": "Token has wrong type"}
    ]


def test_stocks_messages_say_what_each_token_class_had_against_it(ada, caller):
    body = assert_refused(caller.home("nonsense"), "malformed")

    assert body == {
        "detail": "Given token not valid for any token type",
        "code": "token_not_valid",
        "messages": [{"token_class": "AccessToken", "token_type": "access", "message": "Token is invalid"}],
        "reason": "malformed",
    }


def test_an_expired_access_token_is_told_so(ada, caller):
    old = issue_pair(user=ada, now=utc_now() - timedelta(minutes=6), client=Client())

    body = assert_refused(caller.home(old.access), "expired")

    assert body["messages"][0]["message"] == "Token is expired"


def test_a_forged_token_is_told_no_more_than_that_it_is_invalid(ada, caller):
    body = assert_refused(caller.home(f"{caller.log_in().access[:-4]}AAAA"), "bad_signature")

    assert body["messages"][0]["message"] == "Token is invalid"


def test_messages_are_as_exact_as_stocks(ada, caller):
    body = assert_refused(caller.home(stock_access(ada, token_type=None)), "wrong_type")
    assert body["messages"][0]["message"] == "Token has no type"

    body = assert_refused(caller.home(stock_access(ada, jti=None)), "missing_claim")
    assert body["messages"][0]["message"] == "Token has no id"


def test_a_session_that_was_logged_out_ends_its_access_tokens_at_once(ada, caller):
    tokens = caller.log_in()
    caller.log_out(tokens.refresh, tokens.access)

    body = assert_refused(caller.home(tokens.access), "session_revoked")

    assert body["messages"][0]["message"] == "Token is blacklisted"


def test_an_access_token_outlives_the_idle_end_of_its_session(ada, caller):
    """It carries its own expiry; only the absolute end and a revocation cut it short."""
    tokens = caller.log_in()
    type(ada).objects.get().keyturn_sessions.update(idle_expires_at=utc_now() - timedelta(seconds=1))

    assert caller.home(tokens.access).status_code == 200


def test_an_inactive_user_is_refused_in_stocks_words(ada, caller):
    access = caller.log_in().access
    type(ada).objects.update(is_active=False)

    body = assert_refused(caller.home(access), "user_inactive", code="user_inactive")

    assert body["detail"] == "User is inactive"


def test_a_deleted_user_is_refused(ada, caller):
    access = caller.log_in().access
    ada.delete()

    assert_refused(caller.home(access), "session_revoked")


@pytest.mark.parametrize("header", ["Bearer", "Bearer one two", "Bearer  one  two three"])
def test_the_right_scheme_without_exactly_one_token_is_told_so_in_stocks_words(db, caller, header):
    answer = caller.home(HTTP_AUTHORIZATION=header)

    body = assert_refused(answer, "malformed", code="bad_authorization_header")
    assert body["detail"] == "Authorization header must contain two space-delimited values"


@pytest.mark.parametrize("header", ["", "Basic YWRhOmFkYQ==", "Token abc"])
def test_another_scheme_is_as_good_as_none(db, caller, header):
    answer = caller.home(HTTP_AUTHORIZATION=header)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert "reason" not in answer.json()


def test_the_scheme_is_read_in_any_case(ada, caller):
    assert caller.home(HTTP_AUTHORIZATION=f"bEaReR {caller.log_in().access}").status_code == 200


def test_a_refused_token_is_challenged_as_rfc_6750_asks(ada, caller):
    tokens = caller.log_in()
    caller.log_out(tokens.refresh, tokens.access)

    challenge = caller.home(tokens.access)["WWW-Authenticate"]

    assert challenge == 'Bearer realm="api", error="invalid_token", error_description="session_revoked"'

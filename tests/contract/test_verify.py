"""POST /token/verify/: changes nothing, and tells a thief nothing that a refresh would not tell."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import RefreshToken

from keyturn.clock import utc_now
from keyturn.jose import sign
from keyturn.keys import access_signing_key, refresh_signing_key
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.tokens.issuing import issue_pair
from tests.compat.stock import stock_access, stock_refresh
from tests.contract.caller import CHROME, Caller, assert_refused, claims, turn_back


def rows() -> list[Any]:
    """Every session, to see that nothing changed."""
    return list(Session.objects.order_by("pk").values())


def test_good_tokens_verify_with_an_empty_object(ada, caller):
    tokens = caller.log_in()

    for token in (tokens.access, tokens.refresh, caller.refresh(tokens.refresh).refresh):
        answer = caller.verify(token)
        assert (answer.status_code, answer.json()) == (200, {})


def test_a_form_verifies_like_json(ada, caller):
    assert caller.form("/token/verify/", {"token": caller.log_in().access}).json() == {}


def test_verifying_changes_no_row_however_often_it_is_done(ada, caller):
    first = caller.log_in()
    current = caller.refresh(caller.refresh(caller.refresh(first.refresh).refresh).refresh)
    before = rows()

    for token in (first.refresh, first.access, current.refresh, current.access, stock_refresh(ada)) * 2:
        caller.verify(token)

    assert rows() == before
    assert caller.try_refresh(current.refresh).status_code == 200


def test_an_access_token_verifies_exactly_while_it_opens_the_home_page(ada, caller):
    tokens = caller.log_in()
    caller.log_out(tokens.refresh, tokens.access)
    assert_refused(caller.verify(tokens.access), "session_revoked")

    tokens = caller.log_in()
    type(ada).objects.update(is_active=False)
    assert_refused(caller.verify(tokens.access), "user_inactive", code="no_active_account")
    assert caller.home(tokens.access).status_code == 401


@pytest.mark.parametrize("age", [0, 1], ids=["now", "expired"])
def test_an_access_token_of_stock_verifies_by_signature_and_expiry(ada, caller, age):
    token = stock_access(ada, age=timedelta(minutes=6 * age))

    answer = caller.verify(token)

    if age:
        assert_refused(answer, "expired")
    else:
        assert (answer.status_code, answer.json()) == (200, {})


def _current(ada: Any, caller: Caller) -> str:
    return caller.refresh(caller.log_in().refresh).refresh


def _retried(ada: Any, caller: Caller) -> str:
    old = caller.log_in().refresh
    caller.refresh(old)
    return old


def _late(ada: Any, caller: Caller) -> str:
    """The one predecessor that is forgiven."""
    old = _retried(ada, caller)
    turn_back(old, minutes=1)
    return old


def _late_again(ada: Any, caller: Caller) -> str:
    """A session that has been forgiven at this generation already, and once more two later."""
    first = caller.log_in().refresh
    second = caller.refresh(first).refresh
    turn_back(first, minutes=1)
    caller.refresh(first)
    caller.refresh(second)
    turn_back(first, minutes=1)
    return second


def _two_behind(ada: Any, caller: Caller) -> str:
    old = caller.log_in().refresh
    caller.refresh(caller.refresh(old).refresh)
    return old


def _two_behind_late(ada: Any, caller: Caller) -> str:
    old = _two_behind(ada, caller)
    turn_back(old, minutes=1)
    return old


def _three_behind(ada: Any, caller: Caller) -> str:
    old = caller.log_in().refresh
    caller.refresh(caller.refresh(caller.refresh(old).refresh).refresh)
    return old


def _logged_out(ada: Any, caller: Caller) -> str:
    tokens = caller.log_in()
    caller.log_out(tokens.refresh, tokens.access)
    return tokens.refresh


def _ended(ada: Any, caller: Caller) -> str:
    tokens = caller.log_in()
    Session.objects.update(absolute_expires_at=utc_now() - timedelta(seconds=1))
    return tokens.refresh


def _expired(ada: Any, caller: Caller) -> str:
    return str(issue_pair(user=ada, now=utc_now() - timedelta(days=3), client=Client()).refresh)


def _inactive(ada: Any, caller: Caller) -> str:
    tokens = caller.log_in()
    type(ada).objects.update(is_active=False)
    return tokens.refresh


def _old_password(ada: Any, caller: Caller) -> str:
    tokens = caller.log_in()
    type(ada).objects.update(password="another")
    return tokens.refresh


def _deleted(ada: Any, caller: Caller) -> str:
    tokens = caller.log_in()
    ada.delete()
    return tokens.refresh


def _forged(ada: Any, caller: Caller) -> str:
    return f"{caller.log_in().refresh[:-4]}AAAA"


def _stock(ada: Any, caller: Caller) -> str:
    return stock_refresh(ada)


def _stock_inactive(ada: Any, caller: Caller) -> str:
    type(ada).objects.update(is_active=False)
    return stock_refresh(ada)


def _stock_deleted(ada: Any, caller: Caller) -> str:
    token = stock_refresh(ada)
    ada.delete()
    return token


def _stock_expired(ada: Any, caller: Caller) -> str:
    return stock_refresh(ada, age=timedelta(days=2))


def _stock_without_id(ada: Any, caller: Caller) -> str:
    return stock_refresh(ada, jti=None)


def _stock_without_user(ada: Any, caller: Caller) -> str:
    return stock_refresh(ada, user_id=None)


def _adopted(ada: Any, caller: Caller) -> str:
    """Its own token right after the adoption: a retry."""
    token = stock_refresh(ada)
    caller.refresh(token)
    return token


def _adopted_late(ada: Any, caller: Caller) -> str:
    token = stock_refresh(ada)
    caller.refresh(caller.refresh(caller.refresh(token).refresh).refresh)
    return token


def _adopted_logged_out(ada: Any, caller: Caller) -> str:
    token = stock_refresh(ada)
    caller.log_out(token, stock_access(ada))
    return token


Make = Callable[[Any, Caller], str]
ACCEPTED: list[Make] = [_current, _retried, _late, _two_behind, _stock, _adopted]
REFUSED: list[tuple[Make, str]] = [
    (_late_again, "refresh_reused"),
    (_two_behind_late, "refresh_reused"),
    (_three_behind, "refresh_reused"),
    (_logged_out, "session_revoked"),
    (_ended, "session_expired"),
    (_expired, "expired"),
    (_inactive, "user_inactive"),
    (_old_password, "password_changed"),
    (_deleted, "session_revoked"),
    (_forged, "bad_signature"),
    (_stock_inactive, "user_inactive"),
    (_stock_deleted, "user_not_found"),
    (_stock_expired, "expired"),
    (_stock_without_id, "missing_claim"),
    (_stock_without_user, "missing_claim"),
    (_adopted_late, "refresh_reused"),
    (_adopted_logged_out, "session_revoked"),
]


@pytest.mark.parametrize("make", ACCEPTED, ids=lambda make: make.__name__.strip("_"))
def test_a_refresh_token_that_refresh_would_take_verifies_and_is_then_taken(ada, caller, make):
    token = make(ada, caller)
    before = rows()

    assert caller.verify(token).status_code == 200

    assert rows() == before
    assert caller.try_refresh(token).status_code == 200


@pytest.mark.parametrize(("make", "reason"), REFUSED, ids=[make.__name__.strip("_") for make, _ in REFUSED])
def test_a_refresh_token_that_refresh_would_refuse_is_refused_in_the_same_words(ada, caller, make, reason):
    token = make(ada, caller)
    before = rows()

    verified = caller.verify(token)

    assert rows() == before
    assert verified.status_code == 401
    assert verified.json()["reason"] == reason
    refreshed = caller.try_refresh(token)
    assert (refreshed.status_code, refreshed.json()) == (verified.status_code, verified.json())


def test_another_user_agent_is_told_what_everybody_is_told_and_refused_all_the_same(ada, caller):
    """An unbound session converges for the same user agent alone; who merely asks learns of no rotation by that."""
    first = caller.log_in().refresh
    thief = Caller(user_agent=CHROME)
    second = caller.refresh(first).refresh
    assert thief.verify(first).status_code == 200, "one late predecessor is forgiven, whoever shows it"

    caller.refresh(second)
    before = rows()
    assert thief.verify(first).status_code == caller.verify(first).status_code == 200
    assert rows() == before
    assert_refused(thief.try_refresh(first), "refresh_reused")


def test_a_key_is_for_one_kind_of_token(ada, caller):
    """Who came by the key of access tokens can make no refresh token with it, nor the other way round."""
    tokens = caller.log_in()
    refresh = sign(claims(tokens.refresh), access_signing_key(now=utc_now(), lifetime=timedelta(minutes=5)))
    access = sign(claims(tokens.access), refresh_signing_key())

    for answer in (caller.verify(refresh), caller.try_refresh(refresh), caller.verify(access), caller.home(access)):
        assert_refused(answer, "wrong_type")
    with pytest.raises(TokenError):
        RefreshToken(refresh)
    assert caller.try_refresh(tokens.refresh).status_code == 200


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "é", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_is_malformed_or_unknown_but_never_verified(db, caller, token):
    answer = caller.verify(token)

    assert answer.status_code == 401
    assert answer.json()["code"] == "token_not_valid"
    assert answer.json()["detail"] == "Token is invalid"


def test_field_errors_are_stocks_with_detail_and_code_added(db, caller):
    answer = caller.call("POST", "/token/verify/", {})

    assert answer.status_code == 400
    assert answer.json() == {"token": ["This field is required."], "detail": "Invalid input.", "code": "invalid"}

"""Refresh tokens that stock had issued and listed before Keyturn came: good ones go on, blacklisted ones stay so."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken

from keyturn.clock import utc_now
from keyturn.sessions.identity import adopted_session_id
from keyturn.sessions.models import Session
from tests.compat.stock import stock_access, stock_refresh, stock_sliding
from tests.contract.caller import assert_refused, claims


def outstanding(user: Any, raw: str) -> OutstandingToken:
    """List a token as stock does when it issues one: raw."""
    found = claims(raw)
    return OutstandingToken.objects.create(
        user=user,
        jti=found["jti"],
        token=raw,
        created_at=datetime.fromtimestamp(found["iat"], tz=UTC),
        expires_at=datetime.fromtimestamp(found["exp"], tz=UTC),
    )


@pytest.fixture
def stock(ada):
    """Ada's refresh token from before, with its row."""
    raw = stock_refresh(ada)
    outstanding(ada, raw)
    return raw


def test_the_row_is_taken_over_at_the_first_refresh_and_the_raw_token_in_it_goes(ada, stock, caller):
    before = OutstandingToken.objects.get()

    tokens = caller.refresh(stock)

    row, session = OutstandingToken.objects.get(), Session.objects.get()
    assert session.pk == adopted_session_id(claims(stock)["jti"])
    assert (row.pk, row.user, row.jti, row.token) == (before.pk, ada, str(session.pk), str(session.pk))
    assert row.expires_at == session.absolute_expires_at
    assert caller.refresh(stock).refresh == tokens.refresh
    assert caller.home(tokens.access).status_code == 200
    assert OutstandingToken.objects.count() == 1


def test_a_token_whose_row_is_missing_is_adopted_and_listed(ada, caller):
    tokens = caller.refresh(stock_refresh(ada))

    assert OutstandingToken.objects.get().jti == claims(tokens.access)["sid"]


def test_the_loop_after_the_adoption_ends_the_session(ada, stock, caller):
    tokens = caller.refresh(stock)

    for token in OutstandingToken.objects.filter(user=ada):
        BlacklistedToken.objects.get_or_create(token=token)

    for raw in (stock, tokens.refresh):
        assert_refused(caller.try_refresh(raw), "session_revoked")
    assert_refused(caller.home(tokens.access), "session_revoked")


def test_the_loop_before_the_adoption_ends_the_token(ada, stock, caller):
    for token in OutstandingToken.objects.filter(user=ada):
        BlacklistedToken.objects.get_or_create(token=token)

    assert_refused(caller.try_refresh(stock), "session_revoked")
    assert_refused(caller.verify(stock), "session_revoked")
    assert not Session.objects.exists()


def test_what_stock_had_blacklisted_stays_refused_at_every_door(ada, stock, caller):
    BlacklistedToken.objects.bulk_create([BlacklistedToken(token=OutstandingToken.objects.get())])

    assert_refused(caller.try_refresh(stock), "session_revoked")
    assert_refused(caller.verify(stock), "session_revoked")
    with pytest.raises(TokenError, match="Token is blacklisted"):
        RefreshToken(stock)
    assert caller.log_out(stock, stock_access(ada)).status_code == 205, "a repeat"
    assert_refused(caller.try_refresh(stock), "session_revoked")


def test_a_blacklisted_sliding_token_of_stock_stays_refused(settings, ada, caller):
    settings.KEYTURN = {"SLIDING_TOKENS": True}
    settings.SIMPLE_JWT = {"AUTH_TOKEN_CLASSES": ("rest_framework_simplejwt.tokens.SlidingToken",)}
    raw, good = stock_sliding(ada), stock_sliding(ada)
    BlacklistedToken.objects.create(token=outstanding(ada, raw))

    assert caller.home(good).status_code == 200
    assert_refused(caller.home(raw), "session_revoked")
    assert_refused(caller.verify(raw), "session_revoked")
    assert_refused(caller.call("POST", "/token/sliding/refresh/", {"token": raw}), "session_revoked")


@pytest.mark.parametrize("door", ["logout", "blacklist", "code"])
def test_logging_out_with_a_stock_token_blacklists_it(ada, stock, caller, door):
    if door == "logout":
        assert caller.log_out(stock, stock_access(ada)).status_code == 205
    elif door == "blacklist":
        assert caller.call("POST", "/token/blacklist/", {"refresh": stock}).status_code == 200
    else:
        row, created = RefreshToken(stock).blacklist()
        assert (row, created) == (BlacklistedToken.objects.get(), True)

    row = OutstandingToken.objects.get()
    assert BlacklistedToken.objects.get().token == row
    assert row.token == row.jti == str(adopted_session_id(claims(stock)["jti"]))
    assert_refused(caller.try_refresh(stock), "session_revoked")


def log_out_everywhere(user: Any, caller: Any) -> None:
    assert caller.call("POST", "/logout/all/", {}, access=stock_access(user)).status_code == 205


def end_the_others(user: Any, caller: Any) -> None:
    assert caller.call("DELETE", "/sessions/", access=caller.log_in().access).status_code == 204


def change_the_password(user: Any, caller: Any) -> None:
    user.set_password("another one entirely")
    user.save()


def deactivate_and_welcome_back(user: Any, caller: Any) -> None:
    for active in (False, True):
        user.is_active = active
        user.save()


@pytest.mark.parametrize("end", [log_out_everywhere, end_the_others, change_the_password, deactivate_and_welcome_back])
def test_what_ends_all_sessions_ends_stock_tokens_that_nobody_has_shown_yet(ada, eve, stock, caller, end):
    foreign = stock_refresh(eve)
    outstanding(eve, foreign)

    end(ada, caller)

    assert_refused(caller.try_refresh(stock), "session_revoked")
    assert BlacklistedToken.objects.get().token.user == ada
    assert caller.try_refresh(foreign).status_code == 200


def test_ending_the_others_with_an_access_token_from_before_does_not_end_the_caller(ada, stock, caller):
    """Such a token names no session, so nobody knows which of the unshown refresh tokens is the caller's own."""
    assert caller.call("DELETE", "/sessions/", access=stock_access(ada)).status_code == 204

    assert caller.try_refresh(stock).status_code == 200


def test_saving_a_user_whose_password_stays_the_same_ends_nothing(ada, stock, caller):
    ada.first_name = "Ada"
    ada.save()
    assert ada.check_password("correct horse battery staple")

    assert not BlacklistedToken.objects.exists()
    assert caller.try_refresh(stock).status_code == 200


def test_prune_sessions_cleans_both_tables_and_takes_raw_tokens_away(ada, stock, caller):
    expired = outstanding(ada, stock_refresh(ada, age=timedelta(days=3)))
    BlacklistedToken.objects.create(token=expired)
    tokens = caller.log_in()
    Session.objects.filter(pk=claims(tokens.access)["sid"]).update(
        idle_expires_at=utc_now() - timedelta(days=8), revoked_at=utc_now() - timedelta(days=8)
    )
    here = caller.log_in()
    output = io.StringIO()

    call_command("prune_sessions", stdout=output)

    assert output.getvalue().splitlines() == [
        "Removed 1 of 2 sessions.",
        "Removed 1 expired outstanding tokens, emptied 1 raw ones.",
    ]
    assert [str(session.pk) for session in Session.objects.all()] == [claims(here.access)["sid"]]
    assert not BlacklistedToken.objects.exists()
    assert not OutstandingToken.objects.filter(token__contains=".").exists()
    assert caller.try_refresh(stock).status_code == 200, "the token itself is as good as before"
    call_command("prune_sessions", stdout=output)
    assert "Removed 0 expired outstanding tokens, emptied 0 raw ones." in output.getvalue()


def test_prune_sessions_takes_raw_tokens_away_and_the_blacklist_still_holds(ada, stock, caller):
    BlacklistedToken.objects.create(token=OutstandingToken.objects.get())

    call_command("prune_sessions", stdout=io.StringIO())

    assert_refused(caller.try_refresh(stock), "session_revoked")


def test_a_stock_access_token_has_no_row_and_verifies_by_signature_and_expiry(ada, caller):
    access = stock_access(ada)

    assert caller.home(access).status_code == 200
    assert caller.verify(access).status_code == 200
    assert_refused(caller.home(stock_access(ada, age=timedelta(minutes=6))), "expired")
    assert not OutstandingToken.objects.exists()

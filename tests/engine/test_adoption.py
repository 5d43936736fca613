"""A refresh token of stock simplejwt becomes a session when it is first shown, and obeys the rule from then on."""

from datetime import UTC, datetime, timedelta

import pytest

from keyturn.errors import Reason, RefusedError
from keyturn.sessions.fingerprint import password_fingerprint
from keyturn.sessions.identity import adopted_session_id
from keyturn.sessions.models import Session
from keyturn.sessions.pruning import prune
from keyturn.tokens.ending import end_session
from keyturn.tokens.minting import password_claim
from keyturn.tokens.verifying import verify_token
from tests.engine.acting import CURL, FIREFOX, IDLE, NOW, later
from tests.engine.overlap import elsewhere, just_before, while_uncommitted
from tests.engine.stock_tokens import stock_token
from tests.engine.tokens import claims_of, refreshed, refusal


def test_a_stock_token_becomes_one_session_named_by_its_jti_and_is_rotated(user):
    token = stock_token(user, issued_at=later(hours=-3))
    second = refreshed(token, now=later(1))
    session = Session.objects.get()
    assert session.pk == adopted_session_id(claims_of(token)["jti"])
    assert (session.user_id, session.generation, session.amr) == (user.pk, 1, "pwd")
    assert session.created_at == session.auth_time == later(hours=-3)
    assert session.adopted_until == later(hours=21)
    assert session.absolute_expires_at == later(hours=-3) + timedelta(days=90)
    assert session.idle_expires_at == later(1) + IDLE
    assert session.password_fingerprint == password_fingerprint(user.password)
    assert (claims_of(second)["sid"], claims_of(second)["gen"]) == (str(session.pk), 1)


def test_its_successors_are_the_same_bytes_whichever_way_they_are_reached(user):
    token = stock_token(user, tenant="acme")
    second = refreshed(token, now=later(1))
    assert refreshed(token, now=later(2)) == second
    third = refreshed(second, now=later(3))
    assert refreshed(token, now=later(4)) == third
    assert refreshed(second, now=later(60)) == third
    assert claims_of(third)["tenant"] == "acme"
    assert Session.objects.count() == 1


def test_a_stock_token_shown_once_too_often_ends_its_session(user, revoked):
    token = stock_token(user)
    for raw in (token, refreshed(token, now=later(1))):
        newest = refreshed(raw, now=later(2))
    newest = refreshed(newest, now=later(3))
    assert refusal(token, now=later(4)) is Reason.REFRESH_REUSED
    assert refusal(newest, now=later(5)) is Reason.REFRESH_REUSED
    assert len(revoked) == 1


def test_a_session_id_is_a_uuid_of_version_8_that_anybody_computes_alike():
    assert adopted_session_id("0123") == adopted_session_id("0123") != adopted_session_id("0124")
    assert adopted_session_id("0123").version == 8
    assert adopted_session_id("\ud800é\x00").version == 8


def test_a_token_without_iat_signed_in_one_lifetime_before_it_expires(user):
    refreshed(stock_token(user, issued_at=NOW, lifetime=timedelta(days=1), iat=None), now=later(1))
    assert Session.objects.get().created_at == NOW + timedelta(days=1) - IDLE


def test_a_token_from_a_clock_ahead_of_ours_did_not_sign_in_in_the_future(user):
    refreshed(stock_token(user, issued_at=later(300)), now=NOW)
    assert Session.objects.get().created_at == NOW


@pytest.mark.parametrize("expired", [timedelta(0), timedelta(days=3)])
def test_an_expired_stock_token_is_not_adopted(user, expired):
    token = stock_token(user, issued_at=later(days=-1) - expired)
    assert refusal(token, now=NOW) is Reason.EXPIRED
    assert not Session.objects.exists()


def test_verifying_a_stock_token_adopts_nothing(user):
    token = stock_token(user)
    verify_token(token, now=later(1), client=FIREFOX)
    assert not Session.objects.exists()


def test_a_stock_token_verifies_exactly_when_it_would_be_refreshed(user):
    token = stock_token(user)
    newest = refreshed(refreshed(refreshed(token, now=later(1)), now=later(2)), now=later(3))
    with pytest.raises(RefusedError) as caught:
        verify_token(token, now=later(4), client=FIREFOX)
    assert caught.value.reason is Reason.REFRESH_REUSED
    verify_token(newest, now=later(4), client=CURL)


def test_a_stock_token_of_nobody_is_refused(user):
    token = stock_token(user)
    user.delete()
    assert refusal(token, now=later(1)) is Reason.USER_NOT_FOUND
    assert refusal(stock_token(user, user_id="ada"), now=later(1)) is Reason.USER_NOT_FOUND
    assert not Session.objects.exists()


def test_a_stock_token_of_an_inactive_user_is_refused(user):
    token = stock_token(user)
    type(user).objects.update(is_active=False)
    assert refusal(token, now=later(1)) is Reason.USER_INACTIVE
    assert not Session.objects.exists()


def test_a_stock_token_whose_password_claim_is_of_another_password_is_refused(user, settings):
    settings.SIMPLE_JWT = {"CHECK_REVOKE_TOKEN": True}
    before = stock_token(user, hash_password=password_claim(user.password))
    assert refreshed(before, now=later(1))
    user.set_password("another one")
    user.save()
    assert refusal(stock_token(user, hash_password=claims_of(before)["hash_password"]), now=later(1)) is (
        Reason.PASSWORD_CHANGED
    )
    assert Session.objects.count() == 1


def test_logging_out_with_a_stock_token_ends_it_before_it_was_ever_adopted(user):
    token = stock_token(user)
    end_session(token, now=later(1))
    assert refusal(token, now=later(2)) is Reason.SESSION_REVOKED
    assert Session.objects.get().revoked_reason == "logout"


def test_logging_out_with_a_stock_token_ends_its_session_after_it_was_adopted(user, revoked):
    token = stock_token(user)
    second = refreshed(token, now=later(1))
    end_session(token, now=later(2))
    assert refusal(second, now=later(3)) is Reason.SESSION_REVOKED
    end_session(token, now=later(4))
    assert len(revoked) == 1


def test_a_password_change_ends_an_adopted_session_and_the_stock_token_stays_dead(user):
    token = stock_token(user)
    second = refreshed(token, now=later(1))
    user.set_password("another one")
    user.save()
    assert refusal(second, now=later(2)) is Reason.PASSWORD_CHANGED
    assert refusal(token, now=later(2)) is Reason.PASSWORD_CHANGED


def test_pruning_never_lets_a_stock_token_be_adopted_a_second_time(user):
    token = stock_token(user, lifetime=timedelta(days=60))
    end_session(token, now=later(1))
    for days in (1, 30, 60, 61):
        list(prune(now=later(days=days), retention=timedelta(0)))
        assert Session.objects.count() == 1
        assert refusal(token, now=later(days=days)) in {Reason.SESSION_REVOKED, Reason.EXPIRED}
    list(prune(now=later(days=61, seconds=1), retention=timedelta(0)))
    assert not Session.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_token_adopted_between_two_statements_of_ours_converges_on_the_first(user):
    token = stock_token(user)
    first = []
    deed = lambda: first.append(elsewhere(lambda: refreshed(token, now=later(1))))  # noqa: E731 - a deed for later
    with just_before("SET generation", deed):
        second = refreshed(token, now=later(1))
    assert [second] == first
    assert Session.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_token_shown_twice_at_once_is_adopted_once(user):
    token = stock_token(user)
    second = while_uncommitted(lambda: refreshed(token, now=later(1)), lambda: refreshed(token, now=later(1)))
    assert claims_of(second)["gen"] == 1
    assert Session.objects.get().generation == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ['INSERT INTO "keyturn_session"', "SET generation"])
def test_an_adoption_that_fails_anywhere_leaves_the_token_good(user, step):
    class Boom(Exception):
        pass

    def fail():
        raise Boom

    token = stock_token(user)
    with pytest.raises(Boom), just_before(step, fail):
        refreshed(token, now=later(1))
    assert claims_of(refreshed(token, now=later(2)))["gen"] == 1


def test_times_beyond_any_calendar_are_refused(user):
    for exp in (10**12, 10**18, 1e300):
        assert refusal(stock_token(user, exp=exp), now=NOW) is Reason.INVALID_CLAIM
    assert not Session.objects.exists()


def test_the_last_instant_a_calendar_holds_is_no_error_of_ours(user):
    last = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
    assert refreshed(stock_token(user, exp=last), now=NOW)
    assert refreshed(stock_token(user, exp=last, iat=last), now=NOW)
    assert refreshed(stock_token(user, iat=-(10**10)), now=NOW)

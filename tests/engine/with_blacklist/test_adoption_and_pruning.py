"""Stock tokens that stand in token_blacklist: adopted once, never if blacklisted, and their raw text goes."""

import pytest
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from keyturn.errors import Reason
from keyturn.sessions.blacklist import ListedProgress, prune_listed
from keyturn.sessions.identity import adopted_session_id
from keyturn.sessions.models import Session
from keyturn.tokens.ending import end_session
from tests.engine.acting import NOW, later
from tests.engine.conftest import Boom
from tests.engine.overlap import just_before
from tests.engine.stock_tokens import stock_token
from tests.engine.tokens import claims_of, refreshed, refusal
from tests.engine.with_blacklist.listed import listed

pytestmark = pytest.mark.django_db(transaction=True)


def fail():
    raise Boom


def outstanding_stock_token(user, **facts):
    """A stock token with the row stock wrote for it, raw token and all."""
    raw = stock_token(user, **facts)
    OutstandingToken.objects.create(
        user=user,
        jti=claims_of(raw)["jti"],
        token=raw,
        created_at=NOW,
        expires_at=later(days=1),
    )
    return raw


def blacklist(raw):
    BlacklistedToken.objects.create(token=OutstandingToken.objects.get(token=raw))


def test_adopting_a_token_makes_its_row_the_sessions_and_the_raw_token_goes(user):
    raw = outstanding_stock_token(user)
    second = refreshed(raw, now=later(1))
    row = OutstandingToken.objects.get()
    assert row.jti == row.token == claims_of(second)["sid"]
    assert row.expires_at == Session.objects.get().absolute_expires_at


def test_a_stock_token_without_a_row_gets_one(user):
    second = refreshed(stock_token(user), now=later(1))
    assert OutstandingToken.objects.get().jti == claims_of(second)["sid"]


def test_a_token_that_stock_had_blacklisted_is_not_adopted(user):
    raw = outstanding_stock_token(user)
    BlacklistedToken.objects.bulk_create([BlacklistedToken(token=OutstandingToken.objects.get())])
    assert refusal(raw, now=later(1)) is Reason.SESSION_REVOKED
    assert not Session.objects.exists()


def test_a_token_blacklisted_before_it_was_shown_is_not_adopted(user):
    raw = outstanding_stock_token(user)
    blacklist(raw)
    assert refusal(raw, now=later(1)) is Reason.SESSION_REVOKED


def test_a_token_blacklisted_after_it_was_adopted_ends_its_session(user):
    raw = outstanding_stock_token(user)
    second = refreshed(raw, now=later(1))
    BlacklistedToken.objects.create(token=OutstandingToken.objects.get())
    assert Session.objects.get().revoked_reason == "blacklisted"
    assert refusal(raw, now=later(2)) is Reason.SESSION_REVOKED
    assert refusal(second, now=later(2)) is Reason.SESSION_REVOKED


def test_logging_out_with_a_stock_token_takes_its_row_over_too(user):
    raw = outstanding_stock_token(user)
    end_session(raw, now=later(1))
    sid = adopted_session_id(claims_of(raw)["jti"])
    assert OutstandingToken.objects.get().jti == str(sid)
    assert refusal(raw, now=later(2)) is Reason.SESSION_REVOKED


@pytest.mark.parametrize("step", ['UPDATE "token_blacklist_outstandingtoken"', 'INSERT INTO "keyturn_session"'])
def test_an_adoption_that_fails_at_either_write_leaves_all_as_it_was(user, step):
    raw = outstanding_stock_token(user)
    with pytest.raises(Boom), just_before(step, fail):
        refreshed(raw, now=later(1))
    assert OutstandingToken.objects.get().token == raw
    assert not Session.objects.exists()
    assert refreshed(raw, now=later(2))


def test_an_adoption_whose_new_row_fails_leaves_all_as_it_was(user):
    raw = stock_token(user)
    with pytest.raises(Boom), just_before('INSERT INTO "token_blacklist_outstandingtoken"', fail):
        refreshed(raw, now=later(1))
    assert not Session.objects.exists()


def test_pruning_removes_what_has_expired_and_empties_raw_tokens_in_batches(user):
    raws = [outstanding_stock_token(user) for _ in range(5)]
    session = listed(user)
    OutstandingToken.objects.filter(token__in=raws[:2]).update(expires_at=later(-1))
    assert prune_listed(now=NOW, batch_size=2) == ListedProgress(removed=2, emptied=3)
    left = dict(OutstandingToken.objects.values_list("jti", "token"))
    assert left == {claims_of(raw)["jti"]: claims_of(raw)["jti"] for raw in raws[2:]} | {
        str(session.pk): str(session.pk)
    }
    assert refreshed(raws[2], now=later(1))
    assert prune_listed(now=NOW, batch_size=2) == ListedProgress(removed=0, emptied=0)

"""A project that stores local times without a zone: every instant in the API is right all the same."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from keyturn.clock import aware, stored, utc_now
from keyturn.sessions.models import Session
from tests.compat.stock import stock_refresh
from tests.contract.caller import Caller, assert_refused, claims, session_of, turn_back

MINUTE = timedelta(minutes=1)


def test_the_project_is_the_one_meant(db):
    assert not settings.USE_TZ
    assert timezone.get_default_timezone_name() == "America/New_York"
    assert timezone.now().tzinfo is None


def test_a_login_lasts_as_long_as_it_says_from_now(ada, caller):
    before = utc_now().replace(microsecond=0)
    tokens = caller.log_in()

    access, refresh = claims(tokens.access), claims(tokens.refresh)
    for moment in (access["iat"], refresh["iat"]):
        assert before <= datetime.fromtimestamp(moment, tz=UTC) <= utc_now()
    assert access["exp"] - access["iat"] == 300
    assert refresh["exp"] - refresh["iat"] == 2 * 86_400
    session = session_of(tokens.access)
    assert session.created_at.tzinfo is None
    assert before <= aware(session.created_at) <= utc_now()
    assert caller.home(tokens.access).status_code == 200


def test_a_retry_converges_within_the_grace_and_not_after(ada, caller):
    first = caller.log_in()
    second = caller.refresh(first.refresh)
    assert caller.refresh(first.refresh).refresh == second.refresh

    turn_back(first.refresh, seconds=11)
    assert claims(caller.refresh(first.refresh).refresh)["gen"] == 1
    assert session_of(first.refresh).forgiven == 1, "the grace is over: forgiven"
    third = caller.refresh(second.refresh)
    turn_back(first.refresh, seconds=11)
    assert_refused(caller.try_refresh(second.refresh), "refresh_reused")
    assert_refused(caller.try_refresh(third.refresh), "refresh_reused")


def test_a_session_expires_at_its_instant_and_not_hours_away(ada, caller):
    soon, over = caller.log_in(), caller.log_in()
    Session.objects.filter(pk=claims(soon.refresh)["sid"]).update(absolute_expires_at=stored(utc_now() + MINUTE))
    Session.objects.filter(pk=claims(over.refresh)["sid"]).update(absolute_expires_at=stored(utc_now() - MINUTE))

    assert caller.try_refresh(soon.refresh).status_code == 200
    assert_refused(caller.try_refresh(over.refresh), "session_expired")


def test_the_list_of_sessions_tells_times_in_utc(ada, caller):
    tokens = caller.log_in()

    (shown,) = caller.call("GET", "/sessions/", access=tokens.access).json()

    created = datetime.fromisoformat(shown["created_at"])
    assert created.utcoffset() == timedelta(0)
    assert abs(utc_now() - created) < MINUTE
    last_used = datetime.fromisoformat(shown["last_used_at"])
    assert last_used == created.replace(minute=0, second=0, microsecond=0)
    ends = datetime.fromisoformat(shown["expires_at"])
    assert abs(ends - (created + timedelta(days=2))) < timedelta(hours=1)
    assert (ends.utcoffset(), ends.minute) == (timedelta(0), 0)


def test_log_out_and_stock_tokens_work_as_everywhere(ada, caller):
    stock = stock_refresh(ada)
    tokens = caller.refresh(stock)
    session = session_of(tokens.refresh)
    assert int(aware(session.created_at).timestamp()) == claims(stock)["iat"]
    assert session.adopted_until is not None
    assert int(aware(session.adopted_until).timestamp()) == claims(stock)["exp"]

    assert caller.log_out(tokens.refresh, tokens.access).status_code == 205

    assert_refused(caller.home(tokens.access), "session_revoked")
    revoked_at = session_of(tokens.access).revoked_at
    assert revoked_at is not None
    assert abs(aware(revoked_at) - utc_now()) < MINUTE
    assert_refused(Caller().try_refresh(stock), "session_revoked")

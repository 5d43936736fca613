"""DESIGN's properties P1 to P7, one story each, from login to the last token. Their details have files of their own."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection

from keyturn.errors import Reason, RefusedError
from keyturn.sessions.models import Session
from keyturn.sessions.revocation import RevokeReason, revoke_sessions, revoke_user_sessions
from keyturn.tokens.authenticating import authenticate
from keyturn.tokens.claims import read_access, read_any
from keyturn.tokens.verifying import verify_token
from tests.engine.acting import COOKIE, CURL, DPOP, FIREFOX, IDLE, NOW, later
from tests.engine.tokens import claims_of, login, refresh_pair, refreshed, refusal

pytestmark = pytest.mark.django_db(transaction=True)

GRACE = timedelta(seconds=10)


def at_once(deeds):
    """Do all of them at the same moment, each on a connection of its own; give what they returned or raised."""
    barrier = Barrier(len(deeds))

    def alone(deed):
        try:
            connection.ensure_connection()
            barrier.wait(20)
            return deed()
        except RefusedError as error:
            return error.reason
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return [future.result(60) for future in [pool.submit(alone, deed) for deed in deeds]]


@pytest.mark.parametrize("round_number", range(5))
def test_p1_a_token_presented_many_times_at_once_has_one_successor(user, round_number):
    token = login(user).refresh
    answers = at_once([lambda: refreshed(token, now=later(1))] * 8)
    assert len(set(answers)) == 1
    assert claims_of(answers[0])["gen"] == Session.objects.get().generation == 1


@pytest.mark.parametrize("round_number", range(5))
def test_p1_without_grace_time_exactly_one_wins_and_then_the_session_is_over(user, settings, round_number):
    settings.KEYTURN = {"REFRESH_GRACE": 0}
    token = login(user).refresh
    answers = at_once([lambda: refreshed(token, now=later(1))] * 8)
    assert sum(isinstance(answer, str) and not isinstance(answer, Reason) for answer in answers) == 1
    assert answers.count(Reason.REFRESH_REUSED) == 7
    assert Session.objects.get().revoked_reason == "refresh_reused"


def test_p1_two_generations_presented_at_once_still_have_one_live_successor(user):
    first = login(user).refresh
    second = refreshed(first, now=later(1))
    answers = at_once([lambda: refreshed(first, now=later(2)), lambda: refreshed(second, now=later(2))] * 3)
    newest = Session.objects.get()
    assert newest.revoked_at is None
    live = {answer for answer in answers if claims_of(answer)["gen"] == newest.generation}
    assert len(live) == 1
    assert {claims_of(answer)["gen"] for answer in answers} <= {1, 2}


def test_p2_an_honest_client_that_loses_replies_and_comes_back_late_stays_signed_in(user):
    token, now = login(user).refresh, NOW
    for number in range(30):
        now += timedelta(minutes=5)
        successor = refreshed(token, now=now)
        if number % 3 == 0:
            assert refreshed(token, now=now + timedelta(seconds=4)) == successor
        if number % 10 == 9:
            now += timedelta(hours=9)
            assert refreshed(token, now=now) == successor
        token = successor


def test_p2_three_tabs_that_share_a_token_stay_signed_in(user):
    token, now = login(user).refresh, NOW
    for _ in range(20):
        now += timedelta(minutes=5)
        answers = {refreshed(token, now=now + timedelta(seconds=delay)) for delay in (0, 2, 4)}
        assert len(answers) == 1
        (token,) = answers


def test_p3_reuse_ends_the_session_with_all_its_tokens(user):
    stolen = login(user)
    mine = refresh_pair(stolen.refresh, now=later(1), client=FIREFOX)
    for number in range(2, 5):
        mine = refresh_pair(mine.refresh, now=later(60 * number), client=FIREFOX)
    assert authenticate(read_access(mine.access, now=later(300)), now=later(300)).user == user
    assert refusal(stolen.refresh, now=later(301), client=CURL) is Reason.REFRESH_REUSED
    assert refusal(mine.refresh, now=later(302)) is Reason.REFRESH_REUSED
    for access in (stolen.access, mine.access):
        with pytest.raises(RefusedError) as caught:
            authenticate(read_access(access, now=later(299)), now=later(302))
        assert caught.value.reason is Reason.REFRESH_REUSED


def test_p3_a_thief_on_a_clock_of_its_own_is_dead_by_the_third_use(user):
    mine = theirs = login(user).refresh
    uses = []

    def victim_and_thief():
        nonlocal mine, theirs
        for number in range(20):
            now = later(minutes=5 * number)
            mine = refreshed(mine, now=now)
            uses.append(now)
            theirs = refreshed(theirs, now=now + timedelta(minutes=2), client=CURL)

    with pytest.raises(RefusedError):
        victim_and_thief()
    assert len(uses) <= 3
    assert Session.objects.get().revoked_reason == "refresh_reused"


@pytest.mark.parametrize("binding", [COOKIE, DPOP])
def test_p3_a_thief_without_the_binding_is_dead_at_once(user, binding):
    token = login(user, binding=binding).refresh
    assert refusal(token, now=later(1)) is Reason.REFRESH_REUSED
    assert refusal(token, now=later(2), binding=binding) is Reason.REFRESH_REUSED


def test_p4_rows_are_as_many_as_sessions(user):
    tokens = [login(user).refresh for _ in range(4)]
    for number in range(10):
        tokens = [refreshed(token, now=later(60 * number)) for token in tokens]
    assert Session.objects.count() == 4
    revoke_user_sessions(user.pk, reason=RevokeReason.LOGOUT_ALL, now=later(600))
    assert Session.objects.count() == 4


def test_p5_nothing_in_a_session_row_can_be_presented(user):
    login(user, binding=COOKIE)
    for value in Session.objects.values_list().get():
        with pytest.raises(RefusedError):
            read_any(str(value), now=NOW)


DEADLY = {
    Reason.SESSION_REVOKED: lambda session, user: revoke_sessions((session.pk,), reason="logout", now=NOW),
    Reason.SESSION_EXPIRED: lambda session, user: Session.objects.update(absolute_expires_at=NOW),
    Reason.USER_INACTIVE: lambda session, user: type(user).objects.update(is_active=False),
    Reason.PASSWORD_CHANGED: lambda session, user: type(user).objects.update(password=make_password("another")),
}


@pytest.mark.parametrize("reason", DEADLY)
@pytest.mark.parametrize("generation", [0, 1, 2])
def test_p6_every_mint_asks_for_user_session_expiry_and_password(user, reason, generation):
    tokens = [login(user).refresh]
    for number in (1, 2):
        tokens.append(refreshed(tokens[-1], now=later(number)))
    DEADLY[reason](Session.objects.get(), user)
    assert refusal(tokens[generation], now=later(3)) is reason
    with pytest.raises(RefusedError) as caught:
        verify_token(tokens[generation], now=later(3), client=FIREFOX)
    assert caught.value.reason is reason
    assert Session.objects.get().generation == 2


def test_p6_the_token_itself_expires_with_the_idle_time(user):
    token = login(user).refresh
    assert refusal(token, now=NOW + IDLE) is Reason.EXPIRED
    assert refreshed(token, now=NOW + IDLE - timedelta(seconds=1))


def test_p7_a_password_change_ends_all_and_the_next_login_has_another_sid(user):
    before = [login(user), login(user)]
    user.set_password("a password nobody else has")
    user.save()
    for pair in before:
        assert refusal(pair.refresh, now=later(1)) is Reason.PASSWORD_CHANGED
        with pytest.raises(RefusedError) as caught:
            authenticate(read_access(pair.access, now=later(1)), now=later(1))
        assert caught.value.reason is Reason.PASSWORD_CHANGED
    after = login(user, now=later(2))
    assert UUID(claims_of(after.refresh)["sid"]) not in {UUID(claims_of(pair.refresh)["sid"]) for pair in before}
    assert refreshed(after.refresh, now=later(3))


def test_p7_deactivation_and_deletion_end_all(user, django_user_model):
    other = django_user_model.objects.create_user("bob")
    pairs = [login(user), login(other)]
    user.is_active = False
    user.save()
    other.delete()
    assert refusal(pairs[0].refresh, now=later(1)) is Reason.USER_INACTIVE
    assert refusal(pairs[1].refresh, now=later(1)) is Reason.SESSION_REVOKED
    for pair in pairs:
        with pytest.raises(RefusedError):
            authenticate(read_access(pair.access, now=later(1)), now=later(1))


def test_p7_a_password_change_that_races_with_refreshes_leaves_no_live_session(user):
    tokens = [login(user).refresh for _ in range(4)]
    fresh = type(user).objects.get(pk=user.pk)
    fresh.set_password("a password nobody else has")
    refreshes = [lambda token=token: refreshed(token, now=later(1)) for token in tokens]
    at_once([*refreshes, fresh.save, *refreshes])
    assert not Session.objects.filter(revoked_at=None).exists()


def test_a_log_out_that_races_with_refreshes_ends_the_session(user):
    token = login(user).refresh
    sid = Session.objects.get().pk
    at_once(
        [lambda: refreshed(token, now=later(1))] * 3
        + [lambda: revoke_sessions((sid,), reason="logout", now=later(1))]
        + [lambda: refreshed(token, now=later(1))] * 3
    )
    session = Session.objects.get()
    assert session.revoked_reason == "logout"
    assert session.generation in {0, 1}

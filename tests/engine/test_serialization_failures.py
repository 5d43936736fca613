"""REPEATABLE READ on PostgreSQL: a statement that another transaction overtook has changed nothing, and that is all."""

import pytest
from django.contrib.auth.models import update_last_login
from django.db import OperationalError, connection, transaction

from keyturn.errors import Reason
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Converged, Refused, Reused, Rotated
from keyturn.sessions.policy import Policy
from keyturn.sessions.revocation import revoke_sessions, revoke_user_sessions
from keyturn.sessions.rotation import touch
from keyturn.tokens.issuing import issue_pair
from tests.engine.acting import CURL, FIREFOX, NOW, ended, later, opened, placed, present, row
from tests.engine.overlap import REPEATABLE_READ, elsewhere, while_uncommitted

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def session(transactional_db, user):
    """At generation 9, made at NOW by Firefox."""
    return placed(opened(user, now=later(hours=-5)), generation=9, rotated_at=NOW)


def rotate_now(session, **facts):
    return lambda: present(session, 9, **facts)


def overtaken(first, second):
    return while_uncommitted(first, second, setup=REPEATABLE_READ)


def test_a_rotation_overtaken_by_another_converges_on_it(session):
    outcome = overtaken(rotate_now(session), rotate_now(session))
    assert isinstance(outcome, Converged)
    assert outcome.session.generation == row(session).generation == 10


def test_a_rotation_overtaken_by_a_log_out_is_refused(session):
    assert overtaken(lambda: ended(session), rotate_now(session)) == Refused(Reason.SESSION_REVOKED)


def test_a_rotation_whose_rival_is_rolled_back_rotates(session):
    outcome = while_uncommitted(rotate_now(session), rotate_now(session), setup=REPEATABLE_READ, rolls_back=True)
    assert isinstance(outcome, Rotated)
    assert row(session).generation == 10


def test_a_forgiveness_overtaken_by_a_rotation_is_judged_again(session):
    outcome = overtaken(rotate_now(session, now=later(60)), lambda: present(session, 8, now=later(60)))
    assert isinstance(outcome, Converged)
    assert (row(session).generation, row(session).forgiven) == (10, None)


def test_a_reuse_overtaken_by_a_rotation_ends_the_session_all_the_same(session):
    assert isinstance(overtaken(rotate_now(session), lambda: present(session, 3)), Reused)
    after = row(session)
    assert (after.generation, after.revoked_reason) == (10, "refresh_reused")


def test_a_log_out_overtaken_by_a_rotation_ends_the_session_all_the_same(session):
    told = overtaken(rotate_now(session), lambda: revoke_sessions((session.pk,), reason="logout", now=NOW))
    assert told == (session.pk,)
    assert row(session).revoked_reason == "logout"


def test_a_log_out_everywhere_overtaken_by_a_rotation_ends_every_session(session, user):
    other = opened(user)
    told = overtaken(rotate_now(session), lambda: revoke_user_sessions(user.pk, reason="logout_all", now=NOW))
    assert set(told) == {session.pk, other.pk}
    assert not Session.objects.filter(revoked_at=None).exists()


def test_a_log_out_overtaken_by_a_log_out_ends_nothing_twice(session):
    told = overtaken(lambda: ended(session), lambda: revoke_sessions((session.pk,), reason="other", now=NOW))
    assert told == ()
    assert row(session).revoked_reason == "logout"


def test_a_login_overtaken_by_a_harmless_change_of_the_user_signs_in(user):
    pair = overtaken(
        lambda: update_last_login(type(user), user), lambda: issue_pair(user=user, now=NOW, client=FIREFOX)
    )
    assert pair.refresh
    assert Session.objects.count() == 1


def test_a_sliding_session_touched_twice_at_once_is_touched_twice(user):
    session = opened(user)

    def touched(client):
        return lambda: touch(
            sid=session.pk,
            user_id=str(user.pk),
            now=later(5),
            ends_at=later(days=1),
            policy=Policy.current(),
            client=client,
        )

    outcome = overtaken(touched(FIREFOX), touched(CURL))
    assert isinstance(outcome, Session)
    assert row(session).user_agent == CURL.user_agent


def test_inside_a_callers_transaction_the_failure_is_the_callers_to_handle(session):
    def rotated_in_a_transaction():
        with transaction.atomic():
            return present(session, 9, client=Client())

    with pytest.raises(OperationalError, match="could not serialize"):
        overtaken(rotate_now(session), rotated_in_a_transaction)
    assert row(session).generation == 10


def test_a_failure_that_is_no_lost_race_is_not_taken_for_one(session):
    def impatient():
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 50")
        return present(session, 9)

    with transaction.atomic():
        list(Session.objects.select_for_update().filter(pk=session.pk))
        with pytest.raises(OperationalError, match="statement timeout"):
            elsewhere(impatient)
    assert row(session).generation == 9

"""What others do between two statements of ours: the rule is asked again, never a stale answer written down."""

import pytest

from keyturn.errors import Reason, UnavailableError
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Converged, Forgiven, Refused, Reused, Rotated
from tests.engine.acting import CURL, NOW, ended, later, opened, placed, present, row
from tests.engine.overlap import just_before

ROTATING = "SET generation = "
READING = "INNER JOIN"
FORGIVING = 'SET "forgiven" = '


@pytest.fixture
def session(user):
    """At generation 9, made at NOW by Firefox."""
    return placed(opened(user, now=later(hours=-5)), generation=9, rotated_at=NOW)


def rotated(session, **facts):
    assert isinstance(present(session, row(session).generation, **facts), Rotated)


def test_a_rotation_that_comes_second_converges_on_the_first(session):
    with just_before(ROTATING, lambda: rotated(session)):
        outcome = present(session, 9)
    assert isinstance(outcome, Converged)
    assert outcome.session.generation == row(session).generation == 10


def test_a_rotation_that_comes_after_two_others_converges_on_the_second(session):
    with just_before(ROTATING, lambda: (rotated(session), rotated(session))):
        outcome = present(session, 9)
    assert isinstance(outcome, Converged)
    assert outcome.session.generation == row(session).generation == 11


def test_a_rotation_that_comes_after_another_agents_is_judged_by_that_agent(session):
    with just_before(ROTATING, lambda: rotated(session, client=CURL)):
        assert isinstance(present(session, 9), Forgiven)
    assert row(session).forgiven == 10


def test_a_rotation_that_comes_after_a_log_out_is_refused(session):
    with just_before(ROTATING, lambda: ended(session)):
        assert present(session, 9) == Refused(Reason.SESSION_REVOKED)
    assert row(session).generation == 9


def test_a_rotation_between_whose_two_statements_the_row_went_back_rotates_after_all(session):
    back = [lambda: rotated(session)], [lambda: placed(session, generation=9)]
    with just_before(ROTATING, *back[0]), just_before(READING, *back[1]):
        assert isinstance(present(session, 9), Rotated)
    assert row(session).generation == 10


def test_a_forgiveness_that_finds_the_session_rotated_is_judged_again(session):
    with just_before(FORGIVING, lambda: rotated(session, now=later(60))):
        outcome = present(session, 8, now=later(60))
    assert isinstance(outcome, Converged)
    assert (row(session).generation, row(session).forgiven) == (10, None)


def test_a_forgiveness_that_finds_the_session_rotated_by_another_agent_is_reuse(session):
    with just_before(FORGIVING, lambda: rotated(session, now=later(60), client=CURL)):
        assert isinstance(present(session, 8, now=later(60)), Reused)
    assert row(session).revoked_reason == "refresh_reused"


def test_a_forgiveness_that_finds_the_generation_forgiven_converges(session):
    def forgiven():
        assert isinstance(present(session, 8, now=later(60)), Forgiven)

    with just_before(FORGIVING, forgiven):
        outcome = present(session, 8, now=later(60))
    assert isinstance(outcome, Converged)
    assert row(session).forgiven == 9


def test_a_forgiveness_that_finds_the_session_revoked_is_refused(session):
    with just_before(FORGIVING, lambda: ended(session)):
        assert present(session, 8, now=later(60)) == Refused(Reason.SESSION_REVOKED)
    assert row(session).forgiven is None


def test_a_forgiveness_that_finds_the_session_gone_is_refused(session):
    with just_before(FORGIVING, lambda: Session.objects.all().delete()):
        assert present(session, 8, now=later(60)) == Refused(Reason.SESSION_REVOKED)


def test_a_forgiveness_finds_the_value_it_judged_by_replaced_and_is_judged_by_the_new_one(session):
    placed(session, forgiven=2)
    with just_before(FORGIVING, lambda: placed(session, forgiven=7)):
        assert isinstance(present(session, 8, now=later(60)), Reused)


def test_an_adoption_that_finds_the_row_changed_is_judged_again(session):
    def adopted_by_another():
        assert isinstance(present(session, 20, now=later(60)), Rotated)

    # The first attempt, for 20, finds 9; the second, from 9 to 21, finds that somebody was quicker.
    with just_before(ROTATING, lambda: None, adopted_by_another):
        outcome = present(session, 20, now=later(60))
    assert isinstance(outcome, Converged)
    assert outcome.session.generation == row(session).generation == 21


def test_an_adoption_that_finds_a_greater_one_is_an_old_generation(session):
    def adopted_by_another():
        assert isinstance(present(session, 40, now=later(60)), Rotated)

    with just_before(ROTATING, lambda: None, adopted_by_another):
        assert isinstance(present(session, 20, now=later(60)), Reused)


def test_a_session_that_reuse_finds_already_ended_keeps_its_first_reason(session, revoked):
    with just_before("SET revoked_at", lambda: ended(session)):
        assert isinstance(present(session, 1), Reused)
    assert row(session).revoked_reason == "logout"
    assert revoked == [((session.pk,), "logout")]


def test_a_row_that_never_holds_still_is_a_fault_to_be_told_and_decides_nothing(session, revoked):
    away, back = (lambda: placed(session, generation=8)), (lambda: placed(session, generation=9))
    with (
        just_before(ROTATING, *[away] * 8),
        just_before(READING, *[back] * 8),
        pytest.raises(UnavailableError) as caught,
    ):
        present(session, 9)
    assert caught.value.retry_after >= 1
    assert row(session).generation == 9
    assert revoked == []


def test_a_user_who_is_deactivated_just_before_the_rotation_is_refused(session, user, django_user_model):
    with just_before(ROTATING, lambda: django_user_model.objects.update(is_active=False)):
        assert present(session, 9) == Refused(Reason.USER_INACTIVE)


def test_a_password_that_is_changed_just_before_the_rotation_is_noticed(session, user, django_user_model):
    with just_before(ROTATING, lambda: django_user_model.objects.update(password="md5$other")):
        assert present(session, 9) == Refused(Reason.PASSWORD_CHANGED)


def test_a_user_who_is_deleted_just_before_the_rotation_takes_the_session_along(session, user):
    with just_before(ROTATING, user.delete):
        assert present(session, 9) == Refused(Reason.SESSION_REVOKED)

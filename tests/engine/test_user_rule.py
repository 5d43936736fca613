"""Where the database alone cannot say who may go on: the project's own rule, an ``is_active`` that is no column."""

from dataclasses import replace

import pytest
from rest_framework_simplejwt.exceptions import AuthenticationFailed
from rest_framework_simplejwt.tokens import RefreshToken

from keyturn.clock import utc_now
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Converged, Forgiven, Refused, Reused, Rotated
from keyturn.sessions.policy import Policy
from keyturn.sessions.rotation import touch
from keyturn.signin import sign_in
from keyturn.tokens.issuing import issue_pair
from tests.engine.acting import FIREFOX, NOW, examined, later, opened, placed, policy, present, row
from tests.engine.conftest import PASSWORD

CREDENTIALS = {"username": "ada", "password": PASSWORD}


def not_banned(user):
    """A project's rule: it looks at more than is_active, and not at that."""
    return user is not None and user.last_name != "banned"


@pytest.fixture
def own_rule(settings):
    settings.SIMPLE_JWT = {"USER_AUTHENTICATION_RULE": not_banned}


def ban(user):
    type(user).objects.filter(pk=user.pk).update(last_name="banned")


def deactivate(user):
    type(user).objects.filter(pk=user.pk).update(is_active=False)


def issue(user):
    return issue_pair(user=user, now=NOW, client=FIREFOX)


def test_a_user_whom_the_rule_refuses_is_refused_before_anything_changes(user, own_rule, revoked):
    session = placed(opened(user), generation=5)
    ban(user)
    for generation in (5, 4, 3, 0, 7):
        assert present(session, generation) == Refused(Reason.USER_INACTIVE)
        assert examined(session, generation) == Refused(Reason.USER_INACTIVE)
    assert row(session).generation == 5
    assert revoked == []


def test_a_user_whom_the_rule_admits_rotates_converges_is_forgiven_and_caught(user, own_rule):
    session = opened(user)
    assert isinstance(present(session, 0), Rotated)
    assert isinstance(present(session, 0), Converged)
    assert isinstance(present(session, 0, now=later(60)), Forgiven)
    assert isinstance(present(session, 1), Rotated)
    assert isinstance(present(session, 0, now=later(60)), Reused)


def test_a_refresh_under_a_rule_loads_the_user_and_then_rotates(user, own_rule, count_statements):
    session = opened(user)
    with count_statements(exactly=2):
        assert isinstance(present(session, 0), Rotated)
    placed(session, rotated_at=later(hours=-1))
    with count_statements(at_most=4):
        assert isinstance(present(session, 0), Forgiven)


def test_a_rule_that_admits_inactive_users_is_the_one_that_counts(user, own_rule):
    session = opened(user)
    deactivate(user)
    assert isinstance(present(session, 0), Rotated)
    assert isinstance(examined(session, 1), Session)


def test_an_inactive_user_signs_in_where_rule_and_backend_admit_one(user, own_rule, settings):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.AllowAllUsersModelBackend"]
    deactivate(user)
    assert sign_in(CREDENTIALS, issue=issue).refresh


def test_saving_an_inactive_user_whom_the_rule_admits_ends_nothing(user, own_rule, revoked):
    session = opened(user)
    user.is_active = False
    user.save()
    assert revoked == []
    assert isinstance(present(session, 0), Rotated)


def test_saving_an_inactive_user_whom_the_rule_refuses_ends_all(user, own_rule):
    session = opened(user)
    user.is_active, user.last_name = False, "banned"
    user.save()
    assert row(session).revoked_reason == "user_inactive"


def test_a_user_whom_the_rule_refuses_does_not_sign_in(user, own_rule):
    ban(user)
    with pytest.raises(RefusedError) as caught:
        sign_in(CREDENTIALS, issue=issue)
    assert caught.value.reason is Reason.BAD_CREDENTIALS
    assert not Session.objects.exists()


def test_no_token_is_made_for_a_user_whom_the_rule_refuses(user, own_rule):
    ban(user)
    user.refresh_from_db()
    with pytest.raises(AuthenticationFailed):
        RefreshToken.for_user(user)
    assert not Session.objects.exists()


def test_no_token_is_made_for_an_inactive_user(user):
    deactivate(user)
    user.refresh_from_db()
    with pytest.raises(AuthenticationFailed):
        RefreshToken.for_user(user)
    assert not Session.objects.exists()


def test_a_sliding_session_obeys_the_rule_too(user, own_rule):
    session = opened(user)

    def touched():
        return touch(
            sid=session.pk,
            user_id=str(user.pk),
            now=later(5),
            ends_at=later(days=1),
            policy=Policy.current(),
            client=FIREFOX,
        )

    assert isinstance(touched(), Session)
    ban(user)
    assert touched() == Refused(Reason.USER_INACTIVE)


def test_an_is_active_that_is_no_column_is_asked_of_the_loaded_user(user, count_statements):
    computed = policy(users=replace(Policy.current().users, is_active=None))
    session = opened(user, policy=computed)
    with count_statements(exactly=2):
        assert isinstance(present(session, 0, policy=computed), Rotated)
    deactivate(user)
    assert present(session, 1, policy=computed) == Refused(Reason.USER_INACTIVE)
    assert row(session).generation == 1


def test_a_rule_named_by_its_path_is_the_same(user, settings):
    settings.SIMPLE_JWT = {"USER_AUTHENTICATION_RULE": f"{__name__}.not_banned"}
    session = opened(user, now=utc_now())
    ban(user)
    assert present(session, 0, now=utc_now()) == Refused(Reason.USER_INACTIVE)

"""P7: a login that began before a password change, a deactivation or a deletion does not survive it, in any order."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError

from keyturn import keys
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Rotated
from keyturn.signin import check_credentials, sign_in
from keyturn.tokens.issuing import issue_pair
from tests.engine.acting import FIREFOX, NOW, opened, present
from tests.engine.conftest import PASSWORD
from tests.engine.hashers import BETTER_FIRST, Better
from tests.engine.overlap import elsewhere, just_before, while_uncommitted

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "a password nobody else has"
CREDENTIALS = {"username": "ada", "password": PASSWORD}


def load(user):
    return get_user_model().objects.get(pk=user.pk)


def change_password(user):
    fresh = load(user)
    fresh.set_password(NEW)
    fresh.save()


def change_password_without_a_signal(user):
    get_user_model().objects.filter(pk=user.pk).update(password=make_password(NEW))


def deactivate(user):
    fresh = load(user)
    fresh.is_active = False
    fresh.save(update_fields=["is_active"])


def delete(user):
    load(user).delete()


CHANGES = pytest.mark.parametrize("change", [change_password, change_password_without_a_signal, deactivate, delete])


def issue(user):
    return issue_pair(user=user, now=NOW, client=FIREFOX)


def refusal(deed):
    """The reason a login is refused for; the test fails where it is not."""
    try:
        deed()
    except RefusedError as error:
        return error.reason
    raise AssertionError("the login went through")


def live_sessions():
    """Those that could still be refreshed."""
    return [s for s in Session.objects.select_related("user") if isinstance(present(s, s.generation), Rotated)]


@CHANGES
def test_a_change_between_verifying_and_opening_refuses_the_login(user, change):
    verified = check_credentials(CREDENTIALS)
    elsewhere(lambda: change(user))
    assert refusal(lambda: issue(verified)) is Reason.BAD_CREDENTIALS
    assert not Session.objects.exists()


@CHANGES
def test_a_change_just_before_the_session_is_inserted_refuses_the_login(user, change):
    with just_before('INSERT INTO "keyturn_session"', lambda: elsewhere(lambda: change(user))):
        assert refusal(lambda: sign_in(CREDENTIALS, issue=issue)) is Reason.BAD_CREDENTIALS
    assert not Session.objects.exists()


@pytest.mark.parametrize("change", [change_password, deactivate])
def test_a_change_just_after_the_session_was_inserted_ends_it(user, change):
    sign_in(CREDENTIALS, issue=issue)
    elsewhere(lambda: change(user))
    assert live_sessions() == []


@pytest.mark.postgres
@CHANGES
def test_a_login_waits_for_a_change_under_way_and_is_refused(user, change):
    verified = check_credentials(CREDENTIALS)
    reason = while_uncommitted(lambda: change(user), lambda: refusal(lambda: issue(verified)))
    assert reason is Reason.BAD_CREDENTIALS
    assert not Session.objects.exists()


@pytest.mark.postgres
@CHANGES
def test_a_whole_login_during_a_change_under_way_is_refused(user, change):
    reason = while_uncommitted(lambda: change(user), lambda: refusal(lambda: sign_in(CREDENTIALS, issue=issue)))
    assert reason is Reason.BAD_CREDENTIALS
    assert not Session.objects.exists()


@pytest.mark.postgres
@CHANGES
def test_a_login_that_waited_for_a_change_that_is_rolled_back_goes_through(user, change):
    verified = check_credentials(CREDENTIALS)
    pair = while_uncommitted(lambda: change(user), lambda: issue(verified), rolls_back=True)
    assert pair.refresh
    assert len(live_sessions()) == 1


@pytest.mark.postgres
@pytest.mark.parametrize("change", [change_password, deactivate])
def test_a_change_waits_for_a_login_under_way_and_ends_its_session(user, change):
    while_uncommitted(lambda: issue(load(user)), lambda: change(user))
    assert Session.objects.count() == 1
    assert live_sessions() == []


@pytest.mark.postgres
def test_a_change_without_a_signal_waits_for_a_login_under_way_and_is_noticed_at_its_next_mint(user):
    while_uncommitted(lambda: issue(load(user)), lambda: change_password_without_a_signal(user))
    assert Session.objects.count() == 1
    assert live_sessions() == []


@pytest.mark.postgres
def test_a_deletion_that_meets_a_login_under_way_takes_the_session_along_or_changes_nothing(user):
    try:
        while_uncommitted(lambda: issue(load(user)), lambda: delete(user))
    except IntegrityError:
        assert get_user_model().objects.filter(pk=user.pk).exists()
        delete(user)
    assert not get_user_model().objects.exists()
    assert not Session.objects.exists()


@pytest.mark.postgres
def test_two_logins_do_not_wait_for_each_other(user):
    # The very first of all makes a signing key, and a second one waits to see whether it keeps it.
    keys.access_signing_key(now=NOW, lifetime=timedelta(0))
    with pytest.raises(AssertionError, match="did not wait"):
        while_uncommitted(lambda: issue(load(user)), lambda: issue(load(user)))
    assert len(live_sessions()) == 2


@pytest.mark.postgres
def test_a_login_does_not_wait_for_a_refresh_of_the_same_user(user):
    session = opened(user)
    with pytest.raises(AssertionError, match="did not wait"):
        while_uncommitted(lambda: present(session, 0), lambda: issue(load(user)))


@pytest.mark.postgres
def test_a_refresh_does_not_wait_for_a_login_of_the_same_user(user):
    session = opened(user)
    with pytest.raises(AssertionError, match="did not wait"):
        while_uncommitted(lambda: issue(load(user)), lambda: present(session, 0))


@pytest.fixture
def while_hashing(settings, monkeypatch):
    """Let every login upgrade its hash, and somebody else do something while the first one computes the better one."""
    settings.PASSWORD_HASHERS = BETTER_FIRST
    encode = Better.encode
    deeds: list[Callable[[], object]] = []

    def slowly(self, *args):
        if deeds:
            elsewhere(deeds.pop())
        return encode(self, *args)

    monkeypatch.setattr(Better, "encode", slowly)
    return deeds.append


def test_a_login_that_upgrades_the_hash_does_not_bring_a_changed_password_back(user, while_hashing):
    while_hashing(lambda: change_password(user))
    assert refusal(lambda: sign_in(CREDENTIALS, issue=issue)) is Reason.BAD_CREDENTIALS
    assert not Session.objects.exists()
    assert load(user).check_password(NEW)


def test_two_logins_that_upgrade_the_hash_at_once_both_stand(user, while_hashing):
    while_hashing(lambda: sign_in(CREDENTIALS, issue=issue))
    sign_in(CREDENTIALS, issue=issue)
    assert len(live_sessions()) == 2


def test_a_login_whose_hash_another_upgrades_just_before_its_session_is_inserted_stands(user, settings):
    def upgrade():
        settings.PASSWORD_HASHERS = BETTER_FIRST
        elsewhere(lambda: load(user).check_password(PASSWORD))

    with just_before('INSERT INTO "keyturn_session"', upgrade):
        sign_in(CREDENTIALS, issue=issue)
    assert load(user).password.startswith("better$")
    assert len(live_sessions()) == 1

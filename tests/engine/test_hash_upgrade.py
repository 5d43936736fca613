"""P7: Django's transparent upgrade of a password hash is no password change. Sessions stay; they are re-stamped."""

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import identify_hasher
from django.contrib.auth.models import User
from django.db import connection

from keyturn.errors import Reason
from keyturn.sessions.fingerprint import password_fingerprint
from keyturn.sessions.outcome import Refused, Rotated
from tests.engine.acting import opened, placed, present, row
from tests.engine.conftest import PASSWORD, Boom
from tests.engine.hashers import BETTER_FIRST
from tests.engine.overlap import just_before, run_async

NEW = "a password nobody else has"


@pytest.fixture
def better_hashes(settings):
    settings.PASSWORD_HASHERS = BETTER_FIRST


def stored(user):
    return type(user).objects.values_list("password", flat=True).get(pk=user.pk)


def by_authenticate(user):
    assert authenticate(username=user.username, password=PASSWORD) == user


def by_check_password(user):
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize("door", [by_authenticate, by_check_password])
def test_an_upgraded_hash_leaves_all_sessions_alive(user, revoked, better_hashes, request, door):
    session, other = opened(user), opened(user)
    door(user)
    assert identify_hasher(stored(user)).algorithm == "better"
    assert revoked == []
    for one in (session, other):
        assert row(one).password_fingerprint == password_fingerprint(stored(user))
        assert isinstance(present(one, 0), Rotated)


@pytest.mark.django_db(transaction=True)
def test_an_asynchronous_check_upgrades_likewise(user, revoked, better_hashes):
    session = opened(user)
    assert run_async(user.acheck_password(PASSWORD))
    assert identify_hasher(stored(user)).algorithm == "better"
    assert revoked == []
    assert isinstance(present(session, 0), Rotated)


def test_a_wrong_password_upgrades_nothing(user, better_hashes):
    session, before = opened(user), user.password
    assert not user.check_password("wrong")
    assert authenticate(username=user.username, password="wrong") is None
    assert stored(user) == before
    assert isinstance(present(session, 0), Rotated)


def test_only_sessions_of_the_old_hash_are_re_stamped(user, better_hashes, django_user_model):
    of_a_former_password = placed(opened(user), password_fingerprint="0" * 64)
    bob = django_user_model.objects.create_user("bob")
    with_the_same_hash = opened(bob)
    placed(with_the_same_hash, password_fingerprint=password_fingerprint(user.password))
    before = row(with_the_same_hash).password_fingerprint
    assert user.check_password(PASSWORD)
    assert row(of_a_former_password).password_fingerprint == "0" * 64
    assert present(of_a_former_password, 0) == Refused(Reason.PASSWORD_CHANGED)
    assert row(with_the_same_hash).password_fingerprint == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ['UPDATE "auth_user"', 'UPDATE "keyturn_session"'])
def test_hash_and_sessions_change_together_or_not_at_all(user, better_hashes, step):
    session, before = opened(user), user.password

    def fail():
        raise Boom

    with pytest.raises(Boom), just_before(step, fail):
        user.check_password(PASSWORD)
    assert stored(user) == before
    assert row(session).password_fingerprint == password_fingerprint(before)
    assert isinstance(present(session, 0), Rotated)


@pytest.mark.django_db(transaction=True)
def test_an_upgrade_is_one_transaction(user, better_hashes, count_statements):
    opened(user)
    with count_statements(at_most=3) as seen:
        user.check_password(PASSWORD)
    assert [command.split()[0] for command in seen.transaction_commands] == ["BEGIN", "COMMIT"]


def test_two_logins_that_upgrade_at_once_both_stand(user, better_hashes, django_user_model):
    session = opened(user)
    one, two = (django_user_model.objects.get(pk=user.pk) for _ in range(2))
    assert one.check_password(PASSWORD)
    assert two.check_password(PASSWORD)
    assert one.password == two.password == stored(user)
    for who in (one, two):
        assert isinstance(present(opened(who), 0), Rotated)
    assert isinstance(present(session, 0), Rotated)


def test_an_upgrade_never_brings_back_a_password_that_was_changed_meanwhile(user, better_hashes, django_user_model):
    slow = django_user_model.objects.get(pk=user.pk)
    user.set_password(NEW)
    user.save()
    changed = stored(user)
    assert not slow.check_password(PASSWORD)
    assert stored(user) == changed
    assert slow.password == changed


def test_an_upgrade_of_a_user_deleted_meanwhile_fails_the_check(user, better_hashes, django_user_model):
    slow = django_user_model.objects.get(pk=user.pk)
    django_user_model.objects.all().delete()
    assert not slow.check_password(PASSWORD)


def test_a_model_whose_save_adds_a_field_of_its_own_upgrades_all_the_same(
    user, revoked, better_hashes, monkeypatch, django_user_model
):
    plain = User.save

    def touching(self, *args, update_fields=None, **kwargs):
        if update_fields is not None:
            update_fields = {*update_fields, "last_name"}
        plain(self, *args, update_fields=update_fields, **kwargs)

    monkeypatch.setattr(User, "save", touching)
    session = opened(user)
    assert user.check_password(PASSWORD)
    assert identify_hasher(stored(user)).algorithm == "better"
    assert revoked == []
    assert isinstance(present(session, 0), Rotated)


def test_a_model_whose_save_saves_everything_upgrades_all_the_same(user, revoked, better_hashes, monkeypatch):
    plain = User.save
    monkeypatch.setattr(User, "save", lambda self, *_, **__: plain(self))
    session = opened(user)
    assert user.check_password(PASSWORD)
    assert identify_hasher(stored(user)).algorithm == "better"
    assert revoked == []
    assert isinstance(present(session, 0), Rotated)


def test_a_change_after_a_check_is_a_change(user, better_hashes):
    assert user.check_password(PASSWORD)
    session = opened(user)
    user.set_password(NEW)
    user.save(update_fields=["password"])
    assert row(session).revoked_reason == "password_changed"


def test_another_user_saved_during_a_check_is_not_taken_for_an_upgrade(
    user, revoked, better_hashes, monkeypatch, django_user_model
):
    bob = django_user_model.objects.create_user("bob", password=PASSWORD)
    session = opened(bob)
    plain = User.save

    def saving_bob_too(self, *args, **kwargs):
        plain(self, *args, **kwargs)
        if self.pk == user.pk:
            bob.set_password(NEW)
            bob.save(update_fields=["password"])

    monkeypatch.setattr(User, "save", saving_bob_too)
    assert user.check_password(PASSWORD)
    assert row(session).revoked_reason == "password_changed"
    assert stored(bob) == bob.password


def test_an_upgrade_of_an_inactive_users_hash_is_none_of_the_sessions_business(user, better_hashes):
    session = opened(user)
    type(user).objects.update(is_active=False)
    assert authenticate(username=user.username, password=PASSWORD) is None
    assert identify_hasher(stored(user)).algorithm == "better"
    type(user).objects.update(is_active=True)
    assert isinstance(present(session, 0), Rotated)


def test_a_password_without_upgrade_costs_no_statement(user, count_statements):
    with count_statements(exactly=0):
        assert user.check_password(PASSWORD)
    assert not connection.needs_rollback

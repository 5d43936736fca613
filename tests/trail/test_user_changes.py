"""What happens to a user is recorded through whatever door ``save()`` and ``delete()`` see, and only if it happens."""

import io

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import transaction

from tests.contract.caller import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = "another good password"


def by_set_password(user):
    user.set_password(OTHER)
    user.save()


def by_update_fields(user):
    user.set_password(OTHER)
    user.save(update_fields=["password"])


def by_assignment(user):
    user.password = make_password(OTHER)
    user.save()


def by_unusable_password(user):
    user.set_unusable_password()
    user.save()


def by_an_old_copy(user):
    old = type(user).objects.get(pk=user.pk)
    type(user).objects.filter(pk=user.pk).update(password=make_password("in between"))
    old.save()


@pytest.mark.parametrize(
    "change", [by_set_password, by_update_fields, by_assignment, by_unusable_password, by_an_old_copy]
)
def test_a_changed_password_is_recorded(ada, trail, change):
    change(ada)

    assert trail(ada) == [("password_changed", "")]


def test_changepassword_is_recorded(ada, trail, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda **_: OTHER)
    call_command("changepassword", "ada", stdout=io.StringIO())

    assert trail(ada) == [("password_changed", "")]


def test_the_sessions_that_end_with_it_say_so(ada, caller, trail):
    caller.log_in()
    by_set_password(ada)

    assert trail(ada)[1:] == [("password_changed", ""), ("session_revoked", "password_changed")]


def test_a_save_that_changes_neither_password_nor_activity_is_not_recorded(ada, trail):
    ada.first_name = "Augusta"
    ada.save()
    ada.save(update_fields=["first_name"])
    ada.set_password(OTHER)
    ada.save(update_fields=["first_name"])

    assert trail(ada) == []


def test_a_better_hash_of_the_same_password_is_not_recorded(ada, caller, trail, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.ScryptPasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    before = ada.password
    caller.log_in()

    ada.refresh_from_db()
    assert ada.password != before
    assert [event for event, _ in trail(ada)] == ["login"]


def test_deactivation_and_reactivation_are_recorded_once_each(ada, trail):
    ada.is_active = False
    ada.save()
    ada.save()
    ada.is_active = True
    ada.save(update_fields=["is_active"])

    assert trail(ada) == [("account_deactivated", ""), ("account_reactivated", "")]


def test_a_change_that_is_rolled_back_is_not_recorded(ada, trail):
    with transaction.atomic():
        by_set_password(ada)
        transaction.set_rollback(True)

    assert trail(ada) == []


def test_a_new_user_has_no_past(db, django_user_model, trail):
    user = django_user_model.objects.create_user("carol", password=PASSWORD)
    django_user_model(username="dave", is_active=False).save()

    assert trail(user) == trail() == []


@pytest.mark.parametrize(
    "delete",
    [lambda user: user.delete(), lambda user: type(user).objects.all().delete()],
    ids=["the user", "by a query"],
)
def test_a_deleted_account_is_recorded_after_its_sessions(ada, caller, trail, delete):
    caller.log_in()
    before = len(trail())
    delete(ada)

    assert trail()[before:] == [("session_revoked", "user_deleted"), ("account_deleted", "")]


def test_the_administrator_who_did_it_is_named(ada, boss, client):
    from keyturn.trail.models import AuditEvent

    client.force_login(boss)
    answer = client.post(
        f"/admin/auth/user/{ada.pk}/password/",
        {"usable_password": "true", "password1": OTHER + " 9", "password2": OTHER + " 9"},
    )
    assert answer.status_code == 302, answer.content

    event = AuditEvent.objects.get(event="password_changed")
    assert (event.user_id, event.actor_id, event.ip) == (str(ada.pk), str(boss.pk), "127.0.0.1")

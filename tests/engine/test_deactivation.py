"""P7: deactivating or deleting a user ends all sessions; doors without a signal take effect at the next mint."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models.signals import pre_delete

from keyturn.errors import Reason
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Refused, Rotated
from tests.engine.acting import examined, opened, policy, present, row
from tests.engine.conftest import Boom


def save(user):
    user.is_active = False
    user.save()


def save_the_field_alone(user):
    user.is_active = False
    user.save(update_fields=["is_active"])


@pytest.mark.parametrize("door", [save, save_the_field_alone])
def test_deactivating_a_user_ends_all_sessions(user, revoked, door, django_user_model):
    other = opened(django_user_model.objects.create_user("bob"))
    sessions = [opened(user), opened(user)]
    door(user)
    for session in sessions:
        assert row(session).revoked_reason == "user_inactive"
        assert present(session, 0) == Refused(Reason.USER_INACTIVE)
    assert [(set(ids), why) for ids, why in revoked] == [({s.pk for s in sessions}, "user_inactive")]
    assert isinstance(present(other, 0), Rotated)


def test_deactivating_in_the_admin_ends_the_sessions(user, admin_client):
    session = opened(user)
    answer = admin_client.post(
        f"/admin/auth/user/{user.pk}/change/",
        {"username": user.username, "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"},
    )
    assert answer.status_code == 302, answer.content
    assert row(session).revoked_reason == "user_inactive"


def test_a_user_activated_again_has_to_sign_in_again(user):
    session = opened(user)
    save(user)
    user.is_active = True
    user.save(update_fields=["is_active"])
    assert present(session, 0) == Refused(Reason.USER_INACTIVE)
    assert isinstance(present(opened(user), 0), Rotated)


def queryset(user):
    type(user).objects.filter(pk=user.pk).update(is_active=False)


def sql(user):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE auth_user SET is_active = %s WHERE id = %s", [False, user.pk])


@pytest.mark.parametrize("door", [queryset, sql])
def test_a_door_without_a_signal_takes_effect_at_the_next_mint(user, revoked, door):
    session = opened(user)
    door(user)
    assert present(session, 0) == Refused(Reason.USER_INACTIVE)
    assert examined(session, 0) == Refused(Reason.USER_INACTIVE)
    assert row(session).generation == 0
    assert revoked == []


def test_such_a_door_shut_again_lets_the_session_go_on(user):
    session = opened(user)
    queryset(user)
    present(session, 0)
    type(user).objects.update(is_active=True)
    assert isinstance(present(session, 0), Rotated)


def test_where_inactive_users_are_welcome_saving_one_ends_nothing(user, revoked, settings):
    settings.SIMPLE_JWT = {"CHECK_USER_IS_ACTIVE": False}
    session = opened(user)
    save(user)
    assert revoked == []
    assert isinstance(present(session, 0, policy=policy()), Rotated)


@pytest.mark.django_db(transaction=True)
def test_deactivation_and_revocation_happen_together_or_not_at_all(user, failing_receiver):
    session = opened(user)
    failing_receiver()
    with pytest.raises(Boom):
        save(user)
    user.refresh_from_db()
    assert user.is_active
    assert isinstance(present(session, 0), Rotated)


def delete_instance(user):
    user.delete()


def delete_queryset(user):
    type(user).objects.filter(pk=user.pk).delete()


@pytest.mark.parametrize("door", [delete_instance, delete_queryset])
def test_deleting_a_user_ends_and_removes_all_sessions_and_nobody_elses(user, revoked, door, django_user_model):
    other = opened(django_user_model.objects.create_user("bob"))
    sessions = [opened(user), opened(user)]
    keys = {session.pk for session in sessions}
    door(user)
    assert set(Session.objects.values_list("pk", flat=True)) == {other.pk}
    assert [(set(ids), why) for ids, why in revoked] == [(keys, "user_deleted")]
    for session in sessions:
        assert present(session, 0) == Refused(Reason.SESSION_REVOKED)


def test_deleting_users_in_the_admin_ends_their_sessions(user, revoked, admin_client):
    session = opened(user)
    answer = admin_client.post(
        "/admin/auth/user/", {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"}
    )
    assert answer.status_code == 302, answer.content
    assert not Session.objects.exists()
    assert revoked == [((session.pk,), "user_deleted")]


@pytest.mark.parametrize("door", [delete_instance, delete_queryset])
@pytest.mark.django_db(transaction=True)
def test_deletion_and_revocation_happen_together_or_not_at_all(user, failing_receiver, door):
    session = opened(user)
    failing_receiver()
    with pytest.raises(Boom):
        door(get_user_model().objects.get(pk=user.pk))
    assert get_user_model().objects.filter(pk=user.pk).exists()
    assert row(session).revoked_at is None
    assert isinstance(present(session, 0), Rotated)


@pytest.mark.django_db(transaction=True)
def test_a_deletion_that_is_rolled_back_has_ended_nothing(user):
    session = opened(user)
    with transaction.atomic():
        get_user_model().objects.all().delete()
        transaction.set_rollback(True)
    assert isinstance(present(session, 0), Rotated)


def test_other_models_are_deleted_as_fast_as_ever(db):
    assert not pre_delete.has_listeners(Session)


def test_a_deletion_by_sql_takes_effect_at_once(user):
    session = opened(user)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM keyturn_session WHERE user_id = %s", [user.pk])
        cursor.execute("DELETE FROM auth_user WHERE id = %s", [user.pk])
    assert present(session, 0) == Refused(Reason.SESSION_REVOKED)

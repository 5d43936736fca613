"""Opening a session: what the row says, and that it is opened only for the user who was verified."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password

from keyturn.sessions.client import Client
from keyturn.sessions.fingerprint import password_fingerprint
from keyturn.sessions.models import Session
from keyturn.sessions.opening import open_session
from tests.engine.acting import FIREFOX, IDLE, NOW, later, opened, policy, row


def refused(user, **changes):
    """Whether opening a session for the user as loaded is refused, leaving no row."""
    session = open_session(user=user, now=NOW, idle_lifetime=IDLE, policy=policy(**changes), client=FIREFOX)
    return session is None and not Session.objects.exists()


def test_a_new_session_is_at_generation_nought_and_says_who_when_where_and_how(user):
    session = row(opened(user, client=Client(ip="192.0.2.7", user_agent="curl/8", label="kitchen"), amr="pwd otp"))
    assert (session.user_id, session.generation, session.forgiven) == (user.pk, 0, None)
    assert session.created_at == session.auth_time == session.rotated_at == NOW
    assert session.idle_expires_at == NOW + IDLE
    assert session.absolute_expires_at == later(days=90)
    assert (session.revoked_at, session.revoked_reason, session.adopted_until) == (None, "", None)
    assert session.password_fingerprint == password_fingerprint(user.password)
    assert (session.amr, session.ip, session.user_agent, session.client_label) == (
        "pwd otp",
        "192.0.2.7",
        "curl/8",
        "kitchen",
    )
    assert (session.binding_kind, session.binding_hash) == ("", "")


def test_the_session_returned_is_the_row_that_was_written(user):
    session = opened(user)
    stored = row(session)
    assert {field.attname: getattr(session, field.attname) for field in Session._meta.fields} == {
        field.attname: getattr(stored, field.attname) for field in Session._meta.fields
    }


def test_ids_are_uuids_of_version_7_that_sort_by_time_and_cannot_be_guessed(user):
    ids = [opened(user).id for _ in range(50)]
    assert {(sid.version, sid.variant) for sid in ids} == {(7, uuid.RFC_4122)}
    assert len({sid.int & (1 << 62) - 1 for sid in ids}) == 50
    milliseconds = [sid.int >> 80 for sid in ids]
    assert milliseconds == sorted(milliseconds)


def test_two_logins_are_two_sessions(user):
    assert opened(user).id != opened(user).id
    assert Session.objects.filter(user=user).count() == 2


def test_no_session_for_a_user_whose_password_changed_since_it_was_verified(user, django_user_model):
    django_user_model.objects.filter(pk=user.pk).update(password=make_password("another"))
    assert refused(user)


def test_no_session_for_a_password_that_was_saved_anew_with_another_salt(user, django_user_model):
    django_user_model.objects.filter(pk=user.pk).update(password=make_password("correct horse battery staple"))
    assert refused(user)


def test_no_session_for_a_user_deactivated_meanwhile(user, django_user_model):
    django_user_model.objects.filter(pk=user.pk).update(is_active=False)
    assert refused(user)


def test_inactive_users_may_sign_in_where_the_project_says_so(user, django_user_model):
    django_user_model.objects.filter(pk=user.pk).update(is_active=False)
    assert isinstance(opened(user, policy=policy(check_active=False)), Session)


def test_no_session_for_a_user_deleted_meanwhile(user, django_user_model):
    django_user_model.objects.filter(pk=user.pk).delete()
    assert refused(user)


@pytest.mark.parametrize("stored", ["", "!unusable", "md5$ü$ñ", "x" * 128])
def test_any_content_of_the_password_column_ties_a_session_to_itself(user, django_user_model, stored):
    django_user_model.objects.filter(pk=user.pk).update(password=stored)
    user.refresh_from_db()
    assert row(opened(user)).password_fingerprint == password_fingerprint(stored)


def test_a_lifetime_without_idle_time_ends_with_the_absolute_one(user):
    session = opened(user, idle_lifetime=timedelta(days=10_000))
    assert session.idle_expires_at == session.absolute_expires_at

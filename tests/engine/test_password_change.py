"""P7: a password change ends all the user's sessions in its own transaction, through whatever door it comes."""

import io

import pytest
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model

from keyturn.errors import Reason
from keyturn.sessions import user_changes
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Refused, Rotated
from tests.engine.acting import opened, present, row
from tests.engine.conftest import PASSWORD, Boom
from tests.engine.overlap import run_async

NEW = "a password nobody else has"


def save(user):
    user.set_password(NEW)
    user.save()


def save_the_field_alone(user):
    user.set_password(NEW)
    user.save(update_fields=["password"])


def save_the_field_by_position(user):
    user.set_password(NEW)
    user.save_base(False, False, False, None, ["password"])


def save_a_hash_made_elsewhere(user):
    user.password = make_password(NEW)
    user.save(update_fields=["password"])


def save_among_other_fields(user):
    user.password = make_password(NEW)
    user.save(update_fields={"first_name", "password"})


def save_an_unusable_password(user):
    user.set_unusable_password()
    user.save(update_fields=["password"])


def save_asynchronously(user):
    user.set_password(NEW)
    run_async(user.asave(update_fields=["password"]))


def save_base(user):
    user.set_password(NEW)
    user.save_base()


def save_another_instance(user):
    other = type(user).objects.get(pk=user.pk)
    other.set_password(NEW)
    other.save()


def save_an_instance_without_the_other_fields(user):
    partial = type(user).objects.only("pk", "password").get(pk=user.pk)
    partial.set_password(NEW)
    partial.save()


def update_or_create(user):
    type(user).objects.update_or_create(pk=user.pk, defaults={"password": make_password(NEW)})


def own_form(user):
    form = PasswordChangeForm(user, {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert form.is_valid(), form.errors
    form.save()


def reset_form(user):
    form = SetPasswordForm(user, {"new_password1": NEW, "new_password2": NEW})
    assert form.is_valid(), form.errors
    form.save()


def command(user):
    with pytest.MonkeyPatch.context() as typing:
        typing.setattr("getpass.getpass", lambda *_, **__: NEW)
        call_command("changepassword", user.username, stdout=io.StringIO())


@pytest.mark.parametrize(
    "door",
    [
        save,
        save_the_field_alone,
        save_a_hash_made_elsewhere,
        save_among_other_fields,
        save_an_unusable_password,
        save_base,
        save_another_instance,
        save_an_instance_without_the_other_fields,
        update_or_create,
        own_form,
        reset_form,
        command,
    ],
)
def test_a_password_change_ends_all_sessions_of_the_user_and_of_nobody_else(user, revoked, door, django_user_model):
    other = opened(django_user_model.objects.create_user("bob", password=PASSWORD))
    sessions = [opened(user), opened(user)]
    door(user)
    for session in sessions:
        assert row(session).revoked_reason == "password_changed"
        assert present(session, 0) == Refused(Reason.PASSWORD_CHANGED)
    assert [(set(ids), why) for ids, why in revoked] == [({s.pk for s in sessions}, "password_changed")]
    assert isinstance(present(other, 0), Rotated)


@pytest.mark.django_db(transaction=True)
def test_an_asynchronous_save_of_the_password_ends_the_sessions(user):
    session = opened(user)
    save_asynchronously(user)
    assert row(session).revoked_reason == "password_changed"


def test_arguments_by_position_are_understood(user):
    session = opened(user)
    save_the_field_by_position(user)
    assert row(session).revoked_reason == "password_changed"


@pytest.mark.django_db
def test_a_password_change_in_the_admin_ends_the_sessions(user, admin_client):
    session = opened(user)
    answer = admin_client.post(
        f"/admin/auth/user/{user.pk}/password/", {"usable_password": "true", "password1": NEW, "password2": NEW}
    )
    assert answer.status_code == 302, answer.content
    assert row(session).revoked_reason == "password_changed"


def test_the_same_password_saved_with_another_salt_counts_as_a_change(user):
    session = opened(user)
    user.set_password(PASSWORD)
    user.save()
    assert row(session).revoked_reason == "password_changed"


def save_everything(user):
    user.first_name = "Ada"
    user.save()


def save_other_fields(user):
    user.first_name = "Ada"
    user.set_password(NEW)
    user.save(update_fields=["first_name"])


def save_nothing(user):
    user.set_password(NEW)
    user.save(update_fields=[])


def save_an_instance_without_the_password(user):
    partial = type(user).objects.defer("password").get(pk=user.pk)
    partial.first_name = "Ada"
    partial.save()


def set_and_not_saved(user):
    user.set_password(NEW)


@pytest.mark.parametrize(
    "door",
    [save_everything, save_other_fields, save_nothing, save_an_instance_without_the_password, set_and_not_saved],
)
def test_what_does_not_change_the_stored_password_ends_no_session(user, revoked, door):
    session = opened(user)
    door(user)
    assert revoked == []
    assert isinstance(present(session, 0), Rotated)


def test_a_user_saved_without_deciding_fields_costs_no_statement_more(user, count_statements):
    opened(user)
    with count_statements(exactly=1):
        user.save(update_fields=["last_login", "first_name"])


def test_a_model_whose_save_base_hides_its_arguments_is_understood(user, revoked, monkeypatch):
    def hiding(self, *args, **kwargs):
        Model.save_base(self, *args, **kwargs)

    monkeypatch.setattr(type(user), "save_base", user_changes._follow(hiding))
    session = opened(user)
    save_other_fields(user)
    assert revoked == []
    user.save(update_fields=["password"])
    assert row(session).revoked_reason == "password_changed"


def queryset(user):
    type(user).objects.filter(pk=user.pk).update(password=make_password(NEW))


def bulk_update(user):
    user.password = make_password(NEW)
    type(user).objects.bulk_update([user], ["password"])


def sql(user):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE auth_user SET password = %s WHERE id = %s", [make_password(NEW), user.pk])


@pytest.mark.parametrize("door", [queryset, bulk_update, sql])
def test_a_door_without_a_signal_takes_effect_at_the_next_mint(user, revoked, door):
    session = opened(user)
    present(session, 0)
    door(user)
    for generation in (1, 0, 2):
        assert present(session, generation) == Refused(Reason.PASSWORD_CHANGED)
    assert row(session).generation == 1
    assert row(session).revoked_at is None
    assert revoked == []


def test_the_next_save_after_such_a_door_ends_the_sessions(user):
    session = opened(user)
    queryset(user)
    user.refresh_from_db()
    user.save()
    assert row(session).revoked_reason == "password_changed"


def test_a_login_after_the_change_opens_a_session_of_its_own(user):
    before = opened(user)
    save(user)
    after = opened(user)
    assert after.pk != before.pk
    assert isinstance(present(after, 0), Rotated)


@pytest.mark.django_db(transaction=True)
def test_a_password_and_its_sessions_change_together_or_not_at_all(user, failing_receiver):
    session, before = opened(user), user.password
    failing_receiver()
    with pytest.raises(Boom):
        save(user)
    user.refresh_from_db()
    assert user.password == before
    assert row(session).revoked_at is None
    assert isinstance(present(session, 0), Rotated)


@pytest.mark.django_db(transaction=True)
def test_a_change_whose_transaction_is_rolled_back_has_ended_nothing(user):
    session = opened(user)
    with transaction.atomic():
        save(user)
        assert row(session).revoked_reason == "password_changed"
        transaction.set_rollback(True)
    assert isinstance(present(session, 0), Rotated)


@pytest.mark.django_db(transaction=True)
def test_a_password_change_is_one_transaction_with_its_revocations(user, revoked, count_statements, db_vendor):
    opened(user)
    # The stored password, the new one, its event, the account, the trusted devices, the sessions; SQLite writes feed
    # and trail by statements of their own.
    with count_statements(exactly=6 if db_vendor == "postgres" else 8) as seen:
        save(user)
    assert len(revoked) == 1
    commands = [command.split()[0] for command in seen.transaction_commands]
    assert (commands[0], commands[-1]) == ("BEGIN", "COMMIT")
    assert not {"BEGIN", "COMMIT", "ROLLBACK"}.intersection(commands[1:-1])


def test_creating_a_user_asks_nothing_of_the_sessions(db, django_user_model, count_statements):
    with count_statements(exactly=1):
        django_user_model.objects.create_user("carol", password=PASSWORD)


def test_loading_fixtures_ends_no_session(user, revoked, tmp_path):
    session = opened(user)
    dump = tmp_path / "users.json"
    call_command("dumpdata", "auth.user", output=str(dump), verbosity=0)
    dump.write_text(dump.read_text().replace(user.password, make_password(NEW)))
    call_command("loaddata", str(dump), verbosity=0)
    assert revoked == []
    assert Session.objects.filter(revoked_at=None).count() == 1
    assert present(session, 0) == Refused(Reason.PASSWORD_CHANGED)

"""What is written stays as it is: the database says so, and the model says so first."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent
from keyturn.trail.recording import record

pytestmark = pytest.mark.django_db(transaction=True)

CHANGES = ("UPDATE keyturn_audit_event SET user_id = '6'", "UPDATE keyturn_audit_event SET at = at WHERE id > 0")
REMOVALS = ("DELETE FROM keyturn_audit_event", "TRUNCATE keyturn_audit_event")


@pytest.fixture(autouse=True)
def event():
    record(Event.LOGIN, user_id=5)
    return AuditEvent.objects.get()


def execute(*statements):
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.postgres
@pytest.mark.parametrize("statement", [*CHANGES, *REMOVALS])
def test_postgresql_refuses_to_change_or_remove_events(statement):
    # Django's test runner may empty the table (keyturn.trail.emptying); nobody else may.
    with pytest.raises(DatabaseError, match="the trail is append-only"):
        execute("SET LOCAL keyturn.trail_truncate = 'off'", statement)

    assert AuditEvent.objects.get().user_id == "5"


@pytest.mark.postgres
def test_under_the_setting_of_retention_postgresql_deletes_and_nothing_else():
    door = ("SET LOCAL keyturn.trail_truncate = 'off'", "SET LOCAL keyturn.trail_retention = 'on'")
    for statement in (*CHANGES, "TRUNCATE keyturn_audit_event"):
        with pytest.raises(DatabaseError, match="the trail is append-only"):
            execute(*door, statement)

    execute(*door, "DELETE FROM keyturn_audit_event")

    assert not AuditEvent.objects.exists()


@pytest.mark.postgres
def test_the_setting_ends_with_its_transaction():
    execute("SET LOCAL keyturn.trail_retention = 'on'")

    with pytest.raises(DatabaseError, match="the trail is append-only"):
        execute("DELETE FROM keyturn_audit_event")


@pytest.mark.postgres
def test_postgresql_takes_rows_with_keys_of_their_own_as_a_restored_dump_has_them():
    execute(
        "INSERT INTO keyturn_audit_event (id, at, event, user_id, actor_id, reason, user_agent, details)"
        " VALUES (1000000, now(), 'login', '8', '', '', '', '{}')"
    )
    assert AuditEvent.objects.filter(user_id="8").count() == 1


@pytest.mark.sqlite
@pytest.mark.parametrize("statement", CHANGES)
def test_sqlite_refuses_to_change_events(statement):
    with pytest.raises(DatabaseError, match="the trail is append-only"):
        execute(statement)

    assert AuditEvent.objects.get().user_id == "5"


def test_the_model_refuses_what_would_change_or_remove_events(event):
    for attempt in (
        event.save,
        event.delete,
        lambda: event.save(update_fields=["user_id"]),
        lambda: event.save(force_insert=False, force_update=True),
        lambda: AuditEvent.objects.update(user_id="6"),
        lambda: AuditEvent.objects.filter(pk=event.pk).delete(),
        lambda: AuditEvent.objects.bulk_update([event], ["user_id"]),
    ):
        with pytest.raises(TypeError, match="The trail is written once"):
            attempt()

    assert AuditEvent.objects.get().user_id == "5"


def test_a_user_can_be_deleted_and_the_events_stay(django_user_model):
    user = django_user_model.objects.create_user("ada")
    record(Event.LOGIN, user_id=user.pk)
    key = str(user.pk)

    user.delete()

    assert AuditEvent.objects.filter(user_id=key, event="login").count() == 1


def test_djangos_test_runner_may_empty_it():
    call_command("flush", interactive=False, verbosity=0)

    assert not AuditEvent.objects.exists()

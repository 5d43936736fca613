"""What Django's admin logs of itself stands in the trail too, where nobody can edit it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from keyturn import clients
from keyturn.clock import utc_now
from keyturn.trail.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)

WORD = "Tresorschlüssel"
"""What an administrator types into a form."""


@pytest.fixture
def page(client, boss):
    """The administrator's browser."""
    client.force_login(boss)
    return client


def acts():
    return list(AuditEvent.objects.filter(event="admin_action").order_by("id"))


def test_a_change_names_who_did_what_to_whom_and_which_fields_but_not_what_was_typed(page, ada, boss):
    form = page.get(f"/admin/auth/user/{ada.pk}/change/").context["adminform"].form
    fields = {name: value for name, value in form.initial.items() if isinstance(value, str)}
    answer = page.post(
        f"/admin/auth/user/{ada.pk}/change/",
        {**fields, "is_active": "on", "first_name": WORD, "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"},
    )
    assert answer.status_code == 302, answer.context["adminform"].form.errors

    (event,) = acts()
    assert (event.user_id, event.actor_id, event.reason) == (str(ada.pk), str(boss.pk), "change")
    assert event.details["model"] == "auth.user"
    assert "First name" in event.details["fields"]
    assert WORD not in str(event.details)


def test_what_is_no_account_is_nobodys_event(page, boss):
    page.post("/admin/auth/group/add/", {"name": WORD})

    (event,) = acts()
    assert (event.user_id, event.actor_id, event.reason) == ("", str(boss.pk), "addition")
    assert (event.details["model"], event.details["fields"]) == ("auth.group", [])
    assert WORD not in str(event.details)


def test_several_deletions_at_once_are_an_event_each(page, ada, eve, boss):
    chosen = {"action": "delete_selected", "_selected_action": [ada.pk, eve.pk], "post": "yes"}
    assert page.post("/admin/auth/user/", chosen).status_code == 302

    assert {(event.user_id, event.reason) for event in acts()} == {(str(ada.pk), "deletion"), (str(eve.pk), "deletion")}
    assert {event.actor_id for event in acts()} == {str(boss.pk)}
    assert AuditEvent.objects.filter(event="account_deleted", actor_id=str(boss.pk)).count() == 2


def test_an_administrators_own_account_has_no_other_actor(page, boss):
    entry = LogEntry(
        user=boss,
        content_type=ContentType.objects.get_for_model(type(boss)),
        object_id=str(boss.pk),
        object_repr="boss",
        action_flag=2,
        change_message="not JSON",
    )
    entry.save()

    (event,) = acts()
    assert (event.user_id, event.actor_id, event.details["fields"]) == (str(boss.pk), "", [])


@pytest.mark.parametrize("message", ["[", "[1]", '[{"changed": 5}]', '[{"changed": {"fields": "x"}}]', "{}", ""])
def test_any_message_of_an_entry_is_borne(boss, message):
    LogEntry(user=boss, object_id=None, object_repr="", action_flag=9, change_message=message).save()

    (event,) = acts()
    assert (event.reason, event.details) == ("", {"model": "", "object_id": "", "fields": []})


def test_what_is_done_to_the_credentials_of_a_service_is_recorded_without_its_secret(page, boss):
    made = clients.create(name="billing", scopes=["introspect"], now=utc_now())
    again = clients.rotate_secret(made.client_id)
    page.post("/admin/keyturn/serviceclient/", {"action": "disable", "_selected_action": [made.client_id]})
    clients.disable(made.client_id, now=utc_now())
    clients.delete(made.client_id)
    clients.delete(made.client_id)

    reasons = ["client_created", "client_secret_rotated", "client_disabled", "client_deleted"]
    assert [event.reason for event in acts()] == reasons
    assert [event.actor_id for event in acts()] == ["", "", str(boss.pk), ""]
    assert {event.details["client_id"] for event in acts()} == {made.client_id}
    assert again is not None
    for secret in (made.secret, again.secret):
        assert secret not in str([event.__dict__ for event in acts()])

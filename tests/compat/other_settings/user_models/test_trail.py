"""Whatever the user model: the trail names users by their primary key, and shows each their own."""

import pytest

from keyturn.clock import utc_now
from keyturn.sessions.revocation import revoke_user_sessions
from keyturn.trail.models import AuditEvent
from tests.compat.other_settings.user_models.test_user_models import log_in, new_user
from tests.contract.caller import claims


@pytest.fixture
def ada(db):
    """A user of the project's own model."""
    return new_user("ada@example.com")


def test_logins_ends_of_sessions_and_changes_name_the_user_alike(ada, caller):
    tokens = log_in(caller)
    revoke_user_sessions(ada.pk, reason="logout_all", now=utc_now())
    ada.set_password("another good password")
    ada.save()
    key = str(ada.pk)
    ada.delete()

    events = AuditEvent.objects.order_by("id")
    assert [event.event for event in events] == ["login", "session_revoked", "password_changed", "account_deleted"]
    assert {event.user_id for event in events} == {key}
    assert {str(event.session_id) for event in events if event.session_id} == {claims(tokens.access)["sid"]}


def test_each_user_sees_their_own_activity(ada, caller):
    new_user("eve@example.com")
    access = log_in(caller).access

    answer = caller.call("GET", "/me/activity/", access=access)

    assert answer.status_code == 200, answer.content
    assert [one["session"] for one in answer.json()["results"]] == [claims(access)["sid"]]

"""Whatever ends a session writes down why, by whom and from where, in its own transaction."""

import pytest
from django.db import transaction

from keyturn.clock import utc_now
from keyturn.sessions.models import Session
from keyturn.sessions.revocation import revoke_sessions, revoke_user_sessions
from keyturn.trail.models import AuditEvent
from keyturn.trail.recording import event_recorded
from tests.contract.caller import CHROME, Caller, claims, session_of, turn_back

pytestmark = pytest.mark.django_db(transaction=True)


def endings():
    return list(AuditEvent.objects.filter(event__in=["session_revoked", "refresh_reused"]).order_by("id"))


def test_a_logout_says_which_session_ended_and_from_where(ada, caller):
    tokens = caller.log_in()
    Caller(user_agent=CHROME, ip="198.51.100.4").log_out(tokens.refresh, tokens.access)

    (event,) = endings()
    assert (event.event, event.reason) == ("session_revoked", "logout")
    assert (event.user_id, event.actor_id) == (str(ada.pk), "")
    assert str(event.session_id) == claims(tokens.access)["sid"]
    assert (event.ip, event.user_agent) == ("198.51.100.4", CHROME)
    # Whose session it was, and not who ended it.
    assert event.details == {"client": session_of(tokens.access).user_agent}
    assert event.at == session_of(tokens.access).revoked_at


def test_a_session_that_has_ended_is_not_recorded_again(ada, caller):
    tokens = caller.log_in()
    for _ in range(2):
        caller.log_out(tokens.refresh, tokens.access)

    assert len(endings()) == 1


def test_every_session_that_ends_with_others_has_its_own_event(ada, eve, caller):
    tokens = [caller.log_in() for _ in range(3)]
    caller.log_in("eve")
    caller.call("POST", "/logout/all/", access=tokens[0].access)

    assert {str(event.session_id) for event in endings()} == {claims(one.access)["sid"] for one in tokens}
    assert {event.reason for event in endings()} == {"logout_all"}


def test_a_token_used_twice_is_an_event_of_its_own_with_the_generations(ada, caller):
    first = caller.log_in().refresh
    second = caller.refresh(first).refresh
    third = caller.refresh(second).refresh
    caller.refresh(third)
    turn_back(first, minutes=5)
    assert caller.try_refresh(first).status_code == 401

    (event,) = endings()
    assert (event.event, event.reason, event.user_id) == ("refresh_reused", "refresh_reused", str(ada.pk))
    assert (event.details["generation"], event.details["presented"]) == (3, 0)
    assert first not in str(event.__dict__)


def test_what_ends_with_a_rolled_back_transaction_is_not_recorded(ada, caller):
    caller.log_in()
    with transaction.atomic():
        revoke_user_sessions(ada.pk, reason="logout_all", now=utc_now())
        assert len(endings()) == 1
        transaction.set_rollback(True)

    assert endings() == []


def test_deleting_rows_is_recorded_too(ada, caller):
    caller.log_in()
    Session.objects.all().delete()

    assert [event.reason for event in endings()] == ["deleted"]


def test_an_administrator_who_ends_a_session_is_named(ada, boss, caller, client):
    tokens = caller.log_in()
    client.force_login(boss)
    client.post(
        "/admin/keyturn/session/",
        {"action": "revoke", "_selected_action": [claims(tokens.access)["sid"]]},
        REMOTE_ADDR="203.0.113.5",
    )

    (event,) = endings()
    assert (event.reason, event.user_id, event.actor_id) == ("revoked_by_admin", str(ada.pk), str(boss.pk))
    assert event.ip == "203.0.113.5"


def test_the_signal_names_the_rows_that_the_database_wrote_itself(ada, caller):
    heard = []

    def receive(*, event, **_):
        heard.append(event)

    session = session_of(caller.log_in().access)
    event_recorded.connect(receive)
    try:
        revoke_sessions((session.pk,), reason="logout", now=utc_now(), details={"number": 1})
    finally:
        event_recorded.disconnect(receive)

    (event,), (row,) = heard, endings()
    names = [field.attname for field in AuditEvent._meta.concrete_fields]
    assert [getattr(event, name) for name in names] == [getattr(row, name) for name in names]


@pytest.mark.parametrize("user_agent", ["", 'x"y\\z\'; DROP TABLE x --{"a": 1}', "schön 日本語"])
def test_any_user_agent_can_be_kept(ada, user_agent):
    tokens = Caller(user_agent=user_agent).log_in()
    revoke_user_sessions(ada.pk, reason="logout_all", now=utc_now())

    (event,) = endings()
    assert event.details.get("client", "") == session_of(tokens.access).user_agent

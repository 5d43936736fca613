"""An event is written in the transaction of what happened, and told once that is committed."""

import logging
import uuid

import pytest
from django.db import transaction

from keyturn.trail.calling import Caller, calling
from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent
from keyturn.trail.recording import event_recorded, made, record, write

pytestmark = pytest.mark.django_db(transaction=True)

ADMIN = Caller(ip="192.0.2.9", user_agent="Netscape", actor_id="77")


@pytest.fixture
def heard():
    """The events that the signal told of."""
    events = []

    def receive(*, event, **_):
        events.append(event)

    event_recorded.connect(receive)
    yield events
    event_recorded.disconnect(receive)


def test_an_event_holds_who_where_what_and_why():
    session = uuid.uuid4()
    with calling(ADMIN):
        record(Event.UNLOCKED, user_id=5, session_id=session, reason="asked", details={"times": 3})

    event = AuditEvent.objects.get()
    assert (event.event, event.user_id, event.actor_id, event.session_id) == ("unlocked", "5", "77", session)
    assert (event.reason, event.ip, event.user_agent, event.details) == ("asked", "192.0.2.9", "Netscape", {"times": 3})


def test_nobody_is_the_actor_on_ones_own_account():
    with calling(ADMIN):
        record(Event.PASSWORD_CHANGED, user_id=77)

    assert AuditEvent.objects.get().actor_id == ""


def test_outside_of_requests_the_caller_is_unknown():
    record(Event.LOGIN, user_id=None)

    event = AuditEvent.objects.get()
    assert (event.user_id, event.actor_id, event.ip, event.user_agent) == ("", "", None, "")


def test_what_is_rolled_back_did_not_happen(heard):
    with transaction.atomic():
        record(Event.LOGIN, user_id=1)
        transaction.set_rollback(True)

    assert not AuditEvent.objects.exists()
    assert heard == []


def test_the_signal_comes_after_the_commit_and_not_before(heard):
    with transaction.atomic():
        record(Event.LOGIN, user_id=1)
        record(Event.LOGIN, user_id=2)
        assert heard == []

    assert [event.user_id for event in heard] == ["1", "2"]
    assert [event.pk for event in heard] == list(AuditEvent.objects.order_by("id").values_list("pk", flat=True))


def test_a_receiver_that_fails_hurts_neither_the_event_nor_other_receivers(heard, caplog):
    def fail(**_):
        raise RuntimeError("out of order")

    event_recorded.connect(fail)
    try:
        with caplog.at_level(logging.ERROR, "keyturn.trail"):
            record(Event.LOGIN, user_id=1)
    finally:
        event_recorded.disconnect(fail)

    assert len(heard) == AuditEvent.objects.count() == 1
    assert "a receiver of event_recorded failed" in caplog.text


def test_an_event_is_one_statement_and_no_transaction(count_statements):
    with count_statements(exactly=1) as seen:
        record(Event.LOGIN, user_id=1)
    assert seen.transaction_commands == []


def test_many_events_are_one_statement(count_statements):
    with count_statements(exactly=1):
        write([made(Event.SESSION_REVOKED, user_id=number) for number in range(40)])
    assert AuditEvent.objects.count() == 40


def test_an_account_whose_key_is_a_long_text_has_events_too():
    # A user model may well have an e-mail address for its primary key.
    key = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.example"
    with calling(Caller(actor_id=key.upper())):
        record(Event.LOGIN, user_id=key)

    event = AuditEvent.objects.get()
    assert (event.user_id, event.actor_id) == (key, key.upper())

"""``prune_trail``: the one thing that removes events, and only those that are old."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from keyturn.clock import stored, utc_now
from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent, Tally
from keyturn.trail.recording import record

pytestmark = pytest.mark.django_db(transaction=True)


def prune(*arguments, verbosity=1):
    out = io.StringIO()
    call_command("prune_trail", *arguments, stdout=out, verbosity=verbosity)
    return out.getvalue()


@pytest.fixture
def past(db):
    """An event a day for some time, the newest a minute ago."""
    now = utc_now()
    for days in (0, 1, 29, 31, 364, 366, 800):
        record(Event.LOGIN, user_id=days, at=now - timedelta(days=days, minutes=1))
        Tally.objects.create(hour=stored(now - timedelta(days=days, hours=1)), name="login", count=1)


def left():
    return sorted(int(key) for key in AuditEvent.objects.values_list("user_id", flat=True))


def test_what_is_older_than_a_year_goes_by_default(past):
    assert prune() == "Removed 2 events and 2 hourly counts.\n"
    assert left() == [0, 1, 29, 31, 364]
    assert Tally.objects.count() == 5


def test_the_setting_says_how_long_events_stay(past, settings):
    settings.KEYTURN = {"TRAIL_RETENTION": timedelta(days=30)}
    prune()
    assert left() == [0, 1, 29]


def test_without_retention_everything_stays(past, settings):
    settings.KEYTURN = {"TRAIL_RETENTION": None}
    assert "everything stays" in prune()
    assert len(left()) == Tally.objects.count() == 7


def test_the_option_goes_before_the_setting(past, settings):
    settings.KEYTURN = {"TRAIL_RETENTION": None}
    prune("--older-than", "0.5")
    assert left() == [0]


def test_it_goes_in_batches_and_tells_of_each(past):
    said = prune("--older-than", "0", "--batch-size", "3", verbosity=2)

    assert said.splitlines() == [
        "3 events removed",
        "6 events removed",
        "7 events removed",
        "Removed 7 events and 7 hourly counts.",
    ]
    assert left() == []


@pytest.mark.parametrize(
    "arguments", [("--older-than", "-1"), ("--older-than", "nan"), ("--older-than", "40000"), ("--batch-size", "0")]
)
def test_nonsense_is_refused_and_removes_nothing(past, arguments):
    with pytest.raises(CommandError):
        prune(*arguments)
    assert len(left()) == 7


@pytest.mark.postgres
def test_the_door_is_shut_again_afterwards(past):
    prune()
    with pytest.raises(DatabaseError, match="the trail is append-only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM keyturn_audit_event")
    assert len(left()) == 5


def test_with_nothing_old_it_says_so(db):
    assert prune() == "Removed 0 events and 0 hourly counts.\n"

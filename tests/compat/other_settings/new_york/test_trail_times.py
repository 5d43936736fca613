"""With ``USE_TZ = False`` and a local time zone: events, retention and counts stand at the right instants."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import transaction

from keyturn.clock import aware, stored, utc_now
from keyturn.sessions.revocation import revoke_user_sessions
from keyturn.trail import tally
from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent, Tally
from keyturn.trail.reading import series
from keyturn.trail.recording import record
from keyturn.trail.tally import Tallied
from tests.contract.caller import PASSWORD

pytestmark = pytest.mark.django_db

SOON = timedelta(seconds=30)


def test_an_event_stands_at_its_instant_and_is_told_in_utc(django_user_model, caller):
    user = django_user_model.objects.create_user("ada", password=PASSWORD)
    access = caller.log_in().access
    revoke_user_sessions(user.pk, reason="logout_others", now=utc_now(), keep=None)
    access = caller.log_in().access

    for event in AuditEvent.objects.all():
        assert abs(aware(event.at) - utc_now()) < SOON
    for one in caller.call("GET", "/me/activity/", access=access).json()["results"]:
        assert one["at"].endswith("Z")
        assert abs(datetime.fromisoformat(one["at"]) - utc_now()) < SOON


def test_retention_counts_from_the_instant(db):
    now = utc_now()
    for hours in (23, 25):
        record(Event.LOGIN, user_id=hours, at=now - timedelta(hours=hours))
    with transaction.atomic():
        call_command("prune_trail", "--older-than", "1", stdout=io.StringIO())

    assert [event.user_id for event in AuditEvent.objects.all()] == ["23"]


def test_a_count_stands_in_its_hour(db, monkeypatch):
    tally.flush(alias="default")
    Tally.objects.all().delete()
    now = datetime(2026, 5, 17, 10, 25, tzinfo=UTC)
    monkeypatch.setattr("keyturn.trail.tally.time.time", now.timestamp)
    tally.count(Tallied.LOGIN)
    tally.flush(alias="default")

    found = series(now=now, span=timedelta(hours=3), step=timedelta(hours=1))
    assert found.total(Tallied.LOGIN) == 1
    assert found.starts[-1] == now.replace(minute=0)
    assert Tally.objects.get().hour == stored(now.replace(minute=0))

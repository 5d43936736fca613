"""USE_TZ on or off, in whatever zone: the same instants are stored, compared and written into tokens."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, connections
from django.utils import timezone

from keyturn.clock import aware, stored
from keyturn.errors import Reason
from keyturn.sessions.listing import live_sessions
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Converged, Forgiven, Refused, Reused, Rotated
from keyturn.sessions.pruning import prune
from keyturn.sessions.revocation import revoke_sessions
from tests.engine.acting import IDLE, NOW, examined, later, opened, policy, present, row
from tests.engine.tokens import claims_of, login, refreshed

TICK = timedelta(microseconds=1)
ZONES = ["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"]


@pytest.fixture(params=[(use_tz, zone) for use_tz in (True, False) for zone in ZONES], ids=lambda p: f"{p[0]} {p[1]}")
def zone(request, settings, db):
    """The project's USE_TZ and TIME_ZONE."""
    settings.USE_TZ, settings.TIME_ZONE = request.param


def ended_at(session):
    moment = row(session).revoked_at
    assert moment is not None
    return aware(moment)


def test_the_row_holds_the_instants_it_was_given(zone, user, settings):
    session = row(opened(user))
    assert timezone.is_aware(session.rotated_at) is settings.USE_TZ
    assert aware(session.created_at) == aware(session.rotated_at) == aware(session.auth_time) == NOW
    assert aware(session.idle_expires_at) == NOW + IDLE
    assert aware(session.absolute_expires_at) == later(days=90)


def test_instants_given_in_another_zone_are_the_same_instants(zone, user):
    session = row(opened(user, now=NOW.astimezone(ZoneInfo("Australia/Lord_Howe"))))
    assert aware(session.rotated_at) == NOW
    present(session, 0, now=later(60).astimezone(ZoneInfo("Asia/Tokyo")))
    assert aware(row(session).rotated_at) == later(60)


def test_the_rule_counts_the_seconds_since_the_last_rotation(zone, user):
    session = opened(user)
    assert isinstance(present(session, 0, now=later(100)), Rotated)
    assert isinstance(present(session, 0, now=later(110)), Converged)
    assert isinstance(present(session, 0, now=later(110) + TICK), Forgiven)
    assert isinstance(present(session, 1, now=later(200)), Rotated)
    assert isinstance(present(session, 0, now=later(210)), Converged)
    assert isinstance(present(session, 0, now=later(210) + TICK), Reused)
    assert ended_at(session) == later(210) + TICK


@pytest.mark.parametrize("microsecond", [0, 1, 999_999])
def test_expiries_fall_on_the_very_microsecond(zone, user, microsecond):
    start = NOW.replace(microsecond=microsecond)
    session = opened(user, now=start, policy=policy(absolute_lifetime=timedelta(days=3)))
    assert examined(session, 0, now=start + IDLE) == Refused(Reason.SESSION_EXPIRED)
    assert present(session, 0, now=start + IDLE) == Refused(Reason.SESSION_EXPIRED)
    assert isinstance(present(session, 0, now=start + IDLE - TICK), Rotated)
    assert present(session, 1, now=start + timedelta(days=3)) == Refused(Reason.SESSION_EXPIRED)
    assert isinstance(present(session, 1, now=start + timedelta(days=3) - TICK), Rotated)


def test_tokens_carry_the_same_seconds_whoever_mints_them(zone, user):
    first = login(user).refresh
    assert datetime.fromtimestamp(claims_of(first)["exp"], UTC) == NOW + IDLE
    second = refreshed(first, now=later(60))
    assert claims_of(second)["iat"] == later(60).timestamp()
    assert claims_of(second)["exp"] == (later(60) + IDLE).timestamp()
    assert refreshed(first, now=later(61)) == second
    assert refreshed(first, now=later(3600)) == second


def test_listing_and_pruning_mean_the_same_instants(zone, user):
    session = opened(user)
    assert live_sessions(user.pk, now=NOW + IDLE - TICK) == [session]
    assert live_sessions(user.pk, now=NOW + IDLE) == []
    week = timedelta(days=7)
    assert [p.removed for p in prune(now=NOW + IDLE + week, retention=week)] == [0]
    assert [p.removed for p in prune(now=NOW + IDLE + week + TICK, retention=week)] == [1]


def test_an_ending_is_noted_at_its_instant(zone, user):
    session = opened(user)
    revoke_sessions((session.pk,), reason="logout", now=later(5))
    assert ended_at(session) == later(5)


def test_what_is_stored_and_read_again_is_the_same_instant(zone):
    for moment in (
        NOW,
        NOW - timedelta(days=180),
        datetime(2000, 2, 29, tzinfo=UTC),
        datetime(2099, 12, 31, tzinfo=UTC),
    ):
        assert aware(stored(moment)) == moment


def test_summer_ends_and_begins_and_the_instants_stay_in_order(settings, user):
    """Where the project keeps UTC, as Django does by default, no hour comes twice."""
    settings.TIME_ZONE = "America/New_York"
    for start in (datetime(2031, 11, 2, 5, 30, tzinfo=UTC), datetime(2031, 3, 9, 6, 30, tzinfo=UTC)):
        session = opened(user, now=start - timedelta(hours=1))
        for quarter in range(8):
            at = start + timedelta(minutes=15 * quarter)
            assert isinstance(present(session, quarter, now=at), Rotated)
            assert aware(row(session).rotated_at) == at
            assert isinstance(present(session, quarter, now=at + timedelta(seconds=10)), Converged)


@pytest.mark.postgres
def test_on_postgresql_no_hour_comes_twice_without_time_zones_either(settings, user):
    settings.USE_TZ, settings.TIME_ZONE = False, "America/New_York"
    start = datetime(2031, 11, 2, 5, 30, tzinfo=UTC)
    session = opened(user, now=start - timedelta(hours=1))
    for quarter in range(8):
        at = start + timedelta(minutes=15 * quarter)
        assert isinstance(present(session, quarter, now=at), Rotated)
        assert aware(row(session).rotated_at).astimezone(UTC) == at
        assert isinstance(present(session, quarter, now=at + timedelta(seconds=10)), Converged)
        assert isinstance(present(session, quarter, now=at + timedelta(seconds=10) + TICK), Forgiven | Reused)
        Session.objects.update(forgiven=None, revoked_at=None)


@pytest.mark.sqlite
def test_a_connection_may_keep_a_zone_of_its_own(monkeypatch, user):
    monkeypatch.setitem(connection.settings_dict, "TIME_ZONE", "Asia/Tokyo")
    for name in ("timezone", "timezone_name"):
        connections["default"].__dict__.pop(name, None)
    try:
        session = opened(user)
        assert isinstance(present(session, 0, now=NOW + IDLE - TICK), Rotated)
        with connection.cursor() as cursor:
            cursor.execute("SELECT created_at FROM keyturn_session")
            assert cursor.fetchone() == (NOW.astimezone(ZoneInfo("Asia/Tokyo")).replace(tzinfo=None),)
        assert aware(Session.objects.get().rotated_at) == NOW + IDLE - TICK
    finally:
        for name in ("timezone", "timezone_name"):
            connections["default"].__dict__.pop(name, None)

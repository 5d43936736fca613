"""Presenting the current generation: what a rotation changes, and what makes it refuse."""

from datetime import timedelta
from uuid import uuid4

import pytest

from keyturn.clock import aware
from keyturn.errors import Reason
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Refused, Rotated
from tests.engine.acting import CURL, FIREFOX, IDLE, NOW, ended, examined, later, opened, placed, policy, present, row

TICK = timedelta(microseconds=1)


def columns(session):
    return {field.attname: getattr(session, field.attname) for field in Session._meta.concrete_fields}


def test_a_rotation_moves_the_row_to_the_next_generation_and_its_clocks_with_it(user):
    session = opened(user)
    outcome = present(session, 0, now=later(60), client=CURL)
    assert isinstance(outcome, Rotated)
    after = columns(row(session))
    assert after == columns(session) | {
        "generation": 1,
        "rotated_at": later(60),
        "idle_expires_at": later(60) + IDLE,
        "ip": CURL.ip,
        "user_agent": CURL.user_agent,
    }
    assert columns(outcome.session) == after


def test_a_rotation_adds_no_row_and_touches_no_other(user):
    session, other = opened(user), opened(user)
    before = columns(row(other))
    for generation in range(7):
        assert isinstance(present(session, generation, now=later(60 * generation)), Rotated)
    assert Session.objects.count() == 2
    assert columns(row(other)) == before


def test_each_rotation_remembers_the_agent_of_its_own_client_even_one_that_names_none(user):
    session = opened(user, client=FIREFOX)
    present(session, 0, client=CURL)
    assert row(session).user_agent == CURL.user_agent
    present(session, 1, client=Client(ip="192.0.2.1"))
    assert row(session).user_agent == ""


def test_an_address_that_is_not_known_leaves_the_last_known_one(user):
    session = opened(user, client=FIREFOX)
    present(session, 0, client=Client(user_agent="curl/8"))
    assert row(session).ip == FIREFOX.ip


@pytest.mark.parametrize("address", ["2001:db8::1", "203.0.113.5"])
def test_addresses_of_both_families_are_kept(user, address):
    session = opened(user, client=Client(ip=address))
    assert row(session).ip == address
    present(session, 0, client=Client(ip="2001:db8::2"))
    assert row(session).ip == "2001:db8::2"


def test_what_a_client_says_of_itself_is_cut_and_cleaned_so_that_any_database_takes_it(user):
    client = Client(ip="192.0.2.1", user_agent="a\x00b\ud800c\n" + "é" * 1_000, label="\x07" + "x" * 1_000)
    session = opened(user, client=client)
    kept = row(session)
    assert kept.user_agent == ("a b c " + "é" * 1_000)[:300]
    assert kept.client_label == (" " + "x" * 1_000)[:100]
    present(session, 0, client=client)
    assert row(session).user_agent == kept.user_agent


def test_the_idle_expiry_counts_from_the_last_rotation_and_ends_the_session_on_the_dot(user):
    session = opened(user)
    present(session, 0, now=later(hours=1))
    last_moment = later(hours=1) + IDLE - TICK
    assert isinstance(examined(session, 1, now=last_moment), Session)
    assert examined(session, 1, now=last_moment + TICK) == Refused(Reason.SESSION_EXPIRED)
    assert present(session, 1, now=last_moment + TICK) == Refused(Reason.SESSION_EXPIRED)
    assert row(session).generation == 1
    assert isinstance(present(session, 1, now=last_moment), Rotated)


def test_the_idle_expiry_never_lies_behind_the_absolute_one(user):
    session = opened(user, policy=policy(absolute_lifetime=timedelta(days=3)))
    assert row(session).absolute_expires_at == later(days=3)
    present(session, 0, now=later(hours=30))
    assert row(session).idle_expires_at == later(days=3)


def test_a_login_clips_the_idle_expiry_too(user):
    session = opened(user, policy=policy(absolute_lifetime=timedelta(hours=5)))
    assert row(session).idle_expires_at == row(session).absolute_expires_at == later(hours=5)


def test_the_absolute_expiry_ends_a_session_however_busy_on_the_dot(user):
    session = opened(user, policy=policy(absolute_lifetime=timedelta(days=3)))
    for generation in range(5):
        assert isinstance(present(session, generation, now=later(hours=14 * generation)), Rotated)
    assert present(session, 5, now=later(days=3)) == Refused(Reason.SESSION_EXPIRED)
    assert row(session).absolute_expires_at == later(days=3)
    assert isinstance(present(session, 5, now=later(days=3) - TICK), Rotated)


def test_each_expiry_alone_ends_a_session(user):
    for column in ("idle_expires_at", "absolute_expires_at"):
        session = opened(user)
        placed(session, **{column: NOW})
        assert present(session, 0, now=NOW) == Refused(Reason.SESSION_EXPIRED)
        assert examined(session, 0, now=NOW) == Refused(Reason.SESSION_EXPIRED)


@pytest.mark.parametrize("column", ["idle_expires_at", "absolute_expires_at"])
def test_leeway_stretches_both_expiries_by_itself_and_no_more(user, column):
    session = opened(user)
    placed(session, **{column: NOW})
    leeway = timedelta(seconds=30)
    assert present(session, 0, now=later(30), leeway=leeway) == Refused(Reason.SESSION_EXPIRED)
    assert examined(session, 0, now=later(30), leeway=leeway) == Refused(Reason.SESSION_EXPIRED)
    assert isinstance(examined(session, 0, now=later(30) - TICK, leeway=leeway), Session)
    assert isinstance(present(session, 0, now=later(30) - TICK, leeway=leeway), Rotated)


@pytest.mark.parametrize("generation", [0, 1, 2, 3, 9])
def test_an_expired_session_is_refused_before_the_rule_and_is_never_reuse(user, revoked, generation):
    session = opened(user)
    placed(session, generation=3)
    assert present(session, generation, now=NOW + IDLE) == Refused(Reason.SESSION_EXPIRED)
    assert revoked == []
    assert row(session).revoked_at is None


@pytest.mark.parametrize("generation", [0, 1, 2, 3, 9])
def test_a_revoked_session_refuses_every_generation_and_changes_no_more(user, revoked, generation):
    session = opened(user)
    placed(session, generation=3)
    ended(session)
    before = columns(row(session))
    assert present(session, generation, now=later(5)) == Refused(Reason.SESSION_REVOKED)
    assert examined(session, generation, now=later(5)) == Refused(Reason.SESSION_REVOKED)
    assert columns(row(session)) == before
    assert len(revoked) == 1


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        ("refresh_reused", Reason.REFRESH_REUSED),
        ("password_changed", Reason.PASSWORD_CHANGED),
        ("user_inactive", Reason.USER_INACTIVE),
        ("logout", Reason.SESSION_REVOKED),
        ("logout_all", Reason.SESSION_REVOKED),
        ("logout_others", Reason.SESSION_REVOKED),
        ("revoked_by_user", Reason.SESSION_REVOKED),
        ("revoked_by_admin", Reason.SESSION_REVOKED),
        ("blacklisted", Reason.SESSION_REVOKED),
    ],
)
def test_the_reason_of_a_refusal_says_why_the_session_ended(user, why, reason):
    session = opened(user)
    placed(session, revoked_at=NOW, revoked_reason=why)
    assert present(session, 0) == Refused(reason)


def test_a_session_that_does_not_exist_is_a_revoked_one(user):
    session = opened(user)
    session.id = uuid4()
    assert present(session, 0) == Refused(Reason.SESSION_REVOKED)
    assert examined(session, 0) == Refused(Reason.SESSION_REVOKED)


@pytest.mark.parametrize("claimed", ["999999", "0", "-1", "9" * 40, "ada", "", "1.0", "\x00", "1\x00", "true"])
def test_a_token_of_another_user_is_refused_and_the_session_left_alone(user, revoked, claimed):
    session = opened(user)
    assert present(session, 0, user_id=claimed) == Refused(Reason.USER_MISMATCH)
    assert examined(session, 0, user_id=claimed) == Refused(Reason.USER_MISMATCH)
    assert row(session).generation == 0
    assert revoked == []


def test_the_right_generation_under_another_users_name_is_refused_also_when_late(user, revoked, django_user_model):
    other = django_user_model.objects.create_user("bob")
    session = opened(user)
    placed(session, generation=9)
    for generation in (9, 8, 1, 12):
        assert present(session, generation, user_id=str(other.pk), now=later(60)) == Refused(Reason.USER_MISMATCH)
    assert revoked == []
    assert row(session).generation == 9


def test_a_rotation_by_a_clock_that_stepped_back_stands(user):
    session = opened(user)
    present(session, 0, now=later(hours=3))
    outcome = present(session, 1, now=NOW)
    assert isinstance(outcome, Rotated)
    assert aware(row(session).rotated_at) == NOW


def test_a_session_cannot_be_saved_since_that_would_undo_what_happened_meanwhile(user):
    session = opened(user)
    present(session, 0)
    with pytest.raises(TypeError, match="services"):
        session.save()
    with pytest.raises(TypeError, match="services"):
        session.save(update_fields=["generation"])
    assert row(session).generation == 1

"""Presenting a generation that is not the current one: converge, forgive, adopt, reuse, and what each leaves behind."""

from datetime import timedelta

import pytest

from keyturn.conf import ForgiveAfter
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Converged, Forgiven, Refused, Reused, Rotated
from keyturn.sessions.rotation import MAX_GENERATION
from keyturn.tokens.claims import read_refresh
from keyturn.tokens.minting import encode_refresh, refresh_payload, user_claims
from tests.engine.acting import (
    CURL,
    FIREFOX,
    FIREFOX_UPDATED,
    NOW,
    examined,
    later,
    opened,
    placed,
    policy,
    present,
    row,
)

TICK = timedelta(microseconds=1)
GRACE = timedelta(seconds=10)


@pytest.fixture
def session(user):
    """At generation 9, made at NOW by Firefox."""
    return placed(opened(user, now=later(hours=-5)), generation=9, rotated_at=NOW)


def unchanged(session, before):
    return all(getattr(session, field.attname) == getattr(before, field.attname) for field in Session._meta.fields)


@pytest.mark.parametrize("generation", [8, 7])
@pytest.mark.parametrize("age", [-timedelta(hours=3), timedelta(0), GRACE])
def test_a_recent_predecessor_converges_and_changes_nothing(session, revoked, generation, age):
    outcome = present(session, generation, now=NOW + age, client=FIREFOX_UPDATED)
    assert isinstance(outcome, Converged)
    assert outcome.session.generation == 9
    assert unchanged(row(session), session)
    assert revoked == []


def test_a_late_predecessor_is_forgiven_once_and_only_that_is_written(session, revoked):
    outcome = present(session, 8, now=NOW + GRACE + TICK, client=CURL)
    assert isinstance(outcome, Forgiven)
    after = row(session)
    assert after.forgiven == 9
    after.forgiven = None
    assert unchanged(after, session)
    assert revoked == []


def test_a_forgiven_generation_converges_until_the_next_rotation(session):
    assert isinstance(present(session, 8, now=later(60)), Forgiven)
    for minutes in (2, 3, 600):
        assert isinstance(present(session, 8, now=later(minutes=minutes)), Converged)
    assert isinstance(present(session, 9, now=later(minutes=601)), Rotated)
    assert row(session).forgiven == 9


def test_forgiven_again_after_five_clean_generations_and_no_sooner(session):
    placed(session, forgiven=5)
    assert isinstance(examined(session, 8, now=later(60)), Refused)
    placed(session, forgiven=4)
    assert isinstance(present(session, 8, now=later(60)), Forgiven)
    assert row(session).forgiven == 9


@pytest.mark.parametrize("generation", [0, 1, 6])
@pytest.mark.parametrize("age", [timedelta(0), GRACE, timedelta(hours=1)])
def test_an_older_generation_is_reuse_and_ends_the_session(session, revoked, generation, age):
    outcome = present(session, generation, now=NOW + age)
    assert isinstance(outcome, Reused)
    after = row(session)
    assert (after.revoked_at, after.revoked_reason) == (NOW + age, "refresh_reused")
    assert after.generation == 9
    assert revoked == [((session.pk,), "refresh_reused")]
    assert present(session, 9, now=NOW + age) == Refused(Reason.REFRESH_REUSED)


def test_the_predecessors_predecessor_is_reuse_after_the_grace_time(session, revoked):
    assert isinstance(present(session, 7, now=NOW + GRACE + TICK), Reused)
    assert len(revoked) == 1


def test_a_second_forgiveness_too_soon_is_reuse(session, revoked):
    assert isinstance(present(session, 8, now=later(60)), Forgiven)
    assert isinstance(present(session, 9, now=later(61)), Rotated)
    assert isinstance(present(session, 9, now=later(120)), Reused)
    assert len(revoked) == 1


def test_reuse_ends_no_other_session_of_the_user(session, user):
    other = opened(user)
    present(session, 0)
    assert isinstance(present(other, 0), Rotated)


def test_asking_changes_nothing_even_where_the_answer_is_reuse(session, revoked):
    assert examined(session, 0) == Refused(Reason.REFRESH_REUSED)
    assert isinstance(examined(session, 8, now=later(60)), Session)
    assert unchanged(row(session), session)
    assert revoked == []


def test_where_refresh_tokens_do_not_rotate_asking_for_tokens_ends_a_reused_session(session, revoked):
    assert examined(session, 0, end_reused=True) == Refused(Reason.REFRESH_REUSED)
    assert row(session).revoked_reason == "refresh_reused"
    assert len(revoked) == 1


@pytest.mark.parametrize("ahead", [1, 2, 100])
@pytest.mark.parametrize("grace", [GRACE, timedelta(0)])
def test_a_generation_that_the_database_lost_is_adopted_and_rotated(session, revoked, ahead, grace):
    outcome = present(session, 9 + ahead, now=later(60), client=CURL, policy=policy(grace=grace))
    assert isinstance(outcome, Rotated)
    after = row(session)
    assert (after.generation, after.rotated_at, after.user_agent) == (10 + ahead, later(60), CURL.user_agent)
    assert revoked == []


def test_an_adopted_generation_makes_the_database_s_own_an_old_one(session):
    present(session, 20, now=later(60))
    assert isinstance(present(session, 9, now=later(61)), Reused)


def test_strict_sessions_take_each_generation_once(session):
    strict = policy(grace=timedelta(0))
    assert isinstance(present(session, 9, policy=strict), Rotated)
    assert isinstance(present(session, 9, policy=strict), Reused)


@pytest.mark.parametrize("generation", [8, 7])
def test_another_agent_does_not_converge_with_the_last_rotator(session, generation):
    outcome = present(session, generation, client=CURL)
    assert isinstance(outcome, {8: Forgiven, 7: Reused}[generation])


def test_the_agent_that_counts_is_the_last_rotators_not_that_of_the_login(session):
    assert isinstance(present(session, 9, now=later(60), client=CURL), Rotated)
    assert isinstance(present(session, 9, now=later(61), client=CURL), Converged)
    assert isinstance(present(session, 9, now=later(62), client=FIREFOX), Forgiven)


def test_a_client_that_names_no_agent_converges_with_itself(session):
    silent = Client(ip="192.0.2.50")
    assert isinstance(present(session, 9, now=later(60), client=silent), Rotated)
    assert isinstance(present(session, 9, now=later(61), client=silent), Converged)
    assert isinstance(present(session, 8, now=later(62), client=silent), Converged)


def test_the_numbers_of_the_policy_are_the_ones_that_count(session):
    lenient = policy(grace=timedelta(hours=1), forgive_after=ForgiveAfter(unbound=1))
    assert isinstance(present(session, 7, now=later(hours=1), policy=lenient), Converged)
    assert isinstance(present(session, 7, now=later(hours=1) + TICK, policy=lenient), Reused)


def test_one_clean_generation_is_enough_where_the_policy_says_so(session):
    lenient = policy(forgive_after=ForgiveAfter(unbound=1))
    for generation in range(9, 13):
        at = later(hours=generation)
        assert isinstance(present(session, generation, now=at, policy=lenient), Rotated)
        assert isinstance(present(session, generation, now=at + timedelta(minutes=1), policy=lenient), Forgiven)


def forged(session, generation):
    """A token of a generation that was never minted, by somebody who has the key: ourselves."""
    claims = refresh_payload(session, user_claims(session.user))
    return encode_refresh(claims | {"gen": generation})


def test_the_greatest_generation_a_token_can_name_is_adopted(session):
    outcome = present(session, MAX_GENERATION - 1, now=later(60))
    assert isinstance(outcome, Rotated)
    assert row(session).generation == MAX_GENERATION
    assert read_refresh(forged(session, MAX_GENERATION - 1), now=NOW).generation == MAX_GENERATION - 1


@pytest.mark.parametrize("generation", [MAX_GENERATION, 2**63, 10**400, -1, 1.0, "1", True, [1], {}])
def test_what_is_no_generation_is_refused_and_changes_nothing(session, revoked, generation):
    with pytest.raises(RefusedError) as caught:
        read_refresh(forged(session, generation), now=NOW)
    assert caught.value.reason in {Reason.INVALID_CLAIM, Reason.MALFORMED}
    assert unchanged(row(session), session)
    assert revoked == []

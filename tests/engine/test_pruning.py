"""Upkeep: sessions that ended long enough ago go, in batches; whatever could still matter stays."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Rotated
from keyturn.sessions.pruning import PruneProgress, prune
from tests.engine.acting import IDLE, NOW, ended, later, opened, placed, policy, present
from tests.engine.conftest import Boom
from tests.engine.overlap import elsewhere, just_before, while_uncommitted

WEEK = timedelta(days=7)
TICK = timedelta(microseconds=1)


def pruned(now, retention=WEEK, **options):
    """The total after the last batch."""
    return list(prune(now=now, retention=retention, **options))[-1]


def test_a_session_stays_for_its_retention_after_each_way_to_end(user):
    idle_end, absolute_end, revocation = (opened(user) for _ in range(3))
    live = opened(user, now=later(days=400))
    placed(idle_end, idle_expires_at=NOW, absolute_expires_at=later(days=999))
    placed(absolute_end, idle_expires_at=later(days=999), absolute_expires_at=NOW)
    placed(revocation, idle_expires_at=later(days=999), absolute_expires_at=later(days=999))
    ended(revocation, now=NOW)
    assert pruned(NOW + WEEK) == PruneProgress(examined=4, removed=0)
    assert pruned(NOW + WEEK + TICK) == PruneProgress(examined=4, removed=3)
    assert list(Session.objects.all()) == [live]


def test_a_live_session_is_never_removed_however_long_ago_it_was_used(user):
    session = opened(user, idle_lifetime=timedelta(days=80), policy=policy(absolute_lifetime=timedelta(days=90)))
    assert pruned(later(days=79), timedelta(0)).removed == 0
    assert isinstance(present(session, 0, now=later(days=79)), Rotated)


def test_an_adopted_session_stays_until_its_stock_token_is_dead_with_a_day_to_spare(user):
    session = placed(opened(user), adopted_until=later(days=3))
    ended(session, now=NOW)
    assert pruned(later(days=4), timedelta(0)).removed == 0
    assert pruned(later(days=4) + TICK, timedelta(0)).removed == 1


@pytest.mark.parametrize("batch_size", [1, 2, 3, 5, 6, 1_000])
def test_pruning_goes_in_batches_and_tells_after_each(user, batch_size):
    dead = [opened(user) for _ in range(5)]
    live = opened(user, now=later(days=30))
    progress = list(prune(now=later(days=30), retention=WEEK, batch_size=batch_size))
    assert [p.examined for p in progress] == [*range(batch_size, 6, batch_size), 6]
    assert [p.removed for p in progress] == sorted(p.removed for p in progress)
    assert progress[-1].removed == len(dead)
    assert list(Session.objects.all()) == [live]


def test_pruning_an_empty_table_tells_so(db):
    assert list(prune(now=NOW, retention=WEEK)) == [PruneProgress(0, 0)]


def test_a_batch_is_two_statements_and_holds_no_transaction_open(user, count_statements):
    for _ in range(4):
        opened(user)
    with count_statements(at_most=2 * 2 + 1):
        pruned(later(days=30), batch_size=2)


@pytest.mark.django_db(transaction=True)
def test_what_was_removed_before_a_failure_stays_removed(user):
    for _ in range(4):
        opened(user)
    steps = prune(now=later(days=30), retention=WEEK, batch_size=2)
    assert next(steps).removed == 2

    def fail():
        raise Boom

    with pytest.raises(Boom), just_before("DELETE FROM", fail):
        next(steps)
    assert elsewhere(Session.objects.count) == 2
    assert not connection.in_atomic_block


@pytest.mark.django_db(transaction=True)
def test_two_prunings_at_once_do_not_disturb_each_other(user):
    for _ in range(6):
        opened(user)
    steps = prune(now=later(days=30), retention=WEEK, batch_size=2)
    next(steps)
    assert elsewhere(lambda: pruned(later(days=30))).removed == 4
    assert list(steps)[-1:] in ([], [PruneProgress(examined=2, removed=2)])
    assert Session.objects.count() == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_pruning_does_not_wait_for_a_refresh_under_way(user):
    opened(user, now=later(days=-60))
    live = opened(user)
    with pytest.raises(AssertionError, match="did not wait"):
        while_uncommitted(lambda: present(live, 0), lambda: pruned(NOW, batch_size=1))
    assert list(Session.objects.all()) == [live]


@pytest.mark.parametrize(
    ("options", "left"), [({}, 2), ({"older_than": 0}, 1), ({"older_than": 2.5, "batch_size": 1}, 1)]
)
def test_the_command_prunes_by_the_setting_or_as_told(user, settings, options, left):
    from keyturn.clock import utc_now

    live = opened(user, now=utc_now())
    opened(user, now=utc_now() - IDLE - timedelta(days=3))
    opened(user, now=utc_now() - IDLE - timedelta(days=8))
    said = io.StringIO()
    call_command("prune_sessions", stdout=said, **options)
    assert Session.objects.count() == left
    assert Session.objects.filter(pk=live.pk).exists()
    assert said.getvalue() == f"Removed {3 - left} of 3 sessions.\n"


def test_the_command_tells_how_far_it_has_come(user):
    for _ in range(3):
        opened(user, now=later(days=-9_000))
    said = io.StringIO()
    call_command("prune_sessions", batch_size=2, verbosity=2, stdout=said)
    assert said.getvalue().splitlines() == [
        "2 sessions examined, 2 removed",
        "3 sessions examined, 3 removed",
        "Removed 3 of 3 sessions.",
    ]


@pytest.mark.parametrize(
    "options",
    [{"batch_size": 0}, {"batch_size": -5}, {"older_than": -1}, {"older_than": 1e9}, {"older_than": float("nan")}],
)
def test_the_command_refuses_what_makes_no_sense(db, options):
    with pytest.raises(CommandError):
        call_command("prune_sessions", **options)

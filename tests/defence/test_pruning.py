"""What is left of counters that say nothing any more."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from keyturn.clock import utc_now
from keyturn.defence.attempts import KNOWN_FOR
from keyturn.defence.models import AttemptCounter
from keyturn.defence.pruning import prune
from tests.defence.trying import HERE, NOW, admitted, attempt, later, wait_of

pytestmark = pytest.mark.django_db


def test_counters_go_eight_days_after_their_window(settings):
    settings.KEYTURN = {"LIMITS": {"login_account": None}}
    admitted(6)
    assert prune(now=later(days=8)) == 0
    assert prune(now=later(days=8, minutes=6)) == 2
    assert not AttemptCounter.objects.exists()


def test_whom_a_counter_knows_stays_known_for_ninety_days():
    attempt().succeeded(now=NOW)
    assert prune(now=later(days=89)) == 2
    assert AttemptCounter.objects.get().succeeded_at is not None
    assert prune(now=NOW + KNOWN_FOR + timedelta(minutes=1)) == 1


def test_a_counter_that_counts_stays():
    for number in range(25):
        admitted(1, account=f"user {number}")
    admitted(1, account="late", ip="203.0.113.9", now=later(days=9))
    # Its address, too, and two for each of the others.
    assert prune(now=later(days=9), batch_size=7) == 51
    assert wait_of(account="late", ip=HERE, now=later(days=9)) is None
    assert AttemptCounter.objects.count() == 5


def test_prune_sessions_prunes_counters_too():
    attempt(now=utc_now() - timedelta(days=30))
    told = StringIO()
    call_command("prune_sessions", stdout=told)
    assert "Removed 3 counters of attempts that say nothing any more." in told.getvalue()
    assert not AttemptCounter.objects.exists()

"""Counters and trail where times are stored without a zone: the hour that comes twice is counted once."""

from datetime import UTC, datetime, timedelta

import pytest

from keyturn.defence import attempts
from keyturn.errors import TooManyAttemptsError

pytestmark = pytest.mark.django_db

# The clocks of New York are turned back at 06:00 UTC of this day.
AMBIGUOUS = datetime(2026, 11, 1, 5, 58, tzinfo=UTC)


def test_a_window_across_the_hour_that_comes_twice_is_five_minutes_long():
    for _ in range(5):
        attempts.begin(account="ada", ip="192.0.2.7", now=AMBIGUOUS)
    with pytest.raises(TooManyAttemptsError) as caught:
        attempts.begin(account="ada", ip="192.0.2.7", now=AMBIGUOUS + timedelta(minutes=3))
    assert caught.value.retry_after == 120
    attempts.begin(account="ada", ip="192.0.2.7", now=AMBIGUOUS + timedelta(minutes=5, seconds=1))


def test_a_login_counts_and_is_given_back(ada, caller):
    for _ in range(8):
        assert caller.try_log_in().status_code == 200
    for _ in range(5):
        assert caller.try_log_in(password="wrong").status_code == 401
    assert caller.try_log_in().status_code == 429

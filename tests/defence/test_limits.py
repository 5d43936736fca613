"""What costs somebody something may be done so often, and no more."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from keyturn.defence import attempts, limits
from keyturn.errors import TooManyAttemptsError
from tests.defence.trying import HERE, NOW, admitted, later


def taken(times, *, action="mail", now=NOW, **keys):
    """How many of so many go through."""
    done = 0
    for _ in range(times):
        try:
            limits.take(action=action, keys=keys, now=now)
        except TooManyAttemptsError:
            continue
        done += 1
    return done


pytestmark = pytest.mark.usefixtures("store")


def test_a_mailbox_is_sent_five_mails_in_a_quarter_of_an_hour_whoever_asks():
    assert sum(taken(1, address=f"198.51.100.{n}", email="ada@example.com") for n in range(20)) == 5
    with pytest.raises(TooManyAttemptsError) as caught:
        limits.take(action="mail", keys={"email": "ada@example.com"}, now=later(60))
    assert caught.value.retry_after == 14 * 60
    assert taken(1, email="ada@example.com", now=later(901)) == 1
    assert taken(1, email="eve@example.com") == 1


def test_windows_of_limits_do_not_grow():
    for round_ in range(4):
        assert taken(9, email="ada@example.com", now=later(901 * round_)) == 5


def test_what_one_rule_refuses_does_not_count_under_the_other():
    taken(60, address=HERE, email="ada@example.com")
    assert sum(taken(1, address=HERE, email=f"user{n}@example.com") for n in range(60)) == 45


def test_ten_thousand_sign_ups_from_one_address_end_at_fifty():
    assert taken(120, action="sign_up", address="2001:db8::1") == 50
    assert taken(10, action="sign_up", address="2001:db8::2") == 0
    assert taken(1, action="sign_up", address="2001:db8:0:1::1") == 1


def test_what_was_not_done_after_all_is_given_back():
    for _ in range(20):
        limits.take(action="export", keys={"account": "ada"}, now=NOW).give_back(now=NOW)
    assert taken(20, action="export", account="ada") == 10


def test_what_is_not_known_is_not_counted():
    assert taken(70, address=None, email="") == 70


def test_a_rule_that_does_not_exist_is_a_mistake_of_the_caller():
    with pytest.raises(KeyError, match="mail_acount"):
        limits.take(action="mail", keys={"acount": "ada"}, now=NOW)


def parallel(deed, *, threads=40):
    def alone(number):
        try:
            return deed(number)
        except TooManyAttemptsError:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(alone, range(200)))


@pytest.mark.django_db(transaction=True)
def test_of_200_at_once_exactly_as_many_go_through_as_the_limit_says(settings):
    def ask(_):
        limits.take(action="mail", keys={"email": "ada@example.com", "address": HERE}, now=NOW)
        return True

    assert sum(parallel(ask)) == 5
    assert taken(60, address=HERE) == 45


@pytest.mark.django_db(transaction=True)
def test_of_200_guesses_at_once_exactly_five_are_evaluated_and_none_waits_for_another_for_ever(settings):
    def ask(number):
        # Two accounts and two addresses in every combination: their keys are taken in whatever order.
        attempts.begin(account=f"user {number % 2}", ip=f"192.0.2.{number // 2 % 2}", now=NOW)
        return (number % 4,)

    evaluated = [one for one in parallel(ask) if one is not False]
    assert sorted(evaluated) == [(one,) for one in range(4) for _ in range(5)]


@pytest.mark.django_db(transaction=True)
def test_attempts_that_are_right_at_once_leave_nothing_counted(settings):
    settings.KEYTURN = {**getattr(settings, "KEYTURN", {}), "LIMITS": {"login_pair": "1000/5m", "login_address": None}}

    def ask(_):
        attempts.begin(account="ada", ip=HERE, now=NOW).succeeded(now=NOW)
        return True

    assert sum(parallel(ask)) == 200
    settings.KEYTURN = {**settings.KEYTURN, "LIMITS": {}}
    assert admitted(6) == 5

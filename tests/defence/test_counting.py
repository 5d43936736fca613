"""How many attempts are evaluated, for how long the others wait, and for whom that is so. The same with every store."""

from datetime import timedelta

import pytest

from keyturn.defence import attempts
from keyturn.defence.attempts import KNOWN_FOR
from keyturn.defence.models import AttemptCounter
from keyturn.errors import TooManyAttemptsError
from keyturn.trail.models import AuditEvent
from tests.defence.trying import ELSEWHERE, HERE, NOW, admitted, attempt, later, wait_of

pytestmark = pytest.mark.usefixtures("store")


def limits(settings, **rules):
    settings.KEYTURN = {**getattr(settings, "KEYTURN", {}), "LIMITS": rules}


def test_five_attempts_at_an_account_from_one_address_are_evaluated_in_five_minutes():
    assert admitted(12) == 5
    assert wait_of(now=later(299)) == 1
    assert wait_of(now=later(301)) is None


def test_who_is_refused_is_told_how_long_to_wait_in_whole_seconds():
    admitted(5, now=NOW)
    assert wait_of(now=NOW) == 300
    assert wait_of(now=later(100.25)) == 200
    assert wait_of(now=later(299.9)) == 1


def test_waiting_in_vain_makes_the_wait_no_longer():
    admitted(5)
    for minute in range(1, 5):
        assert wait_of(now=later(minutes=minute)) == 300 - 60 * minute


def test_another_account_and_another_address_have_attempts_of_their_own():
    admitted(6)
    assert admitted(6, account="eve") == 5
    assert admitted(6, ip=ELSEWHERE) == 5


def test_another_kind_of_guess_has_attempts_of_its_own():
    admitted(6)
    assert admitted(12, action="code") == 10


def test_a_success_gives_its_attempt_back():
    for _ in range(20):
        attempt().succeeded(now=NOW)
    assert admitted(6) == 5


def test_a_success_gives_back_its_own_attempt_and_not_the_failures_before_it():
    assert admitted(3) == 3
    attempt().succeeded(now=NOW)
    assert admitted(6) == 2


def test_a_success_after_others_were_refused_opens_one_place_again():
    admitted(4)
    right = attempt()
    assert admitted(3) == 0
    right.succeeded(now=NOW)
    assert admitted(3) == 1


def test_a_success_that_comes_after_its_window_takes_nothing_from_the_next_one():
    slow = attempt()
    assert admitted(1, now=later(301)) == 1
    slow.succeeded(now=later(301))
    assert admitted(6, now=later(302)) == 4


def test_windows_double_while_the_limit_is_reached_in_a_row_up_to_64_times():
    now, waits = NOW, []
    for _ in range(9):
        assert admitted(5, now=now) == 5
        wait = wait_of(now=now) or 0
        waits.append(wait)
        now += timedelta(seconds=wait, milliseconds=1)
    assert waits == [300 * factor for factor in (1, 2, 4, 8, 16, 32, 64, 64, 64)]


def test_a_window_that_ends_below_the_limit_is_followed_by_a_short_one():
    admitted(5)
    assert admitted(4, now=later(301)) == 4  # 600 s
    assert admitted(5, now=later(905)) == 5
    assert wait_of(now=later(905)) == 300


def test_a_window_after_which_all_is_quiet_for_as_long_again_is_forgotten():
    admitted(5)
    assert admitted(5, now=later(601)) == 5
    assert wait_of(now=later(601)) == 300


def test_a_clock_that_was_years_ahead_keeps_nobody_out_once_it_is_right_again():
    for number in range(3):
        admitted(6, now=later(days=3_650, seconds=301 * number))
    assert admitted(6) == 5
    assert wait_of() == 300
    assert admitted(6, now=later(301)) == 5


def test_of_clocks_that_lie_minutes_apart_nobody_has_more_attempts():
    assert sum(admitted(3, now=later(minutes=minutes)) for minutes in (20, 0, 20, 0, 21, 1)) == 5


def test_a_rule_with_a_shorter_time_holds_at_once(settings):
    limits(settings, login_pair="5/7d")
    assert admitted(6) == 5
    limits(settings, login_pair="5/5m")
    assert admitted(6) == 5
    assert wait_of() == 300


def test_one_address_has_a_hundred_attempts_at_any_accounts():
    assert sum(admitted(1, account=f"user {number}") for number in range(130)) == 100
    assert wait_of(account="somebody else") == 300
    assert wait_of(account="somebody else", ip=ELSEWHERE) is None


def test_what_is_refused_for_its_account_does_not_count_for_its_address(settings):
    limits(settings, login_address="10/5m")
    admitted(50)
    assert admitted(10, account="eve") == 5
    assert wait_of(account="bob") == 300


def test_what_is_refused_for_its_address_does_not_count_for_its_account(settings):
    limits(settings, login_address="2/5m", login_account="3/1h")
    admitted(2, account="eve")
    assert admitted(30) == 0
    assert admitted(4, ip=ELSEWHERE) == 2
    assert admitted(4, ip="203.0.113.10") == 1


def test_an_account_has_a_hundred_attempts_an_hour_from_addresses_where_nobody_signed_in_to_it():
    assert sum(admitted(5, ip=f"198.51.100.{number}") for number in range(40)) == 100
    assert wait_of(ip=ELSEWHERE) == 3_600
    assert wait_of(account="eve", ip=ELSEWHERE) is None


def test_strangers_elsewhere_lock_nobody_out_of_an_address_that_has_signed_in():
    attempt(ip=HERE).succeeded(now=NOW)
    for number in range(40):
        admitted(5, ip=f"198.51.100.{number}")
    assert wait_of(ip=ELSEWHERE) == 3_600
    for _ in range(10):
        attempt(ip=HERE).succeeded(now=NOW)
    assert admitted(6, ip=HERE) == 5


def test_signing_in_where_one_is_known_lets_no_stranger_guess_more(settings):
    limits(settings, login_account="5/1h")
    attempt(ip=HERE).succeeded(now=NOW)
    assert admitted(5, ip=ELSEWHERE) == 5
    assert wait_of(ip="198.51.100.1") == 3_600
    for _ in range(20):
        attempt(ip=HERE).succeeded(now=NOW)
    assert wait_of(ip="198.51.100.1") == 3_600


def test_an_address_is_known_for_ninety_days(settings):
    limits(settings, login_account="1/7d")
    attempt(ip=HERE).succeeded(now=NOW)
    soon, long_after = NOW + KNOWN_FOR - timedelta(minutes=1), NOW + KNOWN_FOR + timedelta(minutes=1)
    for moment, expected in ((soon, None), (long_after, 7 * 86_400 - 120)):
        wait_of(ip=ELSEWHERE, now=soon)
        assert wait_of(ip=HERE, now=moment) == expected


@pytest.mark.parametrize(
    ("one", "other", "is_the_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.7", "::ffff:192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
    ],
)
def test_ipv6_counts_by_its_first_64_bits_and_ipv4_by_all(one, other, is_the_same):
    admitted(5, ip=one)
    assert admitted(5, ip=other) == (0 if is_the_same else 5)


def test_where_no_address_is_known_the_account_alone_counts():
    assert admitted(7, ip=None) == 5
    assert admitted(7, account="eve", ip=None) == 5
    assert sum(admitted(1, account=f"user {number}", ip=None) for number in range(120)) == 120


def test_where_no_account_is_named_the_address_alone_counts(settings):
    limits(settings, login_address="7/5m")
    assert admitted(10, account="") == 7


@pytest.mark.parametrize("account", ["a\0b", "\ud800", "a" * 100_000, "ada\n", "'; --", "\U0001d504"])
def test_any_text_can_be_counted_as_an_account(account):
    assert admitted(6, account=account) == 5
    assert wait_of(account="ada") is None


def test_a_rule_that_is_switched_off_counts_nothing(settings):
    limits(settings, login_pair=None, login_account=None, login_address=None)
    assert admitted(150) == 150
    assert not AttemptCounter.objects.exists()


def test_an_account_without_its_pair_rule_can_still_be_known_nowhere(settings):
    limits(settings, login_pair=None, login_account="3/1h")
    attempt().succeeded(now=NOW)
    assert admitted(5) == 3


def test_unlocking_begins_anew_from_every_address_and_keeps_known_ones_known(settings):
    limits(settings, login_account="8/1h")
    attempt(ip=HERE).succeeded(now=NOW)
    admitted(5, ip=HERE)
    admitted(5, ip=ELSEWHERE)
    admitted(9, account="eve")
    attempts.unlock(account="ada")
    assert admitted(6, ip=ELSEWHERE) == 5
    assert admitted(6, ip="198.51.100.1") == 3
    assert admitted(6, ip=HERE) == 5
    assert wait_of(account="eve") == 300


def test_unlocking_forgets_how_long_the_waits_have_grown():
    admitted(5)
    admitted(5, now=later(301))
    attempts.unlock(account="ada")
    assert admitted(5, now=later(302)) == 5
    wait = wait_of(now=later(302))
    assert wait is not None
    assert wait <= 600
    assert wait_of(now=later(302 + wait + 1)) is None


def test_the_first_refusal_of_a_window_is_recorded_and_no_other(django_user_model):
    for _ in range(9):
        try:
            attempts.begin(account="ada", ip=HERE, now=NOW, user_id=7)
        except TooManyAttemptsError:
            continue
    told = AuditEvent.objects.values_list("event", "user_id", "reason")
    assert list(told) == [("login_blocked", "7", "login_pair")]
    admitted(9, now=later(301))
    assert told.all().count() == 2


def test_what_was_counted_is_in_the_database_under_hashes_only(store):
    attempt(account="ada").succeeded(now=NOW)
    rows = [str(row) for row in AttemptCounter.objects.values()]
    assert (len(rows) == 3) == (store == "database")
    assert not [row for row in rows if "ada" in row or HERE in row]


def test_who_is_past_the_limit_of_an_address_adds_no_row_by_names_that_nobody_has(settings):
    limits(settings, login_address="3/5m")
    admitted(1, account="user 0")
    admitted(1, account="user 1")
    admitted(1, account="user 2")
    before = AttemptCounter.objects.count()
    assert sum(admitted(1, account=f"nobody {number}") for number in range(20)) == 0
    assert AttemptCounter.objects.count() == before

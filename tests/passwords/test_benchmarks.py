"""The benchmarks of logins, tried out with next to nothing to do, and the statistics they stand on."""

import random
import re

import pytest

from benchmarks.known_or_unknown import mann_whitney
from tests.proofs.test_benchmarks import run

# They start a PostgreSQL of their own; where the run's could be started, theirs can be.
needs_postgres = [
    pytest.mark.postgres,
    pytest.mark.server,
    pytest.mark.slow,
    pytest.mark.usefixtures("postgres_server"),
]


def uniform(count, seed, *, later=0.0):
    made = random.Random(seed)
    return [made.random() + later for _ in range(count)]


def test_two_samples_of_one_kind_are_told_apart_as_often_as_chance_has_it():
    different = sum(mann_whitney(uniform(40, n), uniform(40, 10_000 + n))[0] < 0.05 for n in range(1_000))
    # Fifty of a thousand are expected, give or take seven.
    assert 25 <= different <= 75


def test_a_small_shift_of_many_values_is_seen():
    p, longer = mann_whitney(uniform(500, 1, later=0.1), uniform(500, 2))
    assert p < 1e-4
    assert 0.5 < longer < 0.7


def test_the_figures_are_those_of_a_worked_example():
    # Ranks 1, 2, 3, 4.5, 6, 8 and 4.5, 7, 9, 10, 11, 12 by hand: U is 3.5, and the variance 38.86 for the tie.
    first, second = [1, 2, 3, 4, 5, 7], [4, 6, 8, 9, 10, 11]
    p, longer = mann_whitney(first, second)
    assert longer == pytest.approx(3.5 / 36)
    # (18 - 3.5 - 0.5) / sqrt(38.86) is 2.2458 standard deviations, 0.0247 on both sides.
    assert p == pytest.approx(0.0247, abs=2e-4)


def test_which_sample_comes_first_does_not_matter():
    first, second = uniform(30, 3), uniform(50, 4, later=0.2)
    p, longer = mann_whitney(first, second)
    assert mann_whitney(second, first) == pytest.approx((p, 1 - longer))


def test_samples_without_any_difference_are_alike():
    assert mann_whitney([1.0] * 20, [1.0] * 20) == (1.0, 0.5)


class TestPrograms:
    pytestmark = needs_postgres

    def test_the_cost_of_a_login_is_measured(self):
        printed = run("login_cost", "--rounds", "1", "--logins", "3", "--storm", "1", status={0, 1})
        for figure in ("processor time, times the hash", "statements of a login", "memory of all its processes, MB"):
            assert re.search(rf"^{figure} +[0-9.]+ .*goal: at most [0-9.]+, (NOT )?reached$", printed, re.MULTILINE)

    def test_known_and_unknown_accounts_are_compared_at_every_door(self):
        printed = run("known_or_unknown", "--samples", "5", status={0, 1})
        for door in ("token", "token by e-mail", "log-in", "log-in by e-mail", "sign-up", "reset"):
            # One status for all: both kinds have got the same answers.
            assert re.search(rf"^{door} +[0-9.]+ ms +.* +[0-9]{{3}}$", printed, re.MULTILINE)

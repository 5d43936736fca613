"""The programs themselves, tried out with next to nothing to do."""

import json
import re

import pytest

from benchmarks.compare.environments import BUILD
from tests.proofs.test_benchmarks import run

# They start a PostgreSQL of their own; where the run's could be started, theirs can be.
pytestmark = [pytest.mark.postgres, pytest.mark.server, pytest.mark.slow, pytest.mark.usefixtures("postgres_server")]


def test_keyturn_is_measured_in_every_operation_and_its_statements_are_counted():
    # The peers come from registries: `benchmarks.compare.guard` measures one of them.
    printed = run("compare", "--quick", "--only", "keyturn", "--rounds", "1", "--seconds", "0.3")
    # Among so few, one of another program's counts.
    assert re.search(
        r"^\| statements per refresh \| 1 \| 2 \| \*\*(1\.0|0\.9)\d\*\* \| (reached|at least that) \|$",
        printed,
        re.MULTILINE,
    )
    assert re.search(r"^\| rows left by a refresh \| 0 \| 0 \| \*\*0\.0\d\*\* \| reached \|$", printed, re.MULTILINE)
    assert "\n| refresh, times the tutorial's backend | 12 | 8 | - | not measured |\n" in printed
    kept = json.loads((BUILD / "results" / "quick" / "comparison.json").read_text(encoding="utf-8"))
    rounds = {operation: len(samples) for operation, samples in kept["backends"]["keyturn"]["samples"].items()}
    assert rounds == {"refresh": 1, "get": 1, "verify": 1, "login": 1}


def test_refreshes_of_a_table_that_has_grown_are_timed():
    printed = run("growth", "--sizes", "12000", "--rounds", "1", "--refreshes", "40")
    assert re.search(r"^\| 12,000 \| 1,200 \| \d+ \| [\d.]+ \| ", printed, re.MULTILINE)
    assert "the median grew **1.00** times" in printed


def test_a_refresh_is_taken_apart():
    printed = run("profile_refresh", "--requests", "1000")
    assert re.search(r"^\| \*\*all of it\*\* \| \d+ \| \d+ \| \d+ \|$", printed, re.MULTILINE)
    # What is not told would have another name than the program knows.
    for room in ("keyturn_server", "keyturn.api", "keyturn.tokens", "keyturn.sessions", "Django REST framework"):
        assert re.search(rf"^\| {re.escape(room)}.* \| \d+ \|", printed, re.MULTILINE), room
    assert re.search(r"^\| `keyturn\.sessions\.", printed, re.MULTILINE)


@pytest.mark.needs("/proc")
def test_a_flood_stands_beside_honest_work_for_a_few_seconds():
    # Too short for its figures, so it may end with 1; what no length excuses must hold.
    printed = run("soak", "--minutes", "0.2", "--rounds", "3", "--warm-up", "1", "--seed", "1", status={0, 1})
    for name, wanted in (
        ("malformed requests answered 5xx but 503, or never", "0 \\| 0"),
        ("honest requests refused, 503 apart", "0 \\| 0"),
        ("tracebacks in the log", "0 \\| 0"),
        ("the flooded user's sessions", "as they were \\| as they were"),
    ):
        assert re.search(rf"^\| {name} \| {wanted} \| yes \|$", printed, re.MULTILINE), name
    assert re.search(r"^\| refresh, over 6 \| [\d.]+ \| [\d.,]+ \| [\d.,]+ \| \*\*[\d.]+\*\* ", printed, re.MULTILINE)


def test_a_flood_leaves_nothing_held():
    printed = run("soak.holding", "--passes", "4", "--share", "40")
    assert re.search(r"^[+-][\d.]+ kB, at most 50; ", printed, re.MULTILINE)
    assert not re.search(r" 5(?!03)\d\d \d", printed), "no status is 5xx but 503"

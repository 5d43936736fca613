"""The benchmarks whose figures are in docs/performance.md, tried out with next to nothing to do."""

import re

import pytest

from tests.services.benchmark import run_benchmark

# They start a PostgreSQL of their own; where the run's could be started, theirs can be.
pytestmark = [pytest.mark.postgres, pytest.mark.server, pytest.mark.slow, pytest.mark.usefixtures("postgres_server")]


def run(module, *options, status=frozenset({0})):
    """What it printed."""
    ended, printed = run_benchmark(module, *options)
    assert ended in status, printed
    return printed


def test_revocations_are_timed_everywhere():
    printed = run("revocation_latency", "--revocations", "3", "--phases", "plain,killed", "--load", "30")
    for name in ("server 1", "server 2", "server 3", "FastAPI", "everywhere"):
        assert re.search(rf"^  {name} ", printed, re.MULTILINE)
    assert printed.count("0 accepted later than 1 s after the commit, 0 never refused") == 2


def test_a_rotation_is_seen_and_nothing_fails():
    hurried = ("--hurry", "8", "--access-lifetime", "4s", "--sessions", "12", "--rate", "30")
    printed = run("rotation_under_load", "--rotations", "1", "--jwks-max-age", "1s", *hurried)
    assert re.search(r"^rotations seen +1$", printed, re.MULTILINE)
    assert re.search(r"^failures +0$", printed, re.MULTILINE)

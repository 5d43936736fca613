"""A short run of the fault harness: every fault once, under load, on real processes; nothing may be lost by it."""

import json
import os
import random
import re

import pytest

from benchmarks.faults.calling import KINDS
from benchmarks.faults.nemesis import FAULTS
from tests.services.benchmark import run_benchmark

# It starts a PostgreSQL of its own; where the run's could be started, this one can be.
pytestmark = [pytest.mark.postgres, pytest.mark.server, pytest.mark.slow, pytest.mark.usefixtures("postgres_server")]

SECONDS = 300
BOUND = ("DPoP", "device cookie")


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    """What the run found; ``KEYTURN_FAULTS_SEED`` makes one that went wrong happen again."""
    directory = tmp_path_factory.mktemp("faults")
    seed = os.environ.get("KEYTURN_FAULTS_SEED") or str(random.SystemRandom().randrange(1_000_000))
    print(f"KEYTURN_FAULTS_SEED={seed}")
    options = ("--quick", "--seed", seed, "--directory", str(directory))
    _, printed = run_benchmark("faults", *options, seconds=SECONDS)
    assert (directory / "findings.json").exists(), printed
    return json.loads((directory / "findings.json").read_text())


@pytest.mark.needs("nginx", "/proc")
@pytest.mark.timeout(SECONDS + 30)
def test_nothing_is_lost_and_nobody_who_is_bound_is_signed_out_while_everything_breaks_once(findings):
    assert findings["violations"] == dict.fromkeys(findings["violations"], 0), findings["sentences"]
    assert {kind: findings["signed_out"].get(kind, 0) for kind in BOUND} == dict.fromkeys(BOUND, 0)
    # Faults in every generation are more than a session that is bound to nothing forgives, and nothing but the rule
    # ends it.
    assert all(re.search(r": refresh_reused to ", sentence) for sentence in findings["sentences"])


@pytest.mark.needs("nginx", "/proc")
@pytest.mark.timeout(SECONDS + 30)
def test_it_was_a_run_in_which_something_happened(findings):
    # What could not be done here (a disk cannot be filled without root) is the one thing that may be missing.
    assert findings["hollow"] == [f"not done: {name}: {why}" for name, why in findings["missing"].items()]
    assert findings["faults"] == findings["effects"] == dict.fromkeys(FAULTS.keys() - findings["missing"].keys(), 1)
    assert min(findings["refreshes"][kind.name] for kind in KINDS) > 20

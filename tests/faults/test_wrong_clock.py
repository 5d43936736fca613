"""A process whose wall clock is wrong: whoever asks for the time gets it wrong alike, and spans stay as they are."""

import json
import struct
import subprocess
import sys
import time

import pytest

from benchmarks.faults.nodes import WRONG_CLOCK
from tests.services.process import clean_environment

SCRIPT = """
import json, time
from datetime import UTC, datetime
from keyturn.clock import utc_now
print(json.dumps({
    "time": time.time(),
    "time_ns": time.time_ns() / 1e9,
    "keyturn": utc_now().timestamp(),
    "monotonic": time.monotonic(),
}))
"""


@pytest.mark.parametrize("ahead", [300, 0, -300])
def test_every_clock_of_the_wall_is_wrong_alike_and_the_steady_one_is_not(tmp_path, ahead):
    clock = tmp_path / "clock"
    clock.write_bytes(struct.pack("@q", ahead))
    before, steady_before = time.time(), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=clean_environment({"WRONG_CLOCK": str(clock), "PYTHONPATH": str(WRONG_CLOCK)}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    after, steady_after = time.time(), time.monotonic()
    told = json.loads(done.stdout)
    for name in ("time", "time_ns", "keyturn"):
        assert before <= told[name] - ahead <= after, name
    assert steady_before <= told["monotonic"] <= steady_after

"""What a process remembers, for how long, and in how much memory."""

import subprocess
import sys
from threading import Event, Thread
from uuid import uuid4

import pytest

from keyturn.feed.memory import RevokedSet


def test_what_was_added_is_there_and_nothing_else():
    memory = RevokedSet(420)
    memory.add(7, 1_000.0)
    memory.add_kid("key-1", 1_000.0)
    assert 7 in memory
    assert "key-1" in memory
    assert 8 not in memory
    assert "7" not in memory
    assert "key-2" not in memory
    assert len(memory) == 2


@pytest.mark.parametrize("keep", [0, 0.5, 1, 8, 60, 420, 86_460])
def test_nothing_is_forgotten_before_its_time_nor_kept_for_much_longer(keep):
    memory = RevokedSet(keep)
    times = [1_700_000_000 + n * keep / 50 for n in range(200)]
    for number, at in enumerate(times):
        memory.add(number, at)
    for now in [1_700_000_000 + n * keep / 13 for n in range(100)]:
        memory.forget(now)
        for number, at in enumerate(times):
            if now <= at + keep:
                assert number in memory
            if now > at + keep * 1.125 + 1:
                assert number not in memory
    memory.forget(1e12)
    assert len(memory) == 0


def test_the_same_session_again_later_is_remembered_from_then_on():
    memory = RevokedSet(100)
    memory.add(1, 1_000)
    memory.add(1, 1_090)
    memory.forget(1_150)
    assert 1 in memory


def test_it_holds_few_bundles_however_long_it_runs():
    memory = RevokedSet(420)
    for second in range(0, 100_000, 10):
        memory.add(second, second)
        memory.forget(second)
        assert len(memory.bundles()) <= 10
    assert len(memory) <= 49


def test_one_writer_and_many_readers_need_no_lock():
    memory = RevokedSet(10)
    memory.add(-1, 1e9)
    done, wrong = Event(), []

    def look():
        while not done.is_set():
            if -1 not in memory:
                wrong.append("lost")
            len(memory)

    readers = [Thread(target=look) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(20_000):
        memory.add(number, float(number))
        memory.forget(float(number))
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_a_set_that_keeps_for_longer_takes_over():
    old, new = RevokedSet(10), RevokedSet(1_000)
    old.add(1, 500.0)
    old.add_kid("key-1", 500.0)
    new.take(old)
    new.forget(1_400)
    assert 1 in new
    assert "key-1" in new


MEASURED = """
import os, sys, uuid
from keyturn.feed.memory import RevokedSet

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

before = resident()
memory = RevokedSet(420)
peak = before
for number in range(1_000_000):
    memory.add(uuid.UUID(bytes=os.urandom(16)).int, 1_700_000_000 + number * 420 / 1_000_000)
    if number % 10_000 == 0:
        peak = max(peak, resident())
assert len(memory) == 1_000_000
print(max(peak, resident()) - before)
"""


@pytest.mark.slow
@pytest.mark.needs("/proc")
def test_a_million_sessions_take_less_than_150_megabytes():
    """The largest resident set while a million ids come in, above what the process had before."""
    said = subprocess.run([sys.executable, "-c", MEASURED], check=True, capture_output=True, text=True, timeout=100)
    grown = int(said.stdout)
    print(f"a million revoked sessions: {grown / 1e6:.0f} MB")
    assert grown < 150e6


def test_ids_are_those_of_uuids():
    memory = RevokedSet(10)
    sid = uuid4()
    memory.add(sid.int, 0)
    assert sid.int in memory

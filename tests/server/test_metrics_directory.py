"""The directory in which workers share their numbers: added up when one ends, and gone with the server."""

import fcntl
import os
import tempfile

import pytest
from prometheus_client import mmap_dict
from prometheus_client.multiprocess import MultiProcessCollector

from keyturn_server.observing.metrics_directory import VARIABLE, bury, reading, shared_directory

ENDED = 4_194_305  # beyond the largest id that Linux gives (proc(5), "pid_max")


def _write(directory, kind, pid, values):
    made = mmap_dict.MmapedDict(str(directory / f"{kind}_{pid}.db"))
    for labels, value in values.items():
        made.write_value(mmap_dict.mmap_key("asked", "asked_total", ["of"], [labels], "How often."), value, 0.0)
    made.close()


def _told(directory):
    samples = [
        sample for metric in MultiProcessCollector(None, path=str(directory)).collect() for sample in metric.samples
    ]
    return {sample.labels["of"]: sample.value for sample in samples}


@pytest.fixture
def directory(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


def test_what_a_worker_counted_stays_counted_and_its_files_do_not_pile_up(directory):
    _write(directory, "counter", ENDED, {"a": 1, "b": 2})
    _write(directory, "counter", ENDED + 1, {"b": 3, "c": 4})
    before = _told(directory)
    bury(ENDED)
    bury(ENDED + 1)
    assert _told(directory) == before == {"a": 1, "b": 5, "c": 4}
    assert [file.name for file in directory.glob("*.db")] == ["counter_0.db"]
    # One that takes the same id later.
    _write(directory, "counter", ENDED, {"a": 10})
    bury(ENDED)
    assert _told(directory)["a"] == 11


def test_how_a_worker_stood_goes_with_it(directory):
    _write(directory, "gauge_livesum", ENDED, {"a": 1})
    bury(ENDED)
    assert list(directory.glob("*.db")) == []


def test_nothing_is_added_while_somebody_reads(directory):
    _write(directory, "counter", ENDED, {"a": 1})
    with reading(directory), (directory / "lock").open("rb") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with (directory / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_without_a_directory_there_is_nothing_to_add(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    bury(ENDED)


def test_what_a_killed_server_left_is_removed_by_the_next_and_a_living_ones_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv(VARIABLE, raising=False)
    left, foreign, living = (tmp_path / f"keyturn-metrics-{name}" for name in ("left", "foreign", "living"))
    for each in (left, foreign, living):
        each.mkdir()
    (left / "held").touch()
    (left / "counter_1.db").touch()
    with (living / "held").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        with shared_directory():
            assert not left.exists()
            # Nothing says that this one is a server's that has ended.
            assert foreign.exists()
            assert living.exists()
    assert sorted(tmp_path.iterdir()) == sorted([foreign, living])


def test_what_belongs_to_another_user_is_not_looked_into(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv(VARIABLE, raising=False)
    left = tmp_path / "keyturn-metrics-left"
    left.mkdir()
    # Opened, it would wait for a writer.
    os.mkfifo(left / "held")
    owner = left.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with shared_directory():
        assert left.exists()

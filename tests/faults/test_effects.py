"""A fault counts where its effect was seen, and does not where it was done and nothing came of it."""

import asyncio
import json
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.faults import around, nemesis
from benchmarks.faults.around import Balancer
from benchmarks.faults.calling import KINDS
from benchmarks.faults.history import Recorder, What, read
from benchmarks.faults.nemesis import FAULTS, Nemesis

WORKERS = (11, 12)


class Daemon:
    """A service that does what it is told, or nothing at all."""

    def __init__(self, heeds):
        self.heeds = heeds
        self.pid: int | None = 1
        self.is_held = False

    def pause(self):
        self.is_held = self.heeds

    def resume(self):
        self.is_held = False

    def kill(self):
        self.pid = None if self.heeds else self.pid

    def start(self):
        self.pid = 2 if self.heeds else self.pid


class Node:
    """A node that does what it is told, or nothing at all."""

    def __init__(self, heeds):
        self.heeds = heeds
        self.name = "node 1"
        self.server = SimpleNamespace(pid=1)
        self.is_up = True
        self.is_paused = False
        self.clock = 0
        self.clocks = []
        self._workers = set(WORKERS)

    def wait(self):
        """It answers at once."""

    def kill(self):
        self.is_up = not self.heeds

    def start(self):
        self.is_up = True

    def is_deaf(self):
        return not self.is_up

    def kill_worker(self):
        if not self.heeds:
            return None
        self._workers = {12, 13}
        return 11

    def workers(self):
        return self._workers

    def renew(self):
        self._workers = {21, 22} if self.heeds else self._workers

    def pause(self):
        self.is_paused = self.heeds

    def resume(self):
        self.is_paused = False

    def set_clock(self, ahead):
        self.clocks.append(ahead)
        self.clock = ahead if self.heeds else 0

    def ahead(self):
        return self.clock + 1.5


class Pair:
    """Two databases that do what they are told, or nothing at all."""

    can_be_filled = True

    def __init__(self, heeds):
        self.heeds = heeds
        self.primary, self.standby = (SimpleNamespace(port=port, daemon=Daemon(heeds)) for port in (1, 2))
        self.is_full = False

    def fail_over(self):
        self.primary.daemon.kill()
        if self.heeds:
            self.primary, self.standby = self.standby, self.primary

    def mend(self):
        """There is a standby again."""

    def wait_until_followed(self):
        """There always is."""

    def restart(self, how):
        self.primary.daemon.start()

    def take_writes(self, allowed):
        return self.heeds

    def cut(self):
        return 7 if self.heeds else 0

    def fill(self):
        self.is_full = self.heeds

    def has_no_space(self):
        return self.is_full

    def empty(self):
        self.is_full = False


class Proxy:
    """A proxy that breaks its connections when it is told to, or none."""

    pid = 3

    def __init__(self, heeds):
        self.heeds = heeds
        self.lines = []

    def cut(self):
        self.lines.append(json.dumps({"connections cut": 40 if self.heeds else 0}))

    def output(self):
        return "\n".join(self.lines)


@pytest.fixture
def made(monkeypatch, tmp_path):
    """Make a nemesis whose victims heed it, or do not."""
    recorders = []

    def make(*, heeds):
        node, proxy = Node(heeds), Proxy(heeds)
        monkeypatch.setattr(nemesis, "_PATIENCE", 0.05)
        monkeypatch.setattr(nemesis, "are_held", lambda pid: node.is_paused)
        monkeypatch.setattr(
            "benchmarks.faults.nemesis.os.kill", lambda pid, _: proxy.cut() if pid == proxy.pid else node.renew()
        )
        recorders.append(Recorder(tmp_path / "history.jsonl"))
        nodes: Any = SimpleNamespace(all=[node])
        valkey: Any = SimpleNamespace(daemon=Daemon(heeds))
        pair: Any = Pair(heeds)
        victim: Any = proxy
        return Nemesis(nodes, pair, valkey, victim, recorders[-1], Random(1), (0.0, 0.0))

    yield make
    for recorder in recorders:
        recorder.close()


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_has_its_effect_is_written_down_as_one(made, tmp_path, name):
    made_so = made(heeds=True)
    assert asyncio.run(made_so.do(name)).is_shown
    made_so.recorder.close()
    begun, ended = read(tmp_path / "history.jsonl")
    assert (begun.what, begun.kind, begun.reason, begun.status) == (What.FAULT, name, "begins", 0)
    assert (ended.what, ended.kind, ended.status) == (What.FAULT, name, 1)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_which_nothing_came_is_not(made, tmp_path, name):
    made_so = made(heeds=False)
    assert not asyncio.run(made_so.do(name)).is_shown
    made_so.recorder.close()
    assert [event.status for event in read(tmp_path / "history.jsonl")] == [0, 0]


def test_a_clock_is_stepped_by_five_minutes_both_ways_before_it_is_by_less(made):
    made_so = made(heeds=True)
    for _ in range(6):
        asyncio.run(made_so.do("clock stepped"))
    (node,) = made_so.nodes.all
    stepped = [ahead for ahead in node.clocks if ahead]
    assert set(stepped[:2]) == {-300, 300}
    assert sorted(stepped) == [-300, -90, -20, 20, 90, 300]


def test_the_faults_are_those_that_the_page_tells_of():
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "faults.md").read_text()
    rows = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")]
    assert set(FAULTS) <= set(rows)


def test_a_sample_of_nginx_that_says_nothing_of_a_refresh_is_refused(monkeypatch, tmp_path):
    sample = tmp_path / "keyturn-proxy.conf"
    sample.write_text("location / {}\n")
    monkeypatch.setattr(around, "_SAMPLE", sample)
    monkeypatch.setattr(around, "find_nginx", lambda: "/bin/true")
    with pytest.raises(RuntimeError, match="how long nginx waits"):
        Balancer([1], waits=2.0)


def test_clients_wait_as_long_as_the_clients_that_are_documented():
    root = Path(__file__).parents[2]
    page = (root / "docs" / "how-to" / "front-end.md").read_text()
    assert f"AbortSignal.timeout({KINDS[0].waits[0] * 1000:.0f})" in page
    assert "options.timeout ?? 10_000" in (root / "web" / "client" / "src" / "config.ts").read_text()
    assert "core.timeout / (core.failures < 3 ? 3 : 1)" in (root / "web" / "client" / "src" / "renewing.ts").read_text()
    (web,) = (kind for kind in KINDS if kind.web)
    assert web.waits == pytest.approx([10 / 3] * 3 + [10])

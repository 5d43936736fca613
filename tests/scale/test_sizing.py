"""The table of docs/scale.md is arithmetic over measured files, and nothing else."""

import json
import re

import pytest

from benchmarks.compare.counting import Counts
from benchmarks.compare.results import BackendResult, Machine, Result, write
from benchmarks.compare.running import Sample
from benchmarks.sizing import MARKS, PAGE, Measured, Wanted, main, markdown

COST = Measured(server=0.9, database=0.3, wal=160, session=500, sessions=10_000_000, source="a processor, commit abc")


def cells(text):
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {row[0]: row[-1].strip(" |") for row in rows}


def test_it_multiplies_what_was_measured_by_what_is_wanted():
    table = cells(markdown(COST, Wanted(users=100_000_000, refreshes=50_000)))
    # 50,000 x 0.9 ms = 45 s of processor time each second, at 60 % of 75 cores.
    assert table["cores for Keyturn"] == "75"
    assert table["cores for the database"] == "25"
    assert table["machines of 32 cores for the database"] == "1"
    assert table["clients in use at once"] == "15 million"
    assert table["connections, a worker a core, 9 each"] == "675"
    assert table["log of the database"] == "8 MB/s"
    assert table["table of sessions"] == "100 GB"


@pytest.mark.parametrize(("refreshes", "machines"), [(1, 1), (64_000, 1), (64_001, 2), (128_001, 3)])
def test_a_database_is_cut_when_a_machine_is_full(refreshes, machines):
    assert Wanted(refreshes=refreshes).shards(0.3) == machines


def test_the_figures_are_those_of_the_measured_files(tmp_path, monkeypatch, capsys):
    """Medians of our own refreshes, and the largest table."""
    refreshes = [Sample(100, 1.0, 1.0, 2.0, 3.0, server=ms, database=ms / 2, driver=0.1) for ms in (0.9, 1.2, 7.0)]
    ours = BackendResult(
        title="Keyturn",
        refresh_is="a refresh",
        versions={},
        cold_start=[1.0],
        memory=(100.0, 200.0),
        samples={"refresh": refreshes},
        crowd=[],
        counts={"refresh": Counts(1, 0, 0, 0, wal=160)},
    )
    machine = Machine(cores=2, processor="a processor", system="a system", postgres="18", load=0.0)
    result = Result("abcdef0123456789", "2031-05-17", "a command", machine, {"rate": 1.0}, {"keyturn": ours})
    write(result, tmp_path / "comparison.json")
    sizes = [{"sessions": 10_000, "megabytes": 90.0}, {"sessions": 1_000_000, "megabytes": 400.0}]
    (tmp_path / "growth.json").write_text(json.dumps(sizes))
    monkeypatch.setattr("sys.argv", ["sizing", "--results", str(tmp_path), "--refreshes", "1000"])
    assert main() == 0
    said = capsys.readouterr().out
    table = cells(said)
    # 1,000 x 1.2 ms at 60 % of two cores; 200 million sessions of 400 bytes.
    assert table["cores for Keyturn"] == "2"
    assert table["cores for the database"] == "1"
    assert table["table of sessions"] == "80 GB"
    assert said.rstrip().endswith("Measured on: a processor, commit abcdef012345.")


def test_without_measured_files_it_says_which_to_make_and_writes_nothing(tmp_path, monkeypatch, capsys):
    before = PAGE.read_text()
    monkeypatch.setattr("sys.argv", ["sizing", "--results", str(tmp_path), "--publish"])
    assert main() == 1
    assert "make bench" in capsys.readouterr().out
    assert PAGE.read_text() == before


def test_the_page_has_a_place_for_it_and_nothing_by_hand_there():
    page = PAGE.read_text()
    begin, end = MARKS
    assert page.count(begin) == 1
    assert page.count(end) == 1
    inside = page.partition(begin)[2].partition(end)[0].strip()
    assert inside == "" or re.search(r"Measured on: .+, commit \w+\.$", inside)

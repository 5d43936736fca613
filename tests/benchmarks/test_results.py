"""What becomes of a measurement: ratios, tables, plots, and the page they are published on."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from benchmarks import growth, plots
from benchmarks.compare import publish, tables
from benchmarks.compare.__main__ import ALL
from benchmarks.compare.calls import Operation
from benchmarks.compare.counting import Counts
from benchmarks.compare.environments import PEERS
from benchmarks.compare.results import BackendResult, Machine, Result, read, write
from benchmarks.compare.running import Sample

MACHINE = Machine(cores=2, processor="Some Processor", system="Linux 6", postgres="18.0", load=0.1)


def sample(rate, **given):
    figures = {"p50": 10.0, "p95": 20.0, "p99": 25.0, "server": 1.0, "database": 0.5, "driver": 0.02}
    return Sample(answers=rate, seconds=1.0, **{**figures, **given})


def backend(title, rates, *, verify=True, statements=1.0):
    operations: list[Operation] = ["refresh", "get", "login"]
    if verify:
        operations.append("verify")
    return BackendResult(
        title=title,
        refresh_is="a refresh",
        versions={"Python": "3.11"},
        cold_start=[1.0, 3.0, 2.0],
        memory=(100.0, 200.0),
        samples={operation: [sample(rate) for rate in rates] for operation in operations},
        crowd=[sample(100, p50=10.0, p99=25.0)],
        counts={"refresh": Counts(statements, 0.0, 0.0, 0.0, 150.0)},
    )


def result(ours=(900, 1000, 2000), theirs=(100, 100, 100), **more):
    backends = {"tutorial": backend("stock", theirs), "keyturn": backend("Keyturn", ours), **more}
    return Result("abc", "2026-01-01", "make bench", MACHINE, {"rate": 40_000.0, "driver": 0.02}, backends)


def test_a_ratio_is_the_median_of_the_rounds_ratios():
    # 9, 10 and 5 times: not the ratio of the medians, which is 10.
    assert result(ours=(900, 1000, 2000), theirs=(100, 100, 400)).ratio("keyturn", "refresh") == 9


def test_what_a_backend_has_not_has_no_ratio():
    without = result(other=backend("Other", (1, 2, 3), verify=False))
    assert without.ratio("other", "verify") is None
    assert without.ratio("other", "refresh") == 0.02


def test_a_result_is_read_as_it_was_written(tmp_path):
    made = result()
    write(made, tmp_path / "result.json")
    assert read(tmp_path / "result.json") == made


def goals(made):
    rows = re.findall(r"^\| (.+?) \| [\d.]+ \| [\d.]+ \| (.+?) \| (.+?) \|$", tables.markdown(made), re.MULTILINE)
    return {name: verdict for name, _, verdict in rows}


@pytest.mark.parametrize(("rate", "verdict"), [(1200, "reached"), (1000, "at least that"), (700, "missed")])
def test_a_goal_of_more_is_judged_by_what_was_measured(rate, verdict):
    assert goals(result(ours=(rate,) * 3))["refresh, times the tutorial's backend"] == verdict


@pytest.mark.parametrize(("statements", "verdict"), [(1.01, "reached"), (1.5, "at least that"), (2.5, "missed")])
def test_a_goal_of_less_is_judged_by_what_was_measured(statements, verdict):
    made = result()
    made.backends["keyturn"].counts["refresh"] = Counts(statements, 0, 0, 0, 0)
    assert goals(made)["statements per refresh"] == verdict


def test_a_goal_that_needs_an_absent_peer_is_said_not_to_be_measured():
    assert goals(result())["refresh, times node oidc-provider"] == "not measured"


def test_every_backend_stands_in_every_table():
    made = result(other=backend("Some other", (1, 2, 3), verify=False))
    # Rates, latencies, processor time, statements, memory; and what it is made of.
    assert tables.markdown(made).count("\n| Some other |") == 5
    assert "- **Some other** (Python 3.11). Its refresh: a refresh." in tables.markdown(made)


def test_plots_are_well_formed_and_say_what_they_show():
    other = replace(backend("Less < than & more", (1, 2, 3), verify=False), samples={"refresh": [sample(3)]})
    drawn = publish.plots(result(other=other))
    assert set(drawn) == {"refresh.svg", "get.svg", "processor.svg", "latency.svg"}
    for text in drawn.values():
        said = " ".join(ET.fromstring(text).itertext())
        assert "Keyturn" in said
        assert "Less < than & more" in said
    assert "has none" in drawn["get.svg"]


def test_the_longest_bar_is_as_long_as_its_share():
    drawn = plots.bars("x", [plots.Bar("a", [50]), plots.Bar("b", [100])])
    a, b = (float(width) for width in re.findall(r'<rect x="[\d.]+" y="\d+" width="([\d.]+)"', drawn))
    assert a == pytest.approx(b / 2)


@pytest.mark.parametrize(("number", "said"), [(0.123, "0.12"), (12.34, "12.3"), (1234.5, "1,234")])
def test_figures_have_about_three_digits(number, said):
    assert plots.figure(number) == said


def test_what_is_published_stands_between_its_marks_and_nothing_else_changes():
    begin, end = publish.MARKS
    page = f"before\n{begin}\nold\n{end}\nafter\n"
    changed = publish.between(page, "new")
    assert changed == f"before\n{begin}\n\nnew\n\n{end}\nafter\n"
    assert publish.between(changed, "new") == changed


def test_a_page_without_marks_is_refused():
    with pytest.raises(ValueError, match="no marks"):
        publish.between("a page", "new")


def test_the_page_has_the_marks_of_both_programs():
    page = publish.PAGE.read_text(encoding="utf-8")
    for begin, end in (publish.MARKS, growth.MARKS):
        assert page.count(begin) == page.count(end) == 1


class TestPublished:
    """What stands in the documentation is what the program wrote."""

    def test_the_tables_and_plots_come_from_the_result_beside_them(self):
        kept = publish.FOLDER / "comparison.json"
        page = publish.PAGE.read_text(encoding="utf-8")
        if not kept.exists():
            begin, end = publish.MARKS
            assert page.partition(begin)[2].partition(end)[0].strip() == ""
            return
        found = read(kept)
        assert publish.between(page, publish.text_of(found)) == page
        for name, drawn in publish.plots(found).items():
            assert (publish.FOLDER / name).read_text(encoding="utf-8") == drawn

    def test_so_does_the_table_of_growth(self):
        kept = publish.FOLDER / "growth.json"
        if kept.exists():
            sizes = [growth.Size(**one) for one in json.loads(kept.read_text(encoding="utf-8"))]
            assert growth.markdown(sizes).strip() in publish.PAGE.read_text(encoding="utf-8")
            assert (publish.FOLDER / "growth.svg").read_text(encoding="utf-8") == growth.plot(sizes)


def size(sessions, *p50):
    return growth.Size(sessions, sessions // 10, 5.0, p50, p50, p50, p50, p50)


def test_growth_is_from_the_fewest_to_the_most_by_the_median_of_the_rounds():
    sizes = [size(10, 1.0, 2.0, 1.0), size(100, 9.0, 9.0, 9.0), size(1000, 1.5, 2.0, 1.1)]
    assert growth.growth(sizes) == pytest.approx(1.1)
    assert "1.10** times; goal 1.2, at least 1.5: reached" in growth.markdown(sizes)
    ET.fromstring(growth.plot(sizes))


class TestPeers:
    def test_each_has_a_name_of_its_own_and_a_refresh_a_get_and_a_login(self):
        assert len({peer.name for peer in ALL}) == len(ALL)
        for peer in ALL:
            assert {"refresh", "get", "login"} <= set(peer.calls), peer.name

    @pytest.mark.parametrize("lock", sorted(PEERS.glob("*/requirements.txt")), ids=lambda lock: lock.parent.name)
    def test_packages_of_python_are_pinned_with_checksums_and_no_registry(self, lock):
        text = lock.read_text(encoding="utf-8")
        pinned = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
        assert pinned
        assert all(re.match(r"\S+==\S+", one) and "--hash=sha256:" in one for one in pinned)
        assert "://" not in text
        assert "index-url" not in text

    @pytest.mark.parametrize("lock", sorted(PEERS.glob("*/package-lock.json")), ids=lambda lock: lock.parent.name)
    def test_packages_of_node_are_pinned_with_checksums_and_no_registry(self, lock):
        packages = {name: one for name, one in json.loads(lock.read_text(encoding="utf-8"))["packages"].items() if name}
        assert packages
        assert all("integrity" in one and "resolved" not in one for one in packages.values())

"""How a soak is judged: the line through its rounds, the flood's share, what must not be; and its catalogue."""

from collections import Counter
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from benchmarks.compare.publish import FOLDER, PAGE, between
from benchmarks.compare.results import Machine
from benchmarks.soak import results
from benchmarks.soak.__main__ import MARKS, text_of
from benchmarks.soak.malformed import Bait, catalogue
from benchmarks.soak.results import Kind, Phase, Result, Round, fit
from benchmarks.soak.tables import markdown, plot
from tests.bad_input.catalogue import bodies, wire
from tests.bad_input.catalogue.parts import b64

KINDS = ("refresh", "get", "verify", "login")


def phase(answers, *, memory=200.0, server=8.0, p99=20.0, refused=None):
    kinds = {kind: Kind(answers, 10.0, 15.0, p99, refused or {}) for kind in KINDS}
    return Phase(10.0, server, 2.0, 1.0, kinds, memory, 100.0, 50.0, 17.0)


def one_round(*, quiet=None, flooded=None, requests=500, flood=2.0, worst=None):
    # A thousand honest answers of a millisecond; the flood's program took two seconds.
    given = flooded or phase(250)
    return Round(quiet or phase(1000), given, requests, flood, {"400": requests}, worst or {})


def result(*rounds, **given):
    machine = Machine(cores=2, processor="Some Processor", system="Linux 6", postgres="18.0", load=0.1)
    made = Result(
        commit="abc",
        taken="2026-01-01",
        machine=machine,
        minutes=1,
        warm_up=2,
        connections=dict.fromkeys(KINDS, 4),
        costs=dict.fromkeys(KINDS, 1.0),
        flood=64,
        catalogue=7000,
        rounds=rounds or (one_round(),) * 4,
        tracebacks=0,
        is_unharmed=True,
    )
    return replace(made, **given)


def bad(made):
    return {check.name for check in made.checks() if not check.is_good}


class TestFit:
    def test_a_straight_line_has_no_bounds_but_itself(self):
        growth = fit([100.0, 101.0, 102.0, 103.0])
        assert (growth.low, growth.middle, growth.high) == pytest.approx((3, 3, 3))

    def test_noise_around_a_level_is_no_growth(self):
        growth = fit([100.0, 103.0, 99.0, 102.0, 100.0, 101.0])
        assert growth.low < 0 < growth.high

    def test_growth_beyond_the_noise_has_a_lower_bound_above_nothing(self):
        growth = fit([100.0, 110.0, 119.0, 131.0, 140.0])
        assert 30 < growth.low < 40 < growth.high < 50

    def test_two_values_say_nothing(self):
        with pytest.raises(ValueError, match="2 values"):
            fit([1.0, 2.0])


class TestChecks:
    def test_a_run_in_which_all_is_well_is_good(self):
        assert bad(result()) == set()

    def test_the_floods_share_is_of_all_processor_time_but_the_honest_requests(self):
        # Ten seconds of server and database and two of its program; of them one for 1,000 requests of a millisecond.
        assert result().share == pytest.approx(11 / 12)

    def test_honest_work_may_not_fall_by_more_than_that_share(self):
        rounds = (one_round(flooded=phase(250, server=0.0), flood=0.0),) * 4
        assert "honest work under the flood" in bad(result(*rounds))

    def test_each_connection_gets_its_turn(self):
        # 4 connections had 5 answers together, 64 of the flood had 500.
        kinds = {**phase(250).kinds, "get": Kind(5, 10.0, 15.0, 20.0, {})}
        rounds = (one_round(flooded=replace(phase(250), kinds=kinds)),) * 4
        assert bad(result(*rounds)) == {"turns of get, for one of the flood's"}

    def test_the_slowest_may_not_become_slower_than_the_others_do(self):
        rounds = (one_round(flooded=phase(250, p99=40.0)),) * 4
        assert bad(result(*rounds)) == {f"p99 of {kind} against its p50" for kind in KINDS}

    @pytest.mark.parametrize(("step", "grows"), [(0.5, False), (3.0, True)])
    def test_memory_may_not_grow(self, step, grows):
        rounds = [one_round(quiet=phase(1000, memory=200 + step * number)) for number in range(5)]
        assert ("growth of memory, MB" in bad(result(*rounds))) is grows

    def test_an_error_of_the_server_is_none_of_the_answers_there_may_be(self):
        rounds = (*(one_round(),) * 3, one_round(worst={"500 to bodies: b'POST'": 1}))
        assert bad(result(*rounds)) == {"malformed requests answered 5xx but 503, or never"}

    @pytest.mark.parametrize(("status", "counts"), [("503", False), ("401", True), ("hung up", True)])
    def test_an_honest_request_may_be_asked_to_come_again_and_nothing_else(self, status, counts):
        rounds = (*(one_round(),) * 3, one_round(flooded=phase(250, refused={status: 1})))
        assert ("honest requests refused, 503 apart" in bad(result(*rounds))) is counts

    def test_a_traceback_and_a_changed_session_are_told(self):
        assert len(bad(result(tracebacks=1, is_unharmed=False))) == 2


def test_a_result_is_read_as_it_was_written(tmp_path):
    results.write(result(), tmp_path / "soak.json")
    assert markdown(results.read(tmp_path / "soak.json")) == markdown(result())


def test_the_plot_has_a_line_for_each_half_of_the_rounds():
    drawn = ET.fromstring(plot(result()))
    assert len(drawn.findall("{http://www.w3.org/2000/svg}polyline")) == 2


def test_what_is_published_is_what_the_program_wrote():
    page = PAGE.read_text(encoding="utf-8")
    assert page.count(MARKS[0]) == page.count(MARKS[1]) == 1
    kept = FOLDER / "soak.json"
    if kept.exists():
        found = results.read(kept)
        assert between(page, text_of(found), marks=MARKS) == page
        assert (FOLDER / "soak.svg").read_text(encoding="utf-8") == plot(found)


@pytest.fixture(scope="module")
def sent():
    parts = ('{"alg": "ES256", "kid": "k", "typ": "at+jwt"}', '{"exp": 1}', "s" * 64)
    token = ".".join(map(b64, parts))
    values = {"username": "ada", "password": "x", "refresh": token, "sliding": token}
    signed = {"refresh": ["a.b.c"], "access": ["d.e.f"]}
    return list(catalogue(Bait(values, token, "an-id", "Basic x", signed)))


class TestCatalogue:
    def test_all_of_the_lists_of_bad_input_are_sent(self, sent):
        data = b"\n".join(one.data for one in sent)
        for body in (*bodies.UNREADABLE.values(), *wire.BODIES.values(), *wire.NO_HTTP.values(), b"a.b.c", b"d.e.f"):
            assert body in data

    def test_every_group_has_some(self, sent):
        groups = Counter(one.group for one in sent)
        assert set(groups) == {"no HTTP", "bodies", "too large", "forms", "headers", "tokens", "accounts"}
        assert groups.total() > 5_000

    def test_what_is_http_says_where_it_ends(self, sent):
        for one in sent:
            if one.is_whole:
                head, _, body = one.data.partition(b"\r\n\r\n")
                told = [line for line in head.split(b"\r\n") if line.startswith(b"Content-Length: ")]
                assert told == ([b"Content-Length: %d" % len(body)] if body or told else [])

"""What of a run of faults is published."""

import json

import pytest

from benchmarks.compare.publish import FOLDER, PAGE
from benchmarks.faults.publishing import MARKS, kept, markdown, publish

TOLD = {
    "seed": 7,
    "refreshes": {"DPoP": 20_000, "unbound": 50_000, "with a thief": 900, "thief": 100},
    "signed_out": {"unbound": 4},
    "asked": {"DPoP": 20_000, "unbound": 50_000},
    "unanswered": {"DPoP": 1_000, "unbound": 5_000},
    "violations": {"thieves unnoticed": 0, "answers with status 500": 0},
    "sentences": ["client 1 and so on"],
    "thefts": 100,
    "noticed": 99,
    "let_in": 40,
    "faults": {"node killed": 3, "failed over": 1},
    "effects": {"node killed": 3, "failed over": 1},
    "rows": 1_234,
    "tried_after_the_end": 50,
    "statuses": {"200": 90_000, "503": 12},
    "silences": 6_000,
    "sign_outs": 500,
    "seconds": 1800.0,
    "proxy": {"exchanges": 100_000, "requests lost": 1_250, "replies lost": 5_000},
    "hollow": [],
}


def test_each_kind_of_honest_client_has_its_log_outs_in_ten_thousand_refreshes():
    told = markdown({**TOLD, "commit": "abc"})
    assert "| unbound | 50,000 | 10.0% | **4** | 0.8 |" in told
    assert "| DPoP | 20,000 | 5.0% | **0** | 0 |" in told
    assert "| thief |" not in told
    assert told.startswith("70,900 refreshes in 30 minutes, seed 7, commit `abc`.")
    assert "failed over once, node killed 3 times" in told


def test_sentences_are_not_kept():
    assert "sentences" not in kept(TOLD)


def test_a_run_that_proves_nothing_is_not_published():
    with pytest.raises(ValueError, match="no thief got in"):
        publish({**TOLD, "hollow": ["no thief got in"]})


def test_what_is_published_is_what_the_program_wrote():
    page = PAGE.read_text(encoding="utf-8")
    assert page.count(MARKS[0]) == page.count(MARKS[1]) == 1
    found = FOLDER / "faults.json"
    if found.exists():
        assert markdown(json.loads(found.read_text(encoding="utf-8"))).strip() in page

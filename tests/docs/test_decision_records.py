"""Decision records: numbered in order, each with its three parts, all in the index."""

import re

from tests.docs.pages import ROOT, page

RECORDS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))


def test_they_are_numbered_without_a_gap():
    assert [int(path.name[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))


def test_each_says_context_decision_and_consequences_on_a_page():
    for path in RECORDS:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]} "), path.name
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], path.name
        assert len(text.splitlines()) <= 60, path.name


def test_the_index_has_each_under_its_title():
    index = page("docs/adr/README.md")
    for path in RECORDS:
        title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        assert f"- [{title}]({path.name})\n" in index


def test_the_numbers_that_the_code_names_exist():
    known = {path.name[:4] for path in RECORDS}
    for path in (ROOT / "src").rglob("*.py"):
        named = set(re.findall(r"\bADR (\d{4})\b", path.read_text(encoding="utf-8")))
        assert named <= known, path

"""The pages about the flows of accounts: each has its calls and answers, by words and addresses that there are."""

import json
import re

import pytest

from keyturn.api.schema_codes import CODES, FIELD_CODES
from keyturn.errors import REFUSALS, Reason
from tests.bad_input.openapi import document
from tests.docs.pages import ROOT, page

PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs/how-to").glob("accounts-*.md"))
FLOWS = [name for name in PAGES if name != "docs/how-to/accounts-in-a-project.md"]
_CURL = re.compile(r"^curl ([^\n]*?)http://localhost:8000(/[^ \\\n?]*)", re.MULTILINE)
WORDS = {*CODES, *FIELD_CODES, *(reason.value for reason in Reason), *(one.code for one in REFUSALS.values())}


@pytest.mark.parametrize("name", FLOWS)
def test_every_refusal_on_the_page_has_a_word_that_is_answered(name):
    rows = re.findall(r"^\| [^|]*?([45]\d\d)([^|]*)\|", page(name), re.MULTILINE)
    named = {word for _, cell in rows for word in re.findall(r"`(\w+)`", cell)} - {"reason", "PUT", "PATCH", "DELETE"}
    assert len(named) > 4
    assert named <= WORDS


@pytest.mark.parametrize("name", FLOWS)
def test_every_call_on_the_page_is_one_of_the_document(name):
    paths = document()["paths"]
    calls = [
        (method, address)
        for options, address in _CURL.findall(page(name))
        for method in (re.findall(r"-X (\w+)", options) or ["GET"])
    ]
    assert calls
    for method, address in calls:
        assert method.lower() in paths[address], (method, address)
    for address in re.findall(r"`(?:[A-Z]+ )…(/(?:auth|account)/[\w/-]+)`", page(name)):
        assert f"/auth/app/v1{address}" in paths, address


@pytest.mark.parametrize("name", FLOWS)
def test_the_answers_and_bodies_on_the_page_are_json(name):
    blocks = re.findall(r"```json\n(.*?)```", page(name), re.DOTALL)
    assert len(blocks) >= 1
    for block in blocks:
        json.loads(block)
    for body in re.findall(r"-d '(\{[^\n]*\})'$", page(name), re.MULTILINE):
        json.loads(body.replace("'\"'\"'", "'"))

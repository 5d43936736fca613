"""Following written instructions: what is clear is done, what is unclear is refused rather than guessed."""

import pytest

from tests.tutorials.edits import follow, replace_assignment
from tests.tutorials.readme import EXAMPLE, instructions


def test_what_is_there_already_stays_in_the_middle() -> None:
    edited = follow("A = 1\nNAMES = [\n    'b',  # a remark\n    'c',\n]\n", "NAMES = ['a', ..., 'd']")

    assert edited == "A = 1\nNAMES = [\n    'a',\n    'b',  # a remark\n    'c',\n    'd',\n]\n"


def test_imports_go_behind_the_imports() -> None:
    edited = follow("import os\n\nurls = ['b']\n", "from x import y\nurls = [y, ...]")

    assert edited == "import os\nfrom x import y\n\nurls = [y,\n    'b']\n"


@pytest.mark.parametrize("snippet", ["NAMES = ['a']", "NAMES = [..., ...]", "NAMES += ['a']", "print()"])
def test_an_unclear_instruction_is_refused(snippet: str) -> None:
    with pytest.raises(ValueError, match=r"print|NAMES|\.\.\."):
        follow("NAMES = ['b']\n", snippet)


def test_a_list_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        follow("OTHER = ['b']\n", "NAMES = [..., 'a']")


def test_an_assignment_is_replaced_in_place() -> None:
    assert replace_assignment("a = 1\nb = [\n 2]\nc = 3\n", "b", "\nb = 4\n") == "a = 1\nb = 4\nc = 3\n"


def test_the_marked_blocks_of_a_readme_are_found() -> None:
    blocks = instructions(EXAMPLE)

    assert follow("INSTALLED_APPS = [\n    'a'\n]\n", blocks["settings"]).endswith("[\n    'a',\n    'keyturn'\n]\n")
    assert blocks["commands"].startswith("pip install keyturn\n")


@pytest.mark.parametrize(
    ("wording", "other"),
    [("step: urls", "step: settings"), ("step: urls", "step: roots"), ("<!-- tutorial-step: urls -->", "")],
    ids=["doubled", "unknown", "missing"],
)
def test_a_readme_whose_blocks_are_not_the_three_known_is_refused(wording: str, other: str) -> None:
    with pytest.raises(AssertionError, match="tutorial-step"):
        instructions(EXAMPLE.replace(wording, other))

"""The page about the command line has every command and option of our own, with its default."""

import re

from keyturn.management.commands.prune_sessions import Command
from keyturn_server import cli, serve
from keyturn_server.env import Environment
from tests.docs.pages import ROOT, page, section, table

PAGE = page("docs/reference/cli.md")
PRUNE = page("docs/how-to/prune.md")


def test_every_command_of_our_own_is_on_the_page():
    documented = {row["command"] for row in table(PAGE, "command", "what it does")}

    assert {f"`keyturn {name}`" for name in cli._OWN} <= documented
    commands = (ROOT / "src/keyturn/management/commands").glob("[a-z]*.py")
    assert {f"`{path.stem}`" for path in commands} <= documented


def test_every_option_of_serve_is_on_the_page_with_its_default():
    environment = Environment.model_construct(port=8000, db_pool_size=8)
    actions = [one for one in serve.parser(environment)._actions if one.dest != "help"]
    documented = {
        row["option"].strip("`"): row["default"].strip("`")
        for row in table(section(PAGE, "keyturn serve"), "option", "default", "meaning")
    }

    assert list(documented) == [action.option_strings[0] for action in actions]
    for action in actions:
        if action.dest in {"host", "workers"}:
            assert documented[f"--{action.dest}"] == str(action.default)
    assert documented["--port"].endswith(", 8000")


def test_every_option_of_prune_sessions_is_on_its_page():
    parser = Command().create_parser("keyturn", "prune_sessions")
    own = {name for action in parser._actions for name in action.option_strings} & set(
        re.findall(r"--[a-z-]+", page("src/keyturn/management/pruning.py"))
    )

    assert own
    for name in own:
        assert f"`{name} " in PRUNE, name
        assert f"`{name} " in PAGE, name


def test_every_target_of_make_is_on_the_page():
    targets = set(re.findall(r"^([a-z-]+):.*##", page("Makefile"), re.MULTILINE)) - {"help"}

    assert set(re.findall(r"`make ([a-z-]+)`", PAGE)) == targets


def test_every_variable_that_the_pages_name_exists():
    known = {str(field.validation_alias) for field in Environment.model_fields.values()}
    of_tests = {"KEYTURN_TEST_DB"}
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")):
        named = set(re.findall(r"\bKEYTURN_[A-Z_]+\b", path.read_text(encoding="utf-8")))
        assert named - known - of_tests == set(), path

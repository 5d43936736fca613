"""The page about settings has every setting, with the default that the code has."""

import dataclasses
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from keyturn import conf
from tests.docs.pages import ROOT, page, section, table

PAGE = page("docs/reference/settings.md")
KNOWN: dict[str, Any] = {"KEYTURN": conf._KEYTURN, "SIMPLE_JWT": conf._SIMPLE_JWT}


def _hook():
    """Any callable."""


# What the column "type" says: values of that kind, and values that are not.
TYPES: dict[str, tuple[list[Any], list[Any]]] = {
    "duration": ([0, 1.5, timedelta(hours=1)], ["5", None, True, -1]),
    "duration, 1 s or more": ([1, timedelta(hours=1)], [0, "5", None, True]),
    "duration, 1 s or more, or None": ([None, 1, timedelta(hours=1)], [0, "5", True]),
    "duration, 60 s or more, or None": ([None, 60, timedelta(days=1)], [59, "60", True]),
    "duration, 86400 s or less": ([0, 86_400, timedelta(minutes=5)], [86_401, "60", None, True, -1]),
    '`"ES256"`, `"RS256"` or `"EdDSA"`': (["ES256", "RS256", "EdDSA"], ["HS256", "es256", None, 256]),
    "list of dictionaries with `ALGORITHM` and `KEY`": (
        [[], [{"ALGORITHM": "HS256", "KEY": "x"}], ({"ALGORITHM": "RS256", "KEY": b"x"},)],
        [{}, "x", None, ["x"], [{"KEY": "x"}], [{"ALGORITHM": "none", "KEY": "x"}]],
    ),
    "duration, 86400 s or more, or None": ([None, 86_400, timedelta(days=1)], [86_399, "86400", True, 0]),
    "dictionary with `URL` and `SECRET`, or None": (
        [None, {}, {"URL": "https://example.com", "SECRET": "x" * 24}],
        [[], "https://example.com", {"URL": "https://example.com"}, {"URL": "example.com", "SECRET": "x" * 24}, True],
    ),
    "duration or None": ([None, 0, timedelta(seconds=5)], ["5", True, -1]),
    "text of one line, 100 characters at most, or None": (["Example", None], ["", " ", "a\nb", "a" * 101, 5]),
    '`"thread"`, `"at_once"` or `"command"`': (["thread", "at_once", "command"], ["celery", "", None, True]),
    "URL, or None": (
        [None, "https://example.com", "http://localhost:8000/", "https://example.com/auth"],
        ["", "example.com", "https://", 5, "https://example.com/?x", "https://u:p@example.com", "https://ex ample.com"],
    ),
    "dictionary of URLs": (
        [{}, {"verify_email": "https://example.com/#{key}", "sign_in": "https://example.com/"}],
        [
            *(None, [], "https://example.com", {"verify_email": "https://example.com/"}, {"home": "https://a.example"}),
            *({"sign_in": "https://example.com/{key}"}, {"reset_password": "https://{key}.example.com/"}),
            *({"reset_password": "javascript:{key}"}, {"reset_password": "https://example.com/{key}/{key}"}),
        ],
    ),
    "list of origins": (
        [[], ["https://app.example.com", "http://localhost:5173"]],
        [None, "https://example.com", ["https://example.com/"], ["example.com"], ["*"], [5], ["https://example.com?x"]],
    ),
    "list of names of fields": (
        [[], ["nickname"], ("first_name",)],
        [None, "first_name", ["is_staff"], ["password"], ["email"], [5], [""]],
    ),
    "bool": ([True, False], [1, 0, "yes", None]),
    "text": (["email"], [5, "", None, b"x"]),
    "text or None": (["x", None], [5, ""]),
    "text, or tuple of texts": (["JWT", ("JWT", "Bearer")], [5, (), (5,), None]),
    "text or list of texts, or None": (["a", ["a", "b"], None], [5, [], [5]]),
    "text, bytes or a key, or None": (["x", b"x", None, object()], [5, ["x"], {}]),
    "one of HS, RS, PS, ES with 256, 384, 512; EdDSA": (["HS512", "ES256", "EdDSA"], ["none", "HS1", None, 256]),
    "URL or None": (["https://example.com/keys", None], ["example.com", "", 5]),
    "name as in `request.META`": (["HTTP_X_TOKEN"], ["X-Token", "", 5]),
    "name of a claim": (["uid"], ["exp", "sid", "", 5, None]),
    "name of a claim, or None": (["kind", None], ["exp", "gen", "", 5]),
    "dotted path": (["a.b"], ["a", "", 5, None]),
    "class or dotted path": (["a.b", dict], ["a", 5, None]),
    "class or dotted path, or None": (["a.b", dict, None], ["a", 5]),
    '`"nobody"`, `"staff"`, `"everybody"`, callable or dotted path': (
        ["nobody", "staff", "everybody", "a.b", _hook],
        ["somebody", "", "Staff", 5, None, True, ["staff"]],
    ),
    "callable or dotted path": (["a.b", _hook], ["a", 5, None]),
    "callable or dotted path, or None": (["a.b", _hook, None], ["a", 5]),
    "class or dotted path, or a tuple of them": (["a.b", ("a.b",), (dict,)], ["a", (), 5, None]),
    "whole number, 1024 or more": ([1024, 10**9], [1023, "2048", 2048.0, None, True]),
    "whole number, or a dictionary": ([0, 5, {"cookie": 3}, {}], [-1, 1.5, "5", {"cookies": 3}, {"cookie": "3"}]),
    'dictionary of rules such as `"5/5m"`': (
        [{}, {"login_pair": "10/1h"}, {"mail_email": None}],
        [[], "5/5m", None, {"logins": "5/5m"}, {"login_pair": "5"}, {"login_pair": 5}],
    ),
    "an alias of `CACHES`, or None": (["default", None], ["", 5, True]),
    "dictionary of providers": (
        [{}, {"google": {"CLIENT_ID": "a", "CLIENT_SECRET": "b"}}, {"acme": {"ISSUER": "https://x", "CLIENT_ID": "a"}}],
        [None, [], {"google": None}, {"google": {"CLIENT_ID": "a"}}, {"Acme": {}}, {"acme": {"ISSUER": "http://x"}}],
    ),
    "list of addresses and networks, as text": (
        [[], ["10.0.0.0/8", "::1"]],
        ["10.0.0.0/8", [5], ["10.0.0.1/8"], 5, None],
    ),
}


def rows(setting):
    return table(section(PAGE, setting), "name", "type", "default", "meaning")


@pytest.mark.parametrize("setting", KNOWN)
def test_every_setting_is_on_the_page_and_nothing_else(setting):
    assert [row["name"].strip("`") for row in rows(setting)] == list(KNOWN[setting])


@pytest.mark.parametrize("setting", KNOWN)
def test_the_defaults_on_the_page_are_those_of_the_code(setting):
    for row in rows(setting):
        default, check = KNOWN[setting][row["name"].strip("`")]
        written = eval(row["default"].strip("`"), {"timedelta": timedelta})
        assert check(written) == check(default), row["name"]


@pytest.mark.parametrize("setting", KNOWN)
def test_the_types_on_the_page_are_those_that_the_code_takes(setting):
    for row in rows(setting):
        _, check = KNOWN[setting][row["name"].strip("`")]
        right, wrong = TYPES[row["type"]]
        for value in right:
            check(value)
        for value in wrong:
            with pytest.raises((TypeError, ValueError)):
                print(row["name"], value, check(value))


def test_the_page_says_where_a_default_is_not_that_of_simplejwt():
    import rest_framework_simplejwt.settings as stock

    differs = {
        name
        for name, (default, check) in conf._SIMPLE_JWT.items()
        if name in stock.DEFAULTS and check(stock.DEFAULTS[name]) != check(default)
    }
    assert {row["name"].strip("`") for row in rows("SIMPLE_JWT") if "**simplejwt:" in row["meaning"]} == differs


def test_every_name_of_simplejwt_is_known():
    import rest_framework_simplejwt.settings as stock

    assert set(stock.DEFAULTS) - set(conf._SIMPLE_JWT) == set()


def test_the_example_is_accepted(settings):
    [example] = re.findall(r"^```python\nKEYTURN = (.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

    settings.KEYTURN = eval(example, {"timedelta": timedelta})

    assert conf.get().refresh_grace == timedelta(seconds=20)
    assert dataclasses.astuple(conf.get().refresh_forgive_after) == (10, 2, 0)


def test_every_system_check_is_on_the_page():
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/keyturn").rglob("checks.py"))
    in_code = set(re.findall(r'id="(keyturn\.\w+)"', code))
    documented = {row["id"].strip("`") for row in table(section(PAGE, "System checks"), "id", "what it says")}

    assert documented == in_code


def test_a_misspelt_name_is_answered_as_the_page_about_projects_shows(settings):
    shown = re.search(r"ImproperlyConfigured: (.*)", page("docs/how-to/add-to-a-project.md"))
    assert shown

    settings.SIMPLE_JWT = {"ACCES_TOKEN_LIFETIME": 60}

    with pytest.raises(ImproperlyConfigured) as refused:
        conf.get()
    assert str(refused.value) == shown[1]

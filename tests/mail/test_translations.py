"""The catalogues: complete, compiled, and in what is installed."""

import ast
import gettext
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import trans_real
from django.utils.translation.template import templatize

import keyturn
from keyturn.mail.rendering import render
from scripts.translations import compiled, read
from tests.docs.pages import ROOT
from tests.mail.test_rendering import EVERYTHING, NAMES

LOCALE = Path(keyturn.__file__).parent / "locale"
CATALOGUES = sorted(LOCALE.rglob("*.po"))


def test_there_is_a_catalogue():
    assert [path.relative_to(LOCALE).parts[0] for path in CATALOGUES] == ["de"]


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
def test_what_programs_read_is_what_was_written(catalogue):
    assert catalogue.with_suffix(".mo").read_bytes() == compiled(read(catalogue.read_text(encoding="utf-8"))), (
        "run: python3 scripts/translations.py"
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_sentence_of_every_mail_is_translated(name, monkeypatch):
    with CATALOGUES[0].with_suffix(".mo").open("rb") as file:
        ours = gettext.GNUTranslations(file)
    missing = []

    def looked_up(message):
        if ours.gettext(message) == message:
            missing.append(message)
        return ours.gettext(message)

    monkeypatch.setattr(trans_real, "gettext", looked_up)
    for context in (EVERYTHING, {}):
        with translation.override("de"):
            assert render(name, to="a@example.com", context=context).subject
    assert missing == []


def _in_code(path):
    """The sentences that a module hands to gettext, as catalogues name them."""
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "id", "")
        if name in {"_", "gettext", "gettext_lazy"}:
            yield ast.literal_eval(call.args[0])
        elif name in {"ngettext", "ngettext_lazy"}:
            yield "\0".join(ast.literal_eval(word) for word in call.args[:2])


_WORD = r"(?:u?'((?:[^'\\]|\\.)*)'|u?\"((?:[^\"\\]|\\.)*)\")"


def _in_template(path):
    """The same of a template: what Django's makemessages has xgettext read."""
    text = templatize(path.read_text(encoding="utf-8"))
    for kind, *found in re.findall(rf"\b(_|gettext|ngettext|pgettext)\({_WORD}(?:, ?{_WORD})?", text):
        one, two = ("".join(found[:2]), "".join(found[2:]))
        yield {"ngettext": f"{one}\0{two}", "pgettext": f"{one}\x04{two}"}.get(kind, one)


def _sentences():
    package = Path(keyturn.__file__).parent
    for path in sorted(package.rglob("*.py")):
        yield from _in_code(path)
    for path in sorted((package / "templates").rglob("*.*")):
        yield from _in_template(path)


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
def test_every_sentence_is_translated_and_no_other(catalogue):
    messages = set(read(catalogue.read_text(encoding="utf-8"))) - {""}
    wanted = set(_sentences())
    assert len(wanted) > 300
    assert wanted - messages == set()
    assert messages - wanted == set()


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
def test_every_translation_names_the_same_variables(catalogue):
    variables = re.compile(r"%(?:\((\w+)\))?[sd]")
    messages = read(catalogue.read_text(encoding="utf-8"))
    for key, value in messages.items():
        if key:
            assert sorted(variables.findall(key)) == sorted(variables.findall(value)), key


def test_the_compiler_knows_what_catalogues_hold(tmp_path):
    text = r"""
# a comment
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

#: somewhere
msgid "one"
msgstr "eins"
msgid "a "
"long one"
msgstr "ein "
"langes \"Stück\"\n"

msgctxt "of a letter"
msgid "one"
msgstr "ein Brief"

msgid "%d thing"
msgid_plural "%d things"
msgstr[0] "%d Ding"
msgstr[1] "%d Dinge"

#, fuzzy, python-format
msgid "unsure"
msgstr "unsicher"

#, fuzzy
msgctxt "twice"
msgid "unsure"
msgstr "unsicher"

msgid "untranslated"
msgstr ""

#~ msgid "gone"
#~ msgstr "weg"
"""
    (tmp_path / "made.mo").write_bytes(compiled(read(text)))
    with (tmp_path / "made.mo").open("rb") as file:
        made = gettext.GNUTranslations(file)

    assert made.gettext("one") == "eins"
    assert made.gettext("a long one") == 'ein langes "Stück"\n'
    assert made.pgettext("of a letter", "one") == "ein Brief"
    assert [made.ngettext("%d thing", "%d things", number) for number in (1, 2)] == ["%d Ding", "%d Dinge"]
    for word in ("unsure", "untranslated", "gone"):
        assert made.gettext(word) == word
    assert made.pgettext("twice", "unsure") == "unsure"


@pytest.mark.parametrize("text", ["nonsense", 'msgid "open', "msgid 5", '"from nowhere"'])
def test_the_compiler_refuses_what_is_no_catalogue(text):
    with pytest.raises(ValueError, match="line 1"):
        read(text)


@pytest.mark.slow
def test_a_wheel_holds_templates_and_compiled_catalogues(tmp_path):
    import zipfile

    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())

    assert "keyturn/locale/de/LC_MESSAGES/django.mo" in held
    assert {f"keyturn/templates/keyturn/mail/{name}.html" for name in NAMES} <= held
    assert "keyturn_server/templates/keyturn_server/inbox.html" in held

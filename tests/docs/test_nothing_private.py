"""No file of the project names a package registry or a place on somebody's machine."""

import os
import re
from pathlib import Path

from tests.docs.pages import ROOT

_GENERATED = {"__pycache__", "var", "build", "dist", "htmlcov", "node_modules", "screenshots"}
_KEPT_HIDDEN = {".ci", ".github", ".gitignore", ".editorconfig"}

# Written so that this file does not name them either.
_REGISTRY = re.compile(
    r"pyp[i]\.|pythonhoste[d]|npmj[s]|artifactor[y]|nexu[s]|jfro[g]|devp[i]|--(?:extra-)?index-ur[l]", re.IGNORECASE
)
_PLACE = re.compile(r"(?<![\w.$}])/(?:roo[t]|User[s]|wor[k]|tm[p]|hom[e]/[a-z][\w-]*)/\w")


def _files():
    for directory, folders, names in os.walk(ROOT):
        folders[:] = [
            name
            for name in folders
            if name not in _GENERATED
            and not name.endswith(".egg-info")
            and (not name.startswith(".") or name in _KEPT_HIDDEN)
        ]
        yield from (Path(directory, name) for name in names if not name.startswith(".") or name in _KEPT_HIDDEN)


def _found(pattern):
    return [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in _files()
        for match in pattern.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]


def test_the_patterns_find_what_they_are_for():
    assert _REGISTRY.search("https://pyp" + "i.org/simple")
    assert _REGISTRY.search("--extra-" + "index-url")
    assert _PLACE.search("see /ro" + "ot/keyturn")
    assert _PLACE.search("cd /ho" + "me/ann/keyturn")
    assert not _PLACE.search("GET /home/ and /home/live")


def test_no_file_names_a_package_registry():
    assert len(list(_files())) > 100
    assert _found(_REGISTRY) == []


def test_no_file_names_a_place_on_somebodys_machine():
    assert _found(_PLACE) == []

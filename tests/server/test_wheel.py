"""What a wheel holds of the web app, and what building it does on a machine that has no Node."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from scripts.node import ROOT
from scripts.web import fingerprint

# No part of it is compiled for one system.
_COMMAND = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]


def _names(directory: Path) -> set[str]:
    (wheel,) = directory.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.mark.slow
@pytest.mark.needs("the web app", "node")
def test_a_wheel_holds_the_app_of_these_sources(tmp_path):
    subprocess.run([*_COMMAND, "--directory", str(tmp_path)], cwd=ROOT, check=True, capture_output=True, timeout=110)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as held:
        names = set(held.namelist())
        stamp = json.loads(held.read("keyturn_server/web/build.json"))
        page = held.read("keyturn_server/web/app.html").decode()
    assert stamp["sources"] == fingerprint()
    for name in (part.split('"', 1)[0] for part in page.split('"/static/web/')[1:]):
        assert f"keyturn_server/web/static/{name}" in names
    assert "keyturn_server/web/lab.html" in names
    assert not any("node_modules" in name or name.endswith((".ts", ".tsx")) for name in names)


@pytest.mark.slow
def test_without_node_a_wheel_is_built_all_the_same_and_one_line_says_what_to_install(tmp_path):
    tree = tmp_path / "tree"
    for name in ("scripts", "src"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "web"))
    (tree / "web").mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    built = subprocess.run(
        [*_COMMAND, "--directory", str(tmp_path / "out")],
        cwd=tree,
        env={**os.environ, "PATH": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
        timeout=110,
    )
    (line,) = [line for line in (built.stdout + built.stderr).splitlines() if "Node" in line]
    assert "a plain page is served instead" in line
    assert "install Node 20.19 or newer" in line
    names = _names(tmp_path / "out")
    assert "keyturn_server/web_pages.py" in names
    assert not any(name.startswith("keyturn_server/web/") for name in names)

"""What scripts/web.py and scripts/node.py say of a machine that cannot build, and of a page that cannot be served."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import node, web

PLACE = '<script type="application/json" id="keyturn">{}</script>'
FILE = '<script type="module" crossorigin src="/static/web/assets/a-1.js"></script>'
AHEAD = '<link rel="modulepreload" crossorigin href="/static/web/assets/b-2.js">'


def _program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\necho {text}\n")
    path.chmod(0o755)


def _web(*words: str, path: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(node.ROOT / "scripts" / "web.py"), *words]
    environment = {**os.environ, "PATH": str(path)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


class TestNode:
    def test_none_is_told_in_one_line_with_what_to_install(self, tmp_path):
        asked = _web("packages", path=tmp_path)
        assert asked.returncode == 1
        assert asked.stderr.splitlines() == ["Node is not here: install Node 20.19 or newer (https://nodejs.org)"]

    def test_where_it_is_optional_all_goes_on(self, tmp_path):
        asked = _web("packages", "--optional", path=tmp_path)
        assert asked.returncode == 0
        assert len(asked.stdout.splitlines()) == 1
        assert "install Node 20.19 or newer" in asked.stdout

    @pytest.mark.parametrize("version", ["v18.20.4", "v20.18.9", "v8.0.0", "nonsense", ""])
    def test_one_that_is_too_old_is_none(self, tmp_path, monkeypatch, version):
        _program(tmp_path / "node", version)
        _program(tmp_path / "npm", "11.0.0")
        monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
        with pytest.raises(node.NodeError, match=r"install Node 20\.19"):
            node.find_node()

    @pytest.mark.parametrize("version", ["v20.19.0", "v22.1.0", "v100.0.0-pre"])
    def test_newer_ones_do(self, tmp_path, monkeypatch, version):
        _program(tmp_path / "node", version)
        _program(tmp_path / "npm", "11.0.0")
        monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
        assert node.find_node().version == version

    def test_npm_is_asked_for_too(self, tmp_path, monkeypatch):
        _program(tmp_path / "node", "v22.1.0")
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(node.NodeError, match="npm is not here"):
            node.find_node()


class TestPages:
    def test_one_with_files_of_its_own_alone_is_served(self):
        assert list(web.problems_of("app.html", f"<html>{PLACE}{AHEAD}{FILE}</html>")) == []

    @pytest.mark.parametrize(
        "html",
        [
            FILE,
            PLACE + PLACE,
            f"{PLACE}<script>go()</script>",
            f'{PLACE}<script type="module">go()</script>',
            f"{PLACE}<style>b {{}}</style>",
            f'{PLACE}<b style="color: red">x</b>',
            f'{PLACE}<b onclick="go()">x</b>',
        ],
    )
    def test_one_that_the_policy_would_break_is_not(self, html):
        assert list(web.problems_of("app.html", html))

    def test_its_first_load_is_its_scripts_and_what_is_loaded_ahead(self, tmp_path):
        (tmp_path / "assets").mkdir()
        for name in ("a-1.js", "b-2.js", "c-3.js"):
            (tmp_path / "assets" / name).write_bytes(os.urandom(1000))
        loaded = web.first_load(f"{PLACE}{FILE}{AHEAD}", tmp_path)
        assert 2000 < loaded < 2200
        assert web.first_load(f"{PLACE}{FILE}{FILE}", tmp_path) < 1100

    def test_packed_copies_are_the_same_bytes_each_time(self, tmp_path):
        (tmp_path / "a.js").write_text("let a = 1;\n" * 100)
        (tmp_path / "b.js").write_text("small")
        web.pack(tmp_path)
        first = (tmp_path / "a.js.gz").read_bytes()
        os.utime(tmp_path / "a.js", (1, 1))
        web.pack(tmp_path)
        assert (tmp_path / "a.js.gz").read_bytes() == first
        assert not (tmp_path / "b.js.gz").exists()


def test_an_edit_of_a_source_is_noticed_and_one_of_a_test_is_not(tmp_path, monkeypatch):
    source = tmp_path / "app" / "src" / "main.tsx"
    source.parent.mkdir(parents=True)
    (tmp_path / "client" / "src").mkdir(parents=True)
    for name in ("package-lock.json", "tsconfig.base.json"):
        (tmp_path / name).write_text("{}")
    source.write_text("one")
    monkeypatch.setattr(web, "WEB", tmp_path)
    before = web.fingerprint()
    (source.parent / "main.test.tsx").write_text("a test")
    assert web.fingerprint() == before
    source.write_text("two")
    assert web.fingerprint() != before

"""Each peer in an environment of its own below ``build/bench``, from its lock file, made once."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from scripts.bootstrap import create, environment_python, install_lock
from scripts.node import NodeError, find_node

__all__ = ["BUILD", "PEERS", "ROOT", "Missing", "NodeEnvironment", "PythonEnvironment"]

ROOT: Final = Path(__file__).resolve().parents[2]
PEERS: Final = ROOT / "benchmarks" / "peers"
BUILD: Final = ROOT / "build" / "bench"


class Missing(Exception):
    """This machine cannot run a peer; the text says what it lacks."""


def _stamp(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class PythonEnvironment:
    """A virtual environment of the interpreter that runs this.

    Args:
        name: of the peer's folder, which holds ``requirements.txt``.
    """

    def __init__(self, name: str) -> None:
        self.directory: Final = BUILD / name / "venv-{}.{}".format(*sys.version_info[:2])
        self.python: Final = self.directory / "bin" / "python"
        self._lock = PEERS / name / "requirements.txt"

    def install(self) -> None:
        """Bring it up to date; nothing where it is."""
        stamp = self.directory / ".installed"
        wanted = _stamp(sys.version, str(self.directory), self._lock.read_text())
        if stamp.exists() and stamp.read_text() == wanted:
            return
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        if stamp.exists() or environment_python(self.directory) is None:
            create(self.directory)
        install_lock(self.directory, self._lock)
        stamp.write_text(wanted)

    def versions(self, packages: Sequence[str]) -> dict[str, str]:
        """The versions installed of these packages."""
        code = (
            "import json, sys; from importlib.metadata import version as v; print(json.dumps([*map(v, sys.argv[1:])]))"
        )
        done = subprocess.run([self.python, "-c", code, *packages], capture_output=True, text=True, check=True)
        found = dict(zip(packages, json.loads(done.stdout), strict=True))
        return {"Python": ".".join(map(str, sys.version_info[:3])), **found}


class NodeEnvironment:
    """A folder with ``node_modules`` and the peer's own program.

    Args:
        name: of the peer's folder, which holds ``package-lock.json`` and what to run.
    """

    def __init__(self, name: str) -> None:
        self.directory: Final = BUILD / name
        self._source = PEERS / name

    def install(self) -> None:
        """Bring it up to date.

        Raises:
            Missing: there is no Node, or npm failed.
        """
        try:
            node = find_node()
        except NodeError as error:
            raise Missing(str(error)) from None
        self.directory.mkdir(parents=True, exist_ok=True)
        for file in (*self._source.glob("*.js*"), self._source / ".npmrc"):
            shutil.copy(file, self.directory)
        stamp = self.directory / ".installed"
        wanted = _stamp(node.version, (self._source / "package-lock.json").read_text())
        if stamp.exists() and stamp.read_text() == wanted:
            return
        print(f"Installing {self._source.relative_to(ROOT)}/package-lock.json (some seconds)", flush=True)
        done = subprocess.run(
            [node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=self.directory,
            env={**os.environ, "NO_UPDATE_NOTIFIER": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Missing(f"npm ci failed: {done.stderr.strip()[:500]}")
        stamp.write_text(wanted)

    @property
    def node(self) -> str:
        """The program."""
        return find_node().node

    def versions(self, packages: Sequence[str]) -> dict[str, str]:
        """The versions installed of these packages."""
        found = {"Node": find_node().version.removeprefix("v")}
        for package in packages:
            text = (self.directory / "node_modules" / package / "package.json").read_text(encoding="utf-8")
            found[package] = json.loads(text)["version"]
        return found

"""Finds Node and brings ``web/node_modules`` up to date with the lock. Standard library only."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["BIN", "CHROMIUM", "ROOT", "WEB", "Node", "NodeError", "find_node", "install"]

ROOT: Final = Path(__file__).resolve().parent.parent
WEB: Final = ROOT / "web"
MODULES: Final = WEB / "node_modules"
BIN: Final = MODULES / ".bin"

CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome")
"""What a Chromium is called, by Debian, by older systems and by its maker."""

# What Vite 8 asks for.
_OLDEST: Final = (20, 19)
_GET_ONE: Final = "install Node 20.19 or newer (https://nodejs.org)"


class NodeError(Exception):
    """Node is not there, too old, or did not do what it was asked; the text is for people."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node that is new enough, and its npm."""

    node: str
    npm: str
    version: str

    def run(self, *command: str | Path, directory: Path = WEB, environment: dict[str, str] | None = None) -> None:
        """Run a program of ``node_modules/.bin``, quietly.

        Raises:
            NodeError: it failed; with all that it said.
        """
        program, *arguments = command
        _run([self.node, str(BIN / program), *map(str, arguments)], directory, environment or {})


def find_node() -> Node:
    """Return the machine's Node.

    Raises:
        NodeError: there is none, or it is too old.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        missing = "Node" if node is None else "npm"
        raise NodeError(f"{missing} is not here: {_GET_ONE}")
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        raise NodeError(f"{node} does not run: {_GET_ONE}") from None
    found = re.match(r"v(\d+)\.(\d+)\.", said)
    if found is None or (int(found[1]), int(found[2])) < _OLDEST:
        raise NodeError(f"{node} is {said.strip() or 'of no known version'}: {_GET_ONE}")
    return Node(node=node, npm=npm, version=said.strip())


def install(node: Node) -> None:
    """Install what the lock names, each file checked against its hash; nothing when that was done before.

    No package's own script is run.

    Raises:
        NodeError: npm could not.
    """
    stamp = MODULES / ".keyturn-setup"
    wanted = f"{node.version} {hashlib.sha256((WEB / 'package-lock.json').read_bytes()).hexdigest()}\n"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print("Installing the web packages from web/package-lock.json (some seconds)", flush=True)
    _run([node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], WEB, {})
    stamp.write_text(wanted, encoding="utf-8")


def _run(command: list[str], directory: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command,
        cwd=directory,
        env={**os.environ, "NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.stdout.write(done.stdout)
        words = " ".join(Path(word).name if word.startswith("/") else word for word in command[:3])
        raise NodeError(f"{words} failed; its own words are above")

"""Hatchling's hook (pyproject.toml): what is built holds compiled translations and the web app.

Installed in place it compiles translations only. A package is built with the app where Node is there, or where the app
lies ready: an sdist holds it, so that a wheel made from one needs no Node.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ShippedFilesHook(BuildHookInterface[Any]):
    """Makes what git ignores and a package holds all the same, before anything is collected."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the files and have them put in. ``version`` is hatchling's word for what is built."""
        scripts = Path(self.root) / "scripts"
        subprocess.run([sys.executable, str(scripts / "translations.py")], check=True)
        build_data["artifacts"].append("*.mo")
        if version == "editable":
            return
        if (Path(self.root) / "web").is_dir():
            subprocess.run([sys.executable, str(scripts / "web.py"), "--optional"], check=True)
        build_data["artifacts"].append("/src/keyturn_server/web/")

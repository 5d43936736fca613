"""Hatchling's hook (pyproject.toml): what is built, or installed in place, holds compiled translations."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TranslationsHook(BuildHookInterface[Any]):
    """Runs scripts/translations.py before anything is collected."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Compile, and have what git ignores put in all the same."""
        subprocess.run([sys.executable, str(Path(self.root) / "scripts" / "translations.py")], check=True)
        build_data["artifacts"].append("*.mo")

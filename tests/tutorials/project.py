"""A generated Django project in a folder of its own, and the steps that make one."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.services.process import clean_environment
from tests.tutorials.database import Database

__all__ = ["REPOSITORY", "Project"]

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Project:
    """A Django project called ``backend``.

    Args:
        root: the folder that holds ``manage.py``.
        database: where its rows live.
        app: the name of the application the tutorial creates.
    """

    root: Path
    database: Database
    app: str

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment with Keyturn importable and nobody else's Django settings."""
        return clean_environment({"PYTHONPATH": str(REPOSITORY / "src")})

    def django_admin(self, *arguments: str) -> str:
        """Run ``django-admin`` in the project's folder and return its output."""
        return self._run("-m", "django", *arguments)

    def manage(self, *arguments: str, **environment: str) -> str:
        """Run ``manage.py`` with extra environment variables and return its output.

        Raises:
            AssertionError: the command failed; the message holds what it printed.
        """
        return self._run("manage.py", *arguments, **environment)

    def shell(self, code: str) -> str:
        """Run ``code`` in the project's shell and return what it printed."""
        return self.manage("shell", "-v", "0", "-c", code).strip()

    def _run(self, *arguments: str, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def read(self, name: str) -> str:
        """Return the text of a file of the project."""
        return (self.root / name).read_text()

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        (self.root / name).write_text(text)

    def append(self, name: str, text: str) -> None:
        """Add text at the end of a file of the project."""
        self.write(name, f"{self.read(name).rstrip()}\n\n\n{text.strip()}\n")

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        """Replace a file of the project by what ``change`` makes of it."""
        self.write(name, change(self.read(name)))

    def copy(self, name: str, folder: Path) -> "Project":
        """Return a copy of this project, rows and all, in ``folder``. Nobody may be connected to its database."""
        root = folder / name
        shutil.copytree(self.root, root, ignore=shutil.ignore_patterns("__pycache__"))
        twin = replace(self, root=root, database=self.database.copy(root))
        if twin.database.settings():
            twin.append("backend/settings.py", twin.database.settings())
        return twin

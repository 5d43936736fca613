"""A generated project served on a free port of the loopback interface."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.services.ports import LOOPBACK, free_port
from tests.services.process import ServerProcess
from tests.tutorials.project import Project

__all__ = ["granian", "runserver"]


@contextmanager
def _served(project: Project, *arguments: str) -> Iterator[ServerProcess]:
    process = ServerProcess(
        [sys.executable, *arguments],
        port=free_port(),
        directory=project.root,
        environment=project.environment | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        process.wait_until_it_answers("/admin/login/", seconds=40)
        yield process
    finally:
        process.stop()


@contextmanager
def runserver(project: Project) -> Iterator[ServerProcess]:
    """Serve the project as the tutorials do, with Django's development server."""
    with _served(project, "manage.py", "runserver", "--noreload", LOOPBACK + ":{port}") as process:
        yield process


@contextmanager
def granian(project: Project, workers: int) -> Iterator[ServerProcess]:
    """Serve the project's WSGI application with several worker processes."""
    options = ["--interface", "wsgi", "--host", LOOPBACK, "--port", "{port}", "--workers", str(workers)]
    with _served(project, "-m", "granian", *options, "backend.wsgi:application") as process:
        yield process

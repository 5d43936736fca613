"""The second tutorial's backend, built by its steps, on PostgreSQL under gunicorn."""

import sys
from collections.abc import Mapping
from typing import ClassVar, Final

from benchmarks.compare import simplejwt
from benchmarks.compare.calls import Call, Operation
from benchmarks.compare.environments import PythonEnvironment
from benchmarks.compare.peer import CONNECTIONS, WORKERS, Launch, Peer, Site
from tests.tutorials import tutorial_two
from tests.tutorials.database import PostgresDatabase
from tests.tutorials.project import Project
from tests.tutorials.readme import add_keyturn

__all__ = ["Tutorial", "TutorialWithKeyturn"]

_HASHERS: Final = """
from django.contrib.auth.hashers import Argon2PasswordHasher


class EqualHasher(Argon2PasswordHasher):
    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
"""
_SETTINGS: Final = """
DEBUG = False
ALLOWED_HOSTS = ['127.0.0.1']
DATABASES['default']['CONN_MAX_AGE'] = None
PASSWORD_HASHERS = ['backend.hashers.EqualHasher']
"""
_VERIFY: Final = """
urlpatterns.append(path('token/verify/', jwt_views.TokenVerifyView.as_view(), name='token_verify'))
"""


class Tutorial(Peer):
    """As the tutorial leaves it, plus simplejwt's own view for ``token/verify/``, which the tutorial leaves out."""

    name = "tutorial"
    title = "the tutorial's backend"
    refresh_is = "`POST /token/refresh/`: rotated, the old token blacklisted"
    calls: ClassVar[Mapping[Operation, Call]] = simplejwt.calls()

    def __init__(self) -> None:
        self._environment = PythonEnvironment("tutorial")

    def install(self) -> None:
        """Make its virtual environment."""
        self._environment.install()

    def versions(self) -> dict[str, str]:
        """Of that environment."""
        packages = ("Django", "djangorestframework", "djangorestframework-simplejwt", "gunicorn", "psycopg")
        return self._environment.versions(packages)

    def set_up(self, site: Site) -> Launch:
        """Follow the steps."""
        project = self._build(site)
        project.write("backend/hashers.py", _HASHERS.lstrip())
        project.append("backend/settings.py", _SETTINGS)
        project.append("backend/urls.py", _VERIFY)
        project.shell(simplejwt.ADD_USERS)
        return Launch(self._serve(), project.root, self._variables(project), "/admin/login/")

    def _build(self, site: Site) -> Project:
        # With this environment's Django, of the same version; served by its own.
        project = Project(site.directory / "project", PostgresDatabase(site.database_url), tutorial_two.APP)
        tutorial_two.build(project)
        return project

    def _serve(self) -> list[str]:
        return [str(self._environment.python), "-m", "gunicorn", *gunicorn_options("backend.wsgi")]

    def _variables(self, project: Project) -> dict[str, str]:
        del project
        return {}


class TutorialWithKeyturn(Tutorial):
    """The same project with Keyturn added by the README's two edits; the rest, gunicorn too, as it was."""

    name = "tutorial_with_keyturn"
    title = "tutorial, Keyturn added"
    refresh_is = "`POST /token/refresh/`, Keyturn's"

    def _build(self, site: Site) -> Project:
        project = super()._build(site)
        add_keyturn(project)
        return project

    def _serve(self) -> list[str]:
        # Keyturn's requirements are in the environment that runs this; gunicorn, last on the path, in the tutorial's.
        (packages,) = self._environment.directory.glob("lib/python*/site-packages")
        code = f"import sys; sys.path.append({str(packages)!r}); from gunicorn.app.wsgiapp import run; run()"
        return [sys.executable, "-c", code, *gunicorn_options("backend.wsgi")]

    def _variables(self, project: Project) -> dict[str, str]:
        return {"PYTHONPATH": project.environment["PYTHONPATH"]}


def gunicorn_options(module: str) -> list[str]:
    """What makes gunicorn serve a WSGI application with threads and kept connections."""
    threads = ["--worker-class", "gthread", "--workers", str(WORKERS), "--threads", str(CONNECTIONS // WORKERS)]
    return [f"{module}:application", "--bind", "127.0.0.1:{port}", *threads, "--log-level", "warning"]

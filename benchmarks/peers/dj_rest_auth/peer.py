"""dj-rest-auth under gunicorn."""

import subprocess
from collections.abc import Mapping
from typing import ClassVar

from benchmarks.compare import simplejwt
from benchmarks.compare.calls import Call, Operation
from benchmarks.compare.environments import PEERS, PythonEnvironment
from benchmarks.compare.peer import Launch, Peer, Site, libpq_variables
from benchmarks.peers.tutorial.peer import gunicorn_options
from tests.services.process import clean_environment

__all__ = ["DjRestAuth"]


class DjRestAuth(Peer):
    """dj-rest-auth with simplejwt's rotating tokens and blacklist; the project is in ``app/``."""

    name = "dj_rest_auth"
    title = "dj-rest-auth"
    refresh_is = "`POST /token/refresh/`: rotated, the old token blacklisted"
    calls: ClassVar[Mapping[Operation, Call]] = simplejwt.calls(login="/login/")

    def __init__(self) -> None:
        self._environment = PythonEnvironment("dj_rest_auth")

    def install(self) -> None:
        """Make its virtual environment."""
        self._environment.install()

    def versions(self) -> dict[str, str]:
        """Of that environment."""
        packages = ("dj-rest-auth", "Django", "djangorestframework", "djangorestframework-simplejwt", "gunicorn")
        return self._environment.versions([*packages, "psycopg"])

    def set_up(self, site: Site) -> Launch:
        """Migrate, and add the users."""
        environment = {
            **libpq_variables(site.database_url),
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONPATH": str(PEERS / "dj_rest_auth" / "app"),
            "SECRET_KEY": "n2Hx8Km4Wd6Zq1Ls9Tb3Rv7Yc5Pf0Gj",
        }
        python = str(self._environment.python)
        for words in (("migrate", "--verbosity=0"), ("shell", "-v", "0", "-c", simplejwt.ADD_USERS)):
            subprocess.run(
                [python, "-m", "django", *words], cwd=site.directory, env=clean_environment(environment), check=True
            )
        return Launch([python, "-m", "gunicorn", *gunicorn_options("wsgi")], site.directory, environment, "/home/")

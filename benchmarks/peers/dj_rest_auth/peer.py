"""dj-rest-auth under gunicorn."""

import subprocess
from collections.abc import Mapping
from typing import ClassVar, Final

from benchmarks.compare.calls import Call, Operation
from benchmarks.compare.environments import PEERS, PythonEnvironment
from benchmarks.compare.peer import PASSWORD, USERS, Launch, Peer, Site, libpq_variables, password_hash
from benchmarks.peers.tutorial.peer import gunicorn_options
from tests.services.process import clean_environment

__all__ = ["DjRestAuth"]

_USERS: Final = f"""
from django.contrib.auth.models import User
made = "argon2" + {password_hash()!r}
User.objects.bulk_create(User(username=f"user{{n}}", password=made) for n in range({USERS}))
"""


class DjRestAuth(Peer):
    """dj-rest-auth with simplejwt's rotating tokens and blacklist; the project is in ``app/``."""

    name = "dj_rest_auth"
    title = "dj-rest-auth"
    refresh_is = "`POST /token/refresh/`: rotated, the old token blacklisted"
    calls: ClassVar[Mapping[Operation, Call]] = {
        "refresh": Call(
            "POST", "/token/refresh/", body='{"refresh":"${refresh}"}', takes={"refresh": "refresh", "access": "access"}
        ),
        "get": Call("GET", "/home/", headers={"Authorization": "Bearer ${access}"}),
        "verify": Call("POST", "/token/verify/", body='{"token":"${access}"}'),
        "login": Call(
            "POST",
            "/login/",
            body=f'{{"username":"user${{user}}","password":"{PASSWORD}"}}',
            takes={"refresh": "refresh", "access": "access"},
        ),
    }

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
        for words in (("migrate", "--verbosity=0"), ("shell", "-v", "0", "-c", _USERS)):
            subprocess.run(
                [python, "-m", "django", *words], cwd=site.directory, env=clean_environment(environment), check=True
            )
        return Launch([python, "-m", "gunicorn", *gunicorn_options("wsgi")], site.directory, environment, "/home/")

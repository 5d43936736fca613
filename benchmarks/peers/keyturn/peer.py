"""Keyturn: ``keyturn serve``, as it comes."""

import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from typing import ClassVar, Final

from benchmarks.compare import simplejwt
from benchmarks.compare.calls import Call, Operation
from benchmarks.compare.peer import WORKERS, Launch, Peer, Site
from tests.services.process import clean_environment

__all__ = ["KEYTURN", "Keyturn"]

KEYTURN: Final = (sys.executable, "-m", "keyturn_server.cli")
"""The command ``keyturn``."""
_PACKAGES: Final = ("Django", "djangorestframework", "PyJWT", "psycopg", "granian", "argon2-cffi")


class Keyturn(Peer):
    """The server of this repository, in the environment that runs this."""

    name = "keyturn"
    title = "Keyturn"
    refresh_is = "`POST /token/refresh/`, unbound: the token rotates in its session's row, and a copied one is noticed"
    calls: ClassVar[Mapping[Operation, Call]] = simplejwt.calls()

    def install(self) -> None:
        """Nothing: it runs this."""

    def versions(self) -> dict[str, str]:
        """Of the environment that runs this."""
        python = ".".join(map(str, sys.version_info[:3]))
        return {"Python": python, "keyturn": version("keyturn"), **{name: version(name) for name in _PACKAGES}}

    def set_up(self, site: Site) -> Launch:
        """Migrate by its own command, and add the users."""
        environment = {
            "DATABASE_URL": site.database_url,
            "KEYTURN_SECRET_KEY": "t5Yx1Qm8Zr3Ls6Kd0Hn9Bc4Pf7Gj2Ta5Ue8Ri1Ob6Mv3Xz0CqVw4",
            "KEYTURN_LOG_LEVEL": "warning",
        }
        for words in (("migrate", "--verbosity=0"), ("shell", "-v", "0", "-c", simplejwt.ADD_USERS)):
            subprocess.run([*KEYTURN, *words], cwd=site.directory, env=clean_environment(environment), check=True)
        command = [*KEYTURN, "serve", "--port", "{port}", "--workers", str(WORKERS)]
        return Launch(command, site.directory, environment, "/health/live/")

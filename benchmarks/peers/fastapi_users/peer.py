"""fastapi-users under uvicorn."""

import subprocess
from collections.abc import Mapping
from typing import ClassVar, Final
from urllib.parse import quote_plus

import psycopg

from benchmarks.compare.calls import Call, Operation
from benchmarks.compare.environments import PEERS, PythonEnvironment
from benchmarks.compare.peer import PASSWORD, USERS, WORKERS, Launch, Peer, Site, libpq_variables, password_hash
from tests.services.process import clean_environment

__all__ = ["FastapiUsers"]

_TABLES: Final = """
import asyncio
from main import Base, engine
async def make():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
asyncio.run(make())
"""
_INSERT: Final = """
INSERT INTO "user" (email, hashed_password, is_active, is_superuser, is_verified)
SELECT 'user' || n || '@example.org', %s, true, false, true FROM generate_series(0, %s - 1) AS n
"""


class FastapiUsers(Peer):
    """fastapi-users on SQLAlchemy and asyncpg; the program is in ``app/``."""

    name = "fastapi_users"
    title = "fastapi-users"
    refresh_is = (
        "made of its parts, since it has none: its database strategy reads the old token, destroys it and writes a new"
        " one, its JWT strategy makes an access token"
    )
    calls: ClassVar[Mapping[Operation, Call]] = {
        "refresh": Call(
            "POST", "/refresh", body='{"refresh":"${refresh}"}', takes={"refresh": "refresh", "access": "access"}
        ),
        "get": Call("GET", "/home", headers={"Authorization": "Bearer ${access}"}),
        "login": Call(
            "POST",
            "/login",
            body=f"username=user${{user}}@example.org&password={quote_plus(PASSWORD)}",
            form=True,
            takes={"refresh": "refresh", "access": "access"},
        ),
    }

    def __init__(self) -> None:
        self._environment = PythonEnvironment("fastapi_users")

    def install(self) -> None:
        """Make its virtual environment."""
        self._environment.install()

    def versions(self) -> dict[str, str]:
        """Of that environment."""
        return self._environment.versions(["fastapi-users", "fastapi", "SQLAlchemy", "asyncpg", "uvicorn", "pwdlib"])

    def set_up(self, site: Site) -> Launch:
        """Make its tables, and add the users."""
        environment = {
            **libpq_variables(site.database_url),
            "PYTHONPATH": str(PEERS / "fastapi_users" / "app"),
            "SECRET_KEY": "b7Rn3Xw9Qk5Ty1Zd8Lm2Hc6Vf4Gs0Pj",
        }
        python = str(self._environment.python)
        subprocess.run([python, "-c", _TABLES], cwd=site.directory, env=clean_environment(environment), check=True)
        with psycopg.connect(site.database_url) as connection:
            connection.execute(_INSERT, [password_hash(), USERS])
        serve = ["--host", "127.0.0.1", "--port", "{port}", "--workers", str(WORKERS), "--log-level", "warning"]
        return Launch([python, "-m", "uvicorn", "main:app", *serve], site.directory, environment, "/home")

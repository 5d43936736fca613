"""better-auth in a cluster of Node processes."""

import subprocess
from collections.abc import Mapping
from typing import ClassVar, Final

import psycopg

from benchmarks.compare.calls import Call, Operation
from benchmarks.compare.environments import NodeEnvironment
from benchmarks.compare.peer import PASSWORD, USERS, WORKERS, Launch, Peer, Site, libpq_variables, password_hash
from tests.services.process import clean_environment

__all__ = ["BetterAuth"]

_USERS: Final = """
INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
SELECT 'u' || n, 'user' || n, 'user' || n || '@example.org', true, now(), now() FROM generate_series(0, %(most)s) AS n;
"""
_PASSWORDS: Final = """
INSERT INTO account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
SELECT 'a' || n, 'u' || n, 'credential', 'u' || n, %(hash)s, now(), now() FROM generate_series(0, %(most)s) AS n;
"""


class BetterAuth(Peer):
    """better-auth with its plugins for bearer tokens and JWTs; the program is ``server.js``."""

    name = "better_auth"
    title = "better-auth"
    refresh_is = (
        "`GET /api/auth/token`: the session's row is read and its end pushed on, and a JWT is made; nothing rotates,"
        " and a copied session token stays unnoticed"
    )
    calls: ClassVar[Mapping[Operation, Call]] = {
        "refresh": Call(
            "GET", "/api/auth/token", headers={"Authorization": "Bearer ${refresh}"}, takes={"access": "token"}
        ),
        "get": Call("GET", "/api/auth/get-session?disableRefresh=true", headers={"Authorization": "Bearer ${refresh}"}),
        "login": Call(
            "POST",
            "/api/auth/sign-in/email",
            body=f'{{"email":"user${{user}}@example.org","password":"{PASSWORD}"}}',
            takes={"refresh": "token"},
        ),
    }

    def __init__(self) -> None:
        self._environment = NodeEnvironment("better_auth")

    def install(self) -> None:
        """Make its node_modules."""
        self._environment.install()

    def versions(self) -> dict[str, str]:
        """Of those."""
        return self._environment.versions(["better-auth", "pg", "@node-rs/argon2"])

    def set_up(self, site: Site) -> Launch:
        """Make its tables by its own migrations, and add the users."""
        environment = {
            **libpq_variables(site.database_url),
            "NODE_ENV": "production",
            "SECRET_KEY": "j4Kt9Wz2Qn7Bx5Lm0Rc8Vh3Yd6Fs1Gp",
        }
        program = [self._environment.node, str(self._environment.directory / "server.js")]
        subprocess.run([*program, "migrate"], cwd=site.directory, env=clean_environment(environment), check=True)
        with psycopg.connect(site.database_url) as connection:
            for statement in (_USERS, _PASSWORDS):
                connection.execute(statement, {"most": USERS - 1, "hash": password_hash()})
        return Launch([*program, "{port}", str(WORKERS)], site.directory, environment, "/api/auth/ok")

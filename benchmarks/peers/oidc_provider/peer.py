"""oidc-provider in a cluster of Node processes."""

import subprocess
from collections.abc import Mapping
from typing import ClassVar, Final
from urllib.parse import quote_plus

import psycopg

from benchmarks.compare.calls import Call, Operation
from benchmarks.compare.environments import NodeEnvironment
from benchmarks.compare.peer import PASSWORD, USERS, WORKERS, Launch, Peer, Site, libpq_variables, password_hash
from tests.services.process import clean_environment

__all__ = ["OidcProvider"]

_USERS: Final = """
INSERT INTO account (id, name, password)
SELECT 'u' || n, 'user' || n, %s FROM generate_series(0, %s - 1) AS n
"""
_TAKES: Final = {"refresh": "refresh_token", "access": "access_token"}


class OidcProvider(Peer):
    """oidc-provider with an adapter for PostgreSQL; the program is ``server.js``."""

    name = "oidc_provider"
    title = "node oidc-provider"
    refresh_is = (
        "the grant `refresh_token`: rotated, the old token marked as consumed; opaque access tokens in the database"
    )
    calls: ClassVar[Mapping[Operation, Call]] = {
        "refresh": Call(
            "POST",
            "/token",
            body="grant_type=refresh_token&client_id=benchmark&refresh_token=${refresh}",
            form=True,
            takes=_TAKES,
        ),
        "get": Call("GET", "/home", headers={"Authorization": "Bearer ${access}"}),
        "verify": Call("POST", "/token/introspection", body="client_id=benchmark&token=${access}", form=True),
        "login": Call(
            "POST",
            "/token",
            body=f"grant_type=password&client_id=benchmark&username=user${{user}}&password={quote_plus(PASSWORD)}",
            form=True,
            takes=_TAKES,
        ),
    }

    def __init__(self) -> None:
        self._environment = NodeEnvironment("oidc_provider")

    def install(self) -> None:
        """Make its node_modules."""
        self._environment.install()

    def versions(self) -> dict[str, str]:
        """Of those."""
        return self._environment.versions(["oidc-provider", "pg", "@node-rs/argon2"])

    def set_up(self, site: Site) -> Launch:
        """Make its tables, and add the users."""
        environment = {
            **libpq_variables(site.database_url),
            "NODE_ENV": "production",
            "SECRET_KEY": "c8Zr5Tn1Kx6Wq3Lm9Hb0Vd4Yf7Gs2Pj",
        }
        program = [self._environment.node, str(self._environment.directory / "server.js")]
        subprocess.run([*program, "migrate"], cwd=site.directory, env=clean_environment(environment), check=True)
        with psycopg.connect(site.database_url) as connection:
            connection.execute(_USERS, [password_hash(), USERS])
        return Launch([*program, "{port}", str(WORKERS)], site.directory, environment, "/home")

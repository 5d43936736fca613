"""The one server that nginx and Prometheus are put in front of."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.server import conftest
from tests.server.running import PRODUCTION
from tests.services.migrated import Superuser
from tests.services.process import ServerProcess

__all__ = ["ADA", "CREDENTIALS", "THREADS", "TOKEN", "answering"]

CREDENTIALS: Final = {"username": "ada", "password": "seven-green-bottles-on-a-wall"}
ADA: Final = Superuser(CREDENTIALS["username"], "ada@example.com", CREDENTIALS["password"])
THREADS: Final = 2
TOKEN: Final = "a-token-that-was-made-for-these-tests-alone-4711"
"""Opens its numbers."""


def answering(directory: Path) -> Iterator[ServerProcess]:
    """Yield a production server of few threads with one user, that trusts a proxy on 127.0.0.1."""
    env = {
        **PRODUCTION,
        "KEYTURN_TRUSTED_PROXIES": "127.0.0.1",
        "KEYTURN_LIMITS": "login_pair=off,login_address=off",
        "KEYTURN_METRICS_TOKEN": TOKEN,
    }
    yield from conftest.running(directory, env, "--threads", str(THREADS), superusers=[ADA])

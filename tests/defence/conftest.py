"""Where attempts are counted: each test that asks for a store runs with the database, a cache in memory and Valkey."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches

from keyturn.defence import stores
from tests.conftest import StartServer
from tests.defence.guarded import SERVE, Guarded
from tests.proofs.administrator import Administrator
from tests.services import environment, needs
from tests.services.migrated import migrate
from tests.services.process import clean_environment

_SECRET = "made-for-these-tests-and-of-no-value-to-anybody-5Rt8Yw2Qm6Xc9Nb4"


@pytest.fixture
def locmem_store(settings: Any) -> None:
    """A cache in the process's memory, which is all that one process needs."""
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "attempts"},
    }
    caches["default"].clear()
    settings.KEYTURN = {**getattr(settings, "KEYTURN", {}), "ATTEMPTS_CACHE": "default"}


@pytest.fixture
def valkey_store(settings: Any, valkey_url: str) -> None:
    """The run's own Valkey."""
    settings.CACHES = {"default": {"BACKEND": "keyturn_server.cache.ValkeyCache", "LOCATION": valkey_url}}
    caches["default"].clear()
    settings.KEYTURN = {**getattr(settings, "KEYTURN", {}), "ATTEMPTS_CACHE": "default"}


@pytest.fixture(params=["database", "locmem", "valkey"])
def store(request: pytest.FixtureRequest, db: None) -> str:
    """Each store in turn, by its name."""
    if request.param != "database":
        request.getfixturevalue(f"{request.param}_store")
    return str(request.param)


@pytest.fixture(autouse=True)
def fresh_guard() -> Iterator[None]:
    """No test inherits a cache that another one saw failing."""
    stores.forget()
    yield
    stores.forget()


OpenGuarded = Callable[..., Guarded]


@pytest.fixture
def open_guarded(
    live_server_process: StartServer, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[OpenGuarded]:
    """``open_guarded(KEYTURN_CACHE_URL=...)``: a server with two workers and the users anna and bela."""
    variables = {
        "KEYTURN_SECRET_KEY": _SECRET,
        "KEYTURN_DATA_DIR": str(tmp_path / "data"),
        "KEYTURN_LOG_LEVEL": "warning",
    }
    if environment.vendor() == "postgres":
        if environment.why_missing(environment.POSTGRES) is not None:
            needs.absent("PostgreSQL could not be started")
        variables["DATABASE_URL"] = request.getfixturevalue("postgres_database")
    with ExitStack() as stack:

        def opened(**more: str) -> Guarded:
            env = {**variables, **more}
            migrate(tmp_path, env)
            administrator = stack.enter_context(Administrator(clean_environment(env), directory=tmp_path))
            for name in ("anna", "bela"):
                administrator("user", name)
            return Guarded(live_server_process(*SERVE, env=env, ready="/health/ready/"))

        yield opened

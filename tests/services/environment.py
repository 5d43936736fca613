"""The environment variables through which the services' addresses reach settings, workers and child processes."""

import os
from typing import Final, Literal

__all__ = ["DIRECTORY", "MISSING", "POSTGRES", "VALKEY", "forget", "vendor", "why_missing"]

DIRECTORY: Final = "KEYTURN_TEST_DIRECTORY"
POSTGRES: Final = "KEYTURN_TEST_POSTGRES_URL"
VALKEY: Final = "KEYTURN_TEST_VALKEY_URL"
# Appended to a variable's name: why there is no address.
MISSING: Final = "_MISSING"


def vendor() -> Literal["postgres", "sqlite"]:
    """Return the database this run is for.

    Raises:
        ValueError: ``KEYTURN_TEST_DB`` names another one.
    """
    match os.environ.get("KEYTURN_TEST_DB", "sqlite"):
        case "sqlite":
            return "sqlite"
        case "postgres":
            return "postgres"
        case other:
            raise ValueError(f"KEYTURN_TEST_DB must be sqlite or postgres, not {other!r}")


def why_missing(variable: str) -> str | None:
    """Return why a service is not there, None when nothing is known to be wrong with it."""
    return os.environ.get(variable + MISSING)


def forget() -> None:
    """Remove all addresses that an outer run left."""
    for variable in (DIRECTORY, POSTGRES, VALKEY):
        os.environ.pop(variable, None)
        os.environ.pop(variable + MISSING, None)

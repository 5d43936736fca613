"""SQLite as a server would use it: a file, so that threads and processes really race for it."""

import os
from pathlib import Path

from tests.services import environment
from tests.settings.base import *  # noqa: F403 - settings are a namespace

# Outside a test run (a type checker, a shell) there is no directory; then nothing is opened either.
_DIRECTORY = Path(os.environ.get(environment.DIRECTORY, os.devnull))

DATABASES: dict[str, dict[str, object]] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _DIRECTORY / "keyturn.sqlite3",
        # A name of its own, since Django would test in memory otherwise, where nothing can race.
        "TEST": {"NAME": str(_DIRECTORY / "test.sqlite3")},
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
        },
    },
}

"""The PostgreSQL that the test run started (tests/services/plugin.py)."""

import os
from urllib.parse import urlsplit

from tests.services import environment
from tests.settings.base import *  # noqa: F403 - settings are a namespace

# Where it could not be started its tests are skipped, and nothing connects to this address.
_URL = urlsplit(os.environ.get(environment.POSTGRES, "postgresql://nobody@127.0.0.1:1/unavailable"))

DATABASES: dict[str, dict[str, object]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": _URL.hostname,
        "PORT": _URL.port,
        "USER": _URL.username,
        "PASSWORD": _URL.password,
        "NAME": _URL.path.removeprefix("/"),
        "TEST": {"NAME": "test_keyturn"},
    },
}

"""A program: import what Keyturn stands on and, if told so, Keyturn with all its modules; print what was opened.

python importing.py '{"keyturn": true, "accounts": true, "apps": ["keyturn"], "database": "x", "misbehave": false}'

Without accounts, only what such a project starts with is imported: other modules stand on django-allauth.
"""

import importlib
import json
import pkgutil
import sys
from pathlib import Path
from typing import Any

_CODE = (".py", ".pyc", ".so", ".pyi")
_OUTSIDE = (
    "socket.",
    "sqlite3.",
    "subprocess.",
    "urllib.",
    "http.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
)
_FOUNDATION = (
    "cryptography.hazmat.primitives.kdf.hkdf",
    "django.contrib.auth.admin",
    "django.contrib.auth.urls",
    "django.core.management",
    "jwt",
    "rest_framework.generics",
    "rest_framework.test",
    "rest_framework_simplejwt.authentication",
    "rest_framework_simplejwt.serializers",
    "rest_framework_simplejwt.views",
)
_ACCOUNTS = (
    "allauth.account.internal.flows.login",
    "allauth.core.context",
    "allauth.headless.account.views",
    "allauth.headless.mfa.views",
    "allauth.headless.urls",
    "allauth.mfa.admin",
)


def main(told: dict[str, Any]) -> None:
    """Import, watched by Python's own audit events (PEP 578)."""
    from django.conf import settings

    from keyturn.accounts import defaults

    settings.configure(
        SECRET_KEY="for this test only, and of no value to anybody else",
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
            "rest_framework",
            *told["apps"],
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": told["database"]}},
        MIDDLEWARE=["allauth.account.middleware.AccountMiddleware"] if told["accounts"] else [],
        **({name: getattr(defaults, name) for name in defaults.__all__} if told["accounts"] else {}),
        ROOT_URLCONF="keyturn.urls" if told["keyturn"] else "django.contrib.auth.urls",
        USE_I18N=False,
    )
    events: set[tuple[str, str]] = set()

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            if isinstance(arguments[0], int):
                # A descriptor of what was opened already: Python writes byte code so.
                return
            name, mode = str(arguments[0]), str(arguments[1] or "r")
            if not (name.endswith(_CODE) and "w" not in mode) and "__pycache__" not in name:
                events.add((event, name))
        elif event.startswith(_OUTSIDE):
            events.add((event, ""))

    sys.addaudithook(watch)
    import django

    django.setup()
    for name in (*_FOUNDATION, *(_ACCOUNTS if told["accounts"] else ())):
        importlib.import_module(name)
    if told["keyturn"]:
        keyturn = importlib.import_module("keyturn")
        if told["accounts"]:
            for found in pkgutil.walk_packages(keyturn.__path__, "keyturn."):
                importlib.import_module(found.name)
        importlib.import_module("keyturn.admin")
        importlib.import_module("keyturn.urls")
        if not told["accounts"] and any(name.partition(".")[0] == "allauth" for name in sys.modules):
            sys.exit("django-allauth was imported, and is not installed")
    if told["misbehave"]:
        from django.db import connection

        connection.cursor()
        Path("notes.txt").write_text("", encoding="utf-8")
    sys.stdout.write(json.dumps(sorted(events)))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

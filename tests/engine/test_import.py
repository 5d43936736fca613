"""Importing the package, and starting a project with it, asks no database and touches nothing but code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

# Imports what Keyturn stands on, then Keyturn with all its modules if it is told to; prints what was opened meanwhile.
_PROGRAM = """
import importlib, json, pkgutil, sys
from django.conf import settings

told = json.loads(sys.argv[1])
settings.configure(
    SECRET_KEY="for this test only, and of no value to anybody else",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", *told["apps"]],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": told["database"]}},
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    ROOT_URLCONF="keyturn.urls" if told["keyturn"] else "django.contrib.auth.urls",
    USE_I18N=False,
)
events = []

def watch(event, arguments):
    if event == "open":
        name, mode = str(arguments[0]), arguments[1]
        code = name.endswith((".py", ".pyc", ".so", ".pyi")) and "w" not in str(mode or "")
        if not code and "__pycache__" not in name:
            events.append(["open", name])
    elif event.startswith(("socket.", "sqlite3.", "subprocess.", "os.system", "urllib.", "http.", "os.exec", "os.fork")):
        events.append([event, ""])

sys.addaudithook(watch)
import django
django.setup()
import rest_framework.views, rest_framework.generics, rest_framework.test, django.contrib.auth.admin, django.urls
import django.contrib.auth.urls, jwt, cryptography.hazmat.primitives.kdf.hkdf
import rest_framework_simplejwt.views, rest_framework_simplejwt.authentication, rest_framework_simplejwt.serializers
if told["keyturn"]:
    import keyturn
    for found in pkgutil.walk_packages(keyturn.__path__, "keyturn."):
        if "schema" not in found.name:
            importlib.import_module(found.name)
    django.urls.get_resolver().url_patterns
print(json.dumps(sorted({tuple(event) for event in events})))
"""


def opened_meanwhile(tmp_path: Path, *, keyturn: bool, apps: list[str]) -> set[tuple[str, str]]:
    """What a fresh interpreter opens, other than code."""
    told = json.dumps({"keyturn": keyturn, "apps": apps, "database": str(tmp_path / "no.sqlite3")})
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _PROGRAM, told],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    return {(event, name) for event, name in json.loads(done.stdout)}


@pytest.mark.parametrize("blacklist", [[], ["rest_framework_simplejwt.token_blacklist"]], ids=["alone", "blacklist"])
def test_importing_and_starting_keyturn_opens_no_connection_and_no_file_but_code(tmp_path, blacklist):
    without = opened_meanwhile(tmp_path, keyturn=False, apps=blacklist)
    keyturn = opened_meanwhile(tmp_path, keyturn=True, apps=[*blacklist, "keyturn"])
    assert keyturn - without == set()
    assert not any(event.startswith(("sqlite3.", "socket.connect")) for event, _ in keyturn)
    assert not (tmp_path / "no.sqlite3").exists()


def test_this_test_would_see_a_connection_and_a_file(tmp_path):
    program = _PROGRAM.replace(
        "    import keyturn\n",
        "    import keyturn\n    from django.db import connection\n    connection.cursor()\n    open('notes.txt', 'w').close()\n",
    )
    told = json.dumps({"keyturn": True, "apps": ["keyturn"], "database": str(tmp_path / "yes.sqlite3")})
    done = subprocess.run(
        [sys.executable, "-c", program, told], capture_output=True, text=True, check=True, timeout=60, cwd=tmp_path
    )
    events = {event for event, _ in json.loads(done.stdout)}
    assert "sqlite3.connect" in events
    assert ["open", "notes.txt"] in json.loads(done.stdout)

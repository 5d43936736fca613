"""Importing the package, and starting a project with it, asks no database and touches nothing but code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("importing.py")
STOCK = "rest_framework_simplejwt.token_blacklist"
ALLAUTH = ("allauth", "allauth.account", "allauth.mfa", "allauth.socialaccount", "allauth.headless")


def opened_meanwhile(
    directory: Path, *, keyturn: bool, apps: tuple[str, ...] = (), misbehave: bool = False
) -> set[tuple[str, str]]:
    """What a fresh interpreter opens while it imports, other than code: audit events and file names."""
    told = {
        "keyturn": keyturn,
        "accounts": set(ALLAUTH) <= set(apps),
        "apps": [*apps, "keyturn"] if keyturn else [*apps],
        "database": str(directory / "no.sqlite3"),
        "misbehave": misbehave,
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", PROGRAM, json.dumps(told)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=directory,
    )
    assert done.returncode == 0, done.stderr
    return {(event, name) for event, name in json.loads(done.stdout)}


@pytest.mark.parametrize("apps", [(), (STOCK,), ALLAUTH], ids=["alone", "beside token_blacklist", "with accounts"])
def test_importing_and_starting_keyturn_opens_no_connection_and_no_file_but_code(tmp_path, apps):
    without = opened_meanwhile(tmp_path, keyturn=False, apps=apps)
    keyturn = opened_meanwhile(tmp_path, keyturn=True, apps=apps)
    assert keyturn - without == set()
    assert not {event for event, _ in keyturn} & {"sqlite3.connect", "socket.connect", "subprocess.Popen"}
    assert list(tmp_path.iterdir()) == []


def test_a_connection_and_a_file_would_have_been_seen(tmp_path):
    seen = opened_meanwhile(tmp_path, keyturn=True, misbehave=True)
    assert {("sqlite3.connect", ""), ("open", "notes.txt")} <= seen

"""``keyturn demo``: from an empty directory to curl lines that work when they are pasted."""

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.server.running import KEYTURN, ask
from tests.services import ports
from tests.services.process import ServerProcess, clean_environment


def _start(directory: Path, **env: str) -> ServerProcess:
    server = ServerProcess(
        [*KEYTURN, "demo"], port=ports.free_port(), directory=directory, environment=clean_environment(env)
    )
    server.wait_until_it_answers("/health/live/", seconds=60)
    deadline = time.monotonic() + 20
    while "Ctrl-C stops" not in server.output():
        assert time.monotonic() < deadline, server.output()
        time.sleep(0.05)
    return server


def _password(server: ServerProcess, name: str) -> str:
    found = re.search(rf"^  {name}\s+(\S+)", server.output(), re.MULTILINE)
    assert found is not None, server.output()
    return found[1]


def _login(server: ServerProcess, name: str, password: str) -> int:
    return ask(server.port, "POST", "/token/", json_body={"username": name, "password": password}).status


@pytest.mark.server
@pytest.mark.needs("curl")
def test_the_printed_lines_log_in_open_home_refresh_and_log_out(tmp_path):
    server = _start(tmp_path)
    try:
        script = server.output().split("paste into another terminal:", 1)[1]
        ran = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60, check=False)
        first, home, second, logout = ran.stdout.splitlines()
        assert json.loads(first).keys() == json.loads(second).keys() == {"access", "refresh"}
        assert json.loads(first)["refresh"] != json.loads(second)["refresh"]
        assert "message" in json.loads(home)
        assert logout.endswith("205")
        assert ran.stderr == ""
    finally:
        assert server.stop(asked=signal.SIGINT) == 0


@pytest.mark.server
def test_what_it_prints_to_open_is_where_links_in_mails_lead(tmp_path):
    server = _start(tmp_path)
    try:
        own = ask(server.port, "GET", "/.well-known/oauth-authorization-server").json["issuer"]
        assert own == f"http://localhost:{server.port}"
        assert f" {own}/docs/ " in server.output()
    finally:
        server.stop()


@pytest.mark.server
def test_it_shows_progress_and_makes_a_plain_user_and_a_superuser(tmp_path):
    server = _start(tmp_path)
    try:
        assert "Applying keyturn." in server.output()
        assert _login(server, "demo", _password(server, "demo")) == 200
        assert _login(server, "admin", _password(server, "admin")) == 200
        assert _password(server, "demo") != _password(server, "admin")
        assert len(_password(server, "demo")) >= 16
    finally:
        server.stop()
    for name in ("secret", "demo-users.json"):
        assert (tmp_path / "var" / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.server
def test_a_restart_prints_the_same_passwords_and_keeps_sessions_alive(tmp_path):
    server = _start(tmp_path)
    passwords = {name: _password(server, name) for name in ("demo", "admin")}
    tokens = ask(server.port, "POST", "/token/", json_body={"username": "demo", "password": passwords["demo"]}).json
    server.stop()
    # On another port, and so under another public URL: the tokens of before are still good.
    again = ServerProcess(
        [*KEYTURN, "demo"], port=ports.free_port(), directory=tmp_path, environment=clean_environment()
    )
    try:
        again.wait_until_it_answers("/health/live/", seconds=60)
        assert {name: _password(again, name) for name in passwords} == passwords
        refreshed = ask(again.port, "POST", "/token/refresh/", json_body={"refresh": tokens["refresh"]})
        assert refreshed.status == 200
    finally:
        again.stop()


@pytest.mark.server
def test_a_user_with_a_password_of_its_own_is_left_alone(tmp_path):
    first = _start(tmp_path)
    changed = ask(first.port, "GET", "/")
    assert changed.status == 200
    first.stop()
    program = (
        "import django; django.setup(); from django.contrib.auth.models import User;"
        "user = User.objects.get(username='admin'); user.set_password('mine alone'); user.save()"
    )
    env = clean_environment({"DJANGO_SETTINGS_MODULE": "keyturn_server.settings", "KEYTURN_DEBUG": "1"})
    subprocess.run([KEYTURN[0], "-c", program], cwd=tmp_path, env=env, check=True, timeout=60)
    second = _start(tmp_path)
    try:
        assert re.search(r"^  admin\s+\(its password was changed, or is not ours\)", second.output(), re.MULTILINE)
        assert _login(second, "admin", "mine alone") == 200
        assert _login(second, "demo", _password(second, "demo")) == 200
    finally:
        second.stop()

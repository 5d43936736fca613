"""The units for systemd: its own tools find nothing against them, and what they run is there."""

import configparser
import re
import subprocess
import sys

import pytest
from django.core.management import get_commands

from tests.deploy.manifests import DEPLOY, environment_of, filled_in, judged

UNITS = DEPLOY / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
PROGRAM = "/opt/keyturn/bin/keyturn"
# systemd's own scale goes from 0 to 10; it calls what stays below 2 OK. What is left to object to is the network.
EXPOSURE = 1.5


@pytest.fixture
def copies(tmp_path):
    """The units, naming a program and a file that are there."""
    for unit in UNITS.iterdir():
        text = unit.read_text().replace(PROGRAM, sys.executable).replace("/etc/keyturn/keyturn.env", "/dev/null")
        (tmp_path / unit.name).write_text(text)
    return tmp_path


def ask(*words):
    return subprocess.run(
        ["systemd-analyze", *map(str, words)], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.needs("systemd-analyze")
def test_systemd_finds_nothing_to_say_against_the_units(copies):
    units = [unit for unit in copies.iterdir() if unit.suffix in {".service", ".timer"}]
    assert len(units) == 4
    answer = ask("verify", "--man=no", *units)
    # It speaks of other units of this machine, too.
    assert [line for line in answer.stderr.splitlines() if "keyturn" in line] == []


@pytest.mark.needs("systemd-analyze")
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_each_service_is_locked_down(copies, unit):
    answer = ask("security", "--offline=true", f"--threshold={EXPOSURE * 10:.0f}", copies / unit.name)
    assert answer.returncode == 0, answer.stdout[-2000:] + answer.stderr


@pytest.mark.needs("systemd-analyze")
def test_the_timer_comes_once_a_day():
    timer = (UNITS / "keyturn-prune.timer").read_text()
    (when,) = re.findall(r"^OnCalendar=(.*)$", timer, re.MULTILINE)
    answer = ask("calendar", "--iterations=3", when)
    assert answer.returncode == 0, answer.stderr
    assert len(re.findall(r"04:17:00", answer.stdout)) >= 3


def test_what_they_run_are_commands_of_keyturn():
    known = {"serve", *get_commands()}
    started = [
        line.split()[1] for unit in SERVICES for line in re.findall(r"^ExecStart=(.*)$", unit.read_text(), re.MULTILINE)
    ]
    assert set(started) == {"serve", "check", "migrate", "prune_sessions", "prune_sign_ups", "prune_trail"}
    assert set(started) <= known


def test_all_have_the_same_rights():
    def rights(unit):
        _, _, tail = unit.read_text().partition("# No rights,")
        return tail.partition("\n\n")[0].strip()

    (shared,) = {rights(unit) for unit in SERVICES}
    assert "NoNewPrivileges=yes" in shared


def test_the_server_is_given_more_time_to_stop_than_it_takes():
    from keyturn_server import serve

    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign] # names keep their capitals
    unit.read(UNITS / "keyturn.service")
    assert int(unit["Service"]["TimeoutStopSec"]) >= 2 * serve._STOP_TIMEOUT
    assert unit["Service"]["KillSignal"] == "SIGTERM"


def test_the_server_starts_with_the_sample_of_its_environment(monkeypatch):
    environment = judged(filled_in(environment_of(UNITS / "keyturn.env.example")), monkeypatch)
    assert environment.url == "https://auth.example.com"
    assert environment.database_url is not None
    assert not environment.database_url.is_sqlite


@pytest.mark.needs("sh")
def test_the_sample_of_the_environment_can_be_read_by_a_shell_as_well():
    script = f'set -a; . {UNITS / "keyturn.env.example"}; printf %s "$KEYTURN_PUBLIC_URL"'
    said = subprocess.run(["sh", "-euc", script], capture_output=True, text=True, check=True).stdout
    assert said == "https://auth.example.com"

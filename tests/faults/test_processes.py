"""Services that are killed, held and started again: whoever does that to them finds them as he expects."""

import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchmarks.driving import wait_until
from benchmarks.faults.around import Valkey
from benchmarks.faults.processes import below, lasting_port, signal_all
from tests.services.ports import LOOPBACK

pytestmark = [pytest.mark.server, pytest.mark.needs("/proc")]

SECONDS = 20


@pytest.fixture
def valkey(valkey_url):
    """One of the test's own; where the run's could be started, this one can be."""
    valkey = Valkey()
    yield valkey
    valkey.daemon.stop()


def ping(valkey):
    """What it says when it is greeted; None where nobody is there."""
    parts = urlsplit(valkey.url)
    try:
        with socket.create_connection((LOOPBACK, parts.port), timeout=SECONDS) as connection:
            connection.sendall(f"AUTH {parts.password}\r\nPING\r\n".encode())
            said = b""
            while said.count(b"\r\n") < 2:
                said += connection.recv(64)
            return said
    except OSError:
        return None


def state(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_service_that_is_held_goes_on_where_it_was(valkey):
    pid = valkey.daemon.pid
    valkey.daemon.pause()
    wait_until(lambda: state(pid) == "T", seconds=SECONDS)
    valkey.daemon.resume()
    assert ping(valkey) == b"+OK\r\n+PONG\r\n"
    assert valkey.daemon.pid == pid


def test_a_service_that_was_killed_is_started_again_at_its_address(valkey):
    before = valkey.daemon.pid
    valkey.daemon.kill()
    assert ping(valkey) is None
    assert valkey.daemon.pid is None
    valkey.daemon.start()
    assert ping(valkey) == b"+OK\r\n+PONG\r\n"
    assert valkey.daemon.pid != before


def test_nothing_is_left_of_a_service_that_was_stopped(valkey):
    pid = valkey.daemon.pid
    valkey.daemon.pause()
    valkey.daemon.stop()
    assert not Path(f"/proc/{pid}").exists()
    assert not valkey.daemon.directory.exists()


def test_a_process_is_killed_with_all_below_it():
    script = (
        "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).wait()"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        wait_until(lambda: len(below(process.pid)) == 1, seconds=SECONDS)
        (child,) = below(process.pid)
        signal_all(process.pid, signal.SIGKILL)
        assert process.wait(SECONDS) == -signal.SIGKILL
        wait_until(lambda: not Path(f"/proc/{child}").exists() or state(child) == "Z", seconds=SECONDS)


def test_a_port_that_lasts_is_none_that_outgoing_connections_get():
    port = lasting_port()
    first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    assert not first <= port <= last

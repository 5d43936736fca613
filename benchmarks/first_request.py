"""From a clean clone to the first token: what a newcomer waits for.

    python3 benchmarks/first_request.py

Clones this repository's HEAD into a temporary directory, runs ``make run`` there on a free port, logs in as the demo
user with the password that is printed, and prints how many seconds that took. Stops everything it started.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
GOAL: Final = 90
"""Seconds."""
PATIENCE: Final = 300
"""Seconds after which it gives up."""


def free_port() -> int:
    """Return a loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def log_in(port: int, password: str) -> bool:
    """Ask for tokens; say whether they came."""
    body = json.dumps({"username": "demo", "password": password}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/token/", body, {"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5) as answer:
            return answer.status == 200 and {"access", "refresh"} <= set(json.load(answer))
    except OSError:
        return False


def page(port: int) -> str:
    """Say what a browser gets at ``/``: the web app, or a plain page where it was not built."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Accept": "text/html"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=5) as answer:
        return "the web app" if b'id="keyturn"' in answer.read() else "a plain page"


def measure(clone: Path) -> float:
    """Return the seconds from the start of the clone to the first tokens.

    Raises:
        SystemExit: it took longer than anybody's patience, or ended by itself; with what was printed.
    """
    log = clone.parent / "make-run.log"
    port = free_port()
    # What this machine's shell has set for Keyturn is none of a newcomer's.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KEYTURN_", "DATABASE_"))}
    started = time.monotonic()
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)  # noqa: S607 - the newcomer's own git
    with log.open("w") as output:
        process = subprocess.Popen(
            ["make", "run"],  # noqa: S607 - and make
            cwd=clone,
            env={**environment, "PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while time.monotonic() - started < PATIENCE:
            printed = re.search(r"^  demo +(\S+)", log.read_text(), re.MULTILINE)
            if printed and log_in(port, printed[1]):
                seconds = time.monotonic() - started
                print(f"A browser gets {page(port)} at /.")
                return seconds
            if process.poll() is not None:
                sys.exit(f"make run ended with {process.returncode}:\n{log.read_text()}")
            time.sleep(0.1)
        sys.exit(f"no token after {PATIENCE} s:\n{log.read_text()}")
    finally:
        if process.poll() is None:
            # As Ctrl-C in a terminal does: to the whole group.
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=30)


def main() -> None:
    """Measure once and print it; exit with 1 where the goal is missed."""
    with tempfile.TemporaryDirectory(prefix="keyturn-first-") as directory:
        seconds = measure(Path(directory) / "keyturn")
    print(f"From clone to the first 200 of /token/: {seconds:.1f} s (goal: under {GOAL} s)")
    if seconds > GOAL:
        sys.exit(1)


if __name__ == "__main__":
    main()

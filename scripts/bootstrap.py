"""Make the virtual environment and install the locked packages and Keyturn itself into it.

Runs on the interpreter that ``make`` found, before anything is installed, so it uses the standard library only. A stamp
in the environment says what was installed from what: when nothing changed, nothing is done.

    python3 scripts/bootstrap.py [--dev] [--venv DIRECTORY]
"""

import sys

# Before anything else is imported or defined: an old interpreter gets a sentence, not a traceback.
OLDEST = (3, 11)
if sys.version_info < OLDEST:
    sys.exit(
        "Keyturn needs Python 3.11 or newer; {} is {}.{}.\n"
        "Name a newer one, for example: make setup PYTHON=python3.12".format(sys.executable, *sys.version_info[:2])
    )

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {"server": ROOT / "requirements" / "server.txt", "dev": ROOT / "requirements" / "dev.txt"}
# Raised when this script installs differently, so that environments made by an older copy are brought up to date.
RECIPE = 1


def say(text: str) -> None:
    """Print one line of progress at once, also into a pipe."""
    print(text, flush=True)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def wanted_stamp(venv: Path) -> dict[str, str]:
    """Say what an up-to-date environment was made from. Its place counts: scripts hold absolute paths."""
    stamp = {name: digest(lock) for name, lock in LOCKS.items()}
    stamp["project"] = digest(ROOT / "pyproject.toml")
    stamp["python"] = ".".join(map(str, sys.version_info[:3]))
    stamp["place"] = str(venv)
    stamp["recipe"] = str(RECIPE)
    return stamp


def read_stamp(venv: Path) -> dict[str, str]:
    """Return what the environment says it was made from; empty when it says nothing."""
    try:
        found = json.loads((venv / ".keyturn-setup.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_stamp(venv: Path, stamp: dict[str, str]) -> None:
    """Record what was installed, all at once: an interrupted write must not look like a finished one."""
    fresh = venv / ".keyturn-setup.json.new"
    fresh.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
    fresh.replace(venv / ".keyturn-setup.json")


def environment_python(venv: Path) -> str | None:
    """Return "3.11" for an environment of that Python that can run pip, None when it must be made anew."""
    code = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [venv / "bin" / "python", "-c", code], capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def create(venv: Path) -> None:
    """Make an empty environment with pip in it, or say which package the system lacks."""
    version = "{}.{}".format(*sys.version_info[:2])
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            f"{sys.executable} cannot make virtual environments: its modules venv and ensurepip are missing.\n"
            f"On Debian and Ubuntu: apt-get install python{version}-venv"
        )
    shutil.rmtree(venv, ignore_errors=True)
    say(f"Creating {venv.name} with Python {'.'.join(map(str, sys.version_info[:3]))}")
    made = subprocess.run([sys.executable, "-m", "venv", venv], capture_output=True, text=True, check=False)
    if made.returncode:
        shutil.rmtree(venv, ignore_errors=True)
        sys.exit(f"{made.stdout}{made.stderr}\n{sys.executable} -m venv failed; is python{version}-venv installed?")


def pip_install(venv: Path, *arguments: str | Path, expected: int = 0) -> None:
    """Run ``pip install`` quietly. On a terminal a counter moves; a failure shows all that pip said.

    Args:
        venv: the environment whose pip runs.
        arguments: what follows ``pip install``.
        expected: how many packages the lock names, for the counter; 0 shows none.
    """
    command: list[str | Path] = [
        venv / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
    ]
    command += ["--progress-bar", "off", "--no-warn-script-location", "--no-deps", *arguments]
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore", "PYTHONWARNINGS": "ignore"}
    pip = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert pip.stdout is not None
    said, seen = [], 0
    counting = bool(expected) and sys.stdout.isatty()
    for line in pip.stdout:
        said.append(line)
        if counting and line.startswith(("Collecting ", "Requirement already satisfied")):
            seen += 1
            print(f"\r  {min(seen, expected)} of {expected}", end="", flush=True)
    if counting:
        print("\r" + " " * 30 + "\r", end="", flush=True)
    if pip.wait():
        sys.exit(f"{''.join(said)}\npip could not install {arguments[-1]}; its own words are above.")


def install_lock(venv: Path, lock: Path) -> None:
    """Install one lock file, each file checked against its hash."""
    count = len(re.findall(r"^[A-Za-z0-9._-]+==", lock.read_text(encoding="utf-8"), re.MULTILINE))
    say(f"Installing about {count} packages from {lock.relative_to(ROOT)} (a minute or so the first time)")
    pip_install(venv, "--require-hashes", "-r", lock, expected=count)


def main() -> None:
    """Bring the environment up to date; see the module's text."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dev", action="store_true", help="also install what the checks and tests need")
    parser.add_argument("--venv", default=".venv", help="where (default: %(default)s)")
    options = parser.parse_args()

    started = time.monotonic()
    venv = (ROOT / options.venv).absolute()
    subprocess.run([sys.executable, ROOT / "scripts" / "translations.py"], check=True)
    lock = "dev" if options.dev else "server"
    wanted, found = wanted_stamp(venv), read_stamp(venv)
    # requirements/dev.txt holds everything of requirements/server.txt at the same versions.
    differs = {name for name in wanted if found.get(name) != wanted[name]} - ({"dev", "server"} - {lock})
    if not differs and (venv / "bin" / "python").exists():
        return

    version = ".".join(map(str, sys.version_info[:2]))
    if (found and "place" in differs) or environment_python(venv) != version:
        create(venv)
        found = {}
    # Gone until everything below succeeded: an interrupted installation is taken up again by the next call.
    (venv / ".keyturn-setup.json").unlink(missing_ok=True)
    if found.get(lock) != wanted[lock]:
        install_lock(venv, LOCKS[lock])
    say("Installing Keyturn itself, editable")
    pip_install(venv, "--no-build-isolation", "--editable", str(ROOT))
    other = "server" if options.dev else "dev"
    installed = other == "server" or found.get(other) == wanted[other]
    write_stamp(venv, {**wanted, other: wanted[other] if installed else ""})
    say(f"Ready in {time.monotonic() - started:.0f} s: {options.venv}/bin/keyturn")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; the next call goes on from here.")

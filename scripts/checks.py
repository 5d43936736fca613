"""Run the checks and the tests, one after the other, and say at the end how each went.

    .venv/bin/python scripts/checks.py [lint | typecheck | web | test] [--databases sqlite,postgres] [--coverage]

Without a word: everything. The tests run twice, on SQLite and on PostgreSQL. With --coverage that of the run on SQLite
must reach the floor in pyproject.toml. What needs Node or a Chromium is left out, loudly, where there is none; with
CI=true that fails. A failing step does not hide the ones after it.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.node import BIN as WEB_BIN
from scripts.node import CHROMIUM, ROOT, WEB, NodeError, find_node

BIN: Final = Path(sys.executable).parent
# One more than the machines that this project is built for have cores: a third of the time tests wait, for servers that
# they start, for mail, sockets and locks.
WORKERS: Final = os.environ.get("KEYTURN_TEST_WORKERS", "3")
IN_CI: Final = os.environ.get("CI") == "true"

TS_PROJECTS: Final = ("client", "client/test", "app", "e2e")

Need = Literal["Node", "Chromium"]
Outcome = Literal["ok", "FAILED", "NOT RUN"]


@dataclass(frozen=True)
class Step:
    """One command and what to call it."""

    title: str
    command: tuple[str | Path, ...]
    environment: dict[str, str] = field(default_factory=dict)
    directory: Path = ROOT
    needs: tuple[Need, ...] = ()


def python_step(title: str, program: str, *arguments: str, **environment: str) -> Step:
    """Return a step of a program in this environment."""
    return Step(title, (BIN / program, *arguments), environment)


def web_step(title: str, *command: str | Path, needs: tuple[Need, ...] = ("Node",)) -> Step:
    """Return a step of a program in ``web/node_modules``, run in ``web``; its servers are this environment's."""
    environment = {"KEYTURN_PROGRAM": str(BIN / "keyturn"), "NO_COLOR": "1"}
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is not None:
        environment["PLAYWRIGHT_CHROMIUM"] = chromium
    program, *arguments = command
    # A script of ours, or a program of one of the packages.
    path = WEB / program if Path(program).suffix else WEB_BIN / program
    return Step(title, ("node", path, *arguments), environment, WEB, needs)


def build_step(title: str, what: str) -> Step:
    """Return a step of scripts/web.py."""
    return Step(title, (Path(sys.executable), ROOT / "scripts" / "web.py", what), needs=("Node",))


def pytest_step(database: str, title: str, *, measured: bool = False) -> Step:
    """Return the run of the whole test suite on one database."""
    command: tuple[str, ...] = ("pytest", "-n", WORKERS, "--dist", "worksteal")
    if measured:
        command = ("coverage", "run", "-m", *command)
    return python_step(title, *command, KEYTURN_TEST_DB=database)


LINT = (
    python_step("ruff check", "ruff", "check"),
    python_step("ruff format", "ruff", "format", "--check"),
    python_step("import contracts", "lint-imports"),
)
TYPES = (python_step("mypy", "mypy"),)
# The tests of Python look at the app that is served, so it is built before.
BUILD = (build_step("web packages", "packages"), build_step("web app", "app"))
WEB_CHECKS = (
    build_step("budget of the app", "budget"),
    build_step("OpenAPI document", "schema"),
    web_step("types from it", "client/scripts/generate.mjs"),
    web_step("biome", "biome", "check", "--error-on-warnings", "."),
    *(web_step(f"tsc {project}", "tsc", "--project", project, "--noEmit") for project in TS_PROJECTS),
    web_step("size of the client", "client/scripts/size.mjs"),
    web_step("tests of the client", "vitest", "run"),
    web_step("tests in a browser", "playwright", "test", "--config", "e2e", needs=("Node", "Chromium")),
)
NAMES: Final = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


def tests(databases: Sequence[str], *, measured: bool) -> Iterator[Step]:
    """Yield the runs of the tests of Python, one a database; ``measured``: and what tells their coverage."""
    if measured:
        yield python_step("coverage erase", "coverage", "erase")
    for database in databases:
        yield pytest_step(database, f"tests on {NAMES[database]}", measured=measured and database == "sqlite")
    if measured:
        yield python_step("coverage combine", "coverage", "combine", "--quiet")
        yield python_step("coverage", "coverage", "report")


CHOICES: Final[dict[str, tuple[Step, ...]]] = {
    "lint": LINT,
    "typecheck": TYPES,
    "web": (*BUILD, *WEB_CHECKS),
    "test": BUILD,
    "all": (*LINT, *TYPES, *BUILD, *WEB_CHECKS),
}
"""What stands before the tests of Python, or alone."""


def missing(step: Step) -> str | None:
    """Say what the machine lacks for a step, None when it lacks nothing."""
    if "Node" in step.needs:
        try:
            find_node()
        except NodeError as error:
            return str(error)
    if "Chromium" in step.needs and not any(map(shutil.which, CHROMIUM)):
        return "there is no Chromium here (on Debian and Ubuntu: apt-get install chromium)"
    return None


def run(step: Step) -> Outcome:
    """Run one step with its output shown as it comes."""
    lack = missing(step)
    if lack is not None:
        print(f"\n!!! NOT RUN: {step.title}: {lack}", flush=True)
        return "FAILED" if IN_CI else "NOT RUN"
    words = (str(word).removeprefix(f"{ROOT}/") for word in step.command)
    print(f"\n--- {step.title}: {' '.join(words)}", flush=True)
    environment = {**os.environ, **step.environment}
    done = subprocess.run(step.command, cwd=step.directory, env=environment, check=False)
    return "FAILED" if done.returncode else "ok"


def main() -> None:
    """Run the chosen steps; exit with 1 when any failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("choice", nargs="?", choices=CHOICES, default="all")
    parser.add_argument("--databases", default=",".join(NAMES), help="which the tests run on (default: %(default)s)")
    parser.add_argument("--coverage", action="store_true", help="measure it on SQLite, and hold it to its floor")
    options = parser.parse_args()
    databases = options.databases.split(",")
    if unknown := set(databases) - set(NAMES):
        parser.error(f"--databases knows {', '.join(NAMES)}, not {', '.join(sorted(unknown))}")
    steps = list(CHOICES[options.choice])
    if options.choice in {"all", "test"}:
        steps += tests(databases, measured=options.coverage)
    results = []
    for step in steps:
        started = time.monotonic()
        results.append((run(step), step.title, time.monotonic() - started))
    print("\n--- summary")
    for outcome, title, seconds in results:
        print(f"{outcome:<7} {title} ({seconds:.0f} s)")
    if any(outcome == "FAILED" for outcome, _, _ in results):
        sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)

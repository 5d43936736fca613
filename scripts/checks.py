"""Run the checks and the tests, one after the other, and say at the end how each went.

    .venv/bin/python scripts/checks.py [lint | typecheck | test]

Without a word: everything. The tests run twice, on SQLite and on PostgreSQL. With CI=true the coverage of the run on
SQLite must reach the floor in pyproject.toml; to measure it takes half as long again. A failing step does not hide the
ones after it.
"""

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# As many as the machines that this project is built for have cores.
WORKERS = os.environ.get("KEYTURN_TEST_WORKERS", "2")
MEASURES_COVERAGE = os.environ.get("CI") == "true"


@dataclass(frozen=True)
class Step:
    """One command and what to call it."""

    title: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


def pytest_step(database: str, title: str, *, measured: bool = False) -> Step:
    """Return the run of the whole test suite on one database."""
    command: tuple[str, ...] = ("pytest", "-n", WORKERS, "--dist", "worksteal")
    if measured:
        command = ("coverage", "run", "-m", *command)
    return Step(title, command, {"KEYTURN_TEST_DB": database})


LINT = (
    Step("ruff check", ("ruff", "check")),
    Step("ruff format", ("ruff", "format", "--check")),
    Step("import contracts", ("lint-imports",)),
)
TYPES = (Step("mypy", ("mypy",)),)
RUNS = (
    pytest_step("sqlite", "tests on SQLite", measured=MEASURES_COVERAGE),
    pytest_step("postgres", "tests on PostgreSQL"),
)
TESTS: tuple[Step, ...] = RUNS
if MEASURES_COVERAGE:
    TESTS = (
        Step("coverage erase", ("coverage", "erase")),
        *RUNS,
        Step("coverage combine", ("coverage", "combine", "--quiet")),
        Step("coverage", ("coverage", "report")),
    )
CHOICES = {"lint": LINT, "typecheck": TYPES, "test": TESTS, "all": (*LINT, *TYPES, *TESTS)}


def run(step: Step) -> bool:
    """Run one step with its output shown as it comes; say whether it succeeded."""
    print(f"\n--- {step.title}: {' '.join(step.command)}", flush=True)
    program, *arguments = step.command
    done = subprocess.run([BIN / program, *arguments], cwd=ROOT, env={**os.environ, **step.environment}, check=False)
    return done.returncode == 0


def main() -> None:
    """Run the chosen steps; exit with 1 when any failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("choice", nargs="?", choices=CHOICES, default="all")
    choice = parser.parse_args().choice
    results = []
    for step in CHOICES[choice]:
        started = time.monotonic()
        results.append((run(step), step.title, time.monotonic() - started))
    print("\n--- summary")
    for good, title, seconds in results:
        print(f"{'ok    ' if good else 'FAILED'} {title} ({seconds:.0f} s)")
    if not all(good for good, _, _ in results):
        sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)

"""Run the checks and the tests, one after the other, and say at the end how each went.

    .venv/bin/python scripts/checks.py [lint | typecheck | web | test] [--databases sqlite,postgres] [--tests MARKERS]
        [--coverage]

Without a word: everything. The tests run twice, on SQLite and on PostgreSQL. With --coverage that of the run on SQLite
must reach the floor in pyproject.toml. What needs Node or a Chromium is left out, loudly, where there is none; with
CI=true that fails. A failing step does not hide the ones after it. A step that mostly waits runs beside those after it,
up to the first that is not to be disturbed; its output comes when it has ended.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.node import BIN as WEB_BIN
from scripts.node import CHROMIUM, ROOT, WEB, NodeError, find_node

BIN: Final = Path(sys.executable).parent
# Two more than the machines that this project is built for have cores: a third of the time tests wait, for servers that
# they start, for mail, sockets and locks.
WORKERS: Final = os.environ.get("KEYTURN_TEST_WORKERS", "4")
LAST_LINES: Final = 25
"""How much of what a failed step printed is told once more."""
IN_CI: Final = os.environ.get("CI") == "true"

TS_PROJECTS: Final = ("client", "client/test", "app", "e2e")

Need = Literal["Node", "Chromium"]
Outcome = Literal["ok", "FAILED", "NOT RUN"]
Manner = Literal["after the other", "beside", "alone"]


@dataclass(frozen=True)
class Step:
    """One command and what to call it.

    Args:
        manner: "beside": it mostly waits, so the steps after it begin at once. "alone": it fills the machine, so
            nothing runs beside it.
    """

    title: str
    command: tuple[str | Path, ...]
    environment: dict[str, str] = field(default_factory=dict)
    directory: Path = ROOT
    needs: tuple[Need, ...] = ()
    manner: Manner = "after the other"


@dataclass(frozen=True)
class Result:
    """How a step went, how long it took (seconds), and how what a failed one printed ends."""

    outcome: Outcome
    title: str
    seconds: float
    end: str = ""


def python_step(title: str, program: str, *arguments: str, **environment: str) -> Step:
    """Return a step of a program in this environment."""
    return Step(title, (BIN / program, *arguments), environment)


def web_step(
    title: str,
    *command: str | Path,
    needs: tuple[Need, ...] = ("Node",),
    manner: Manner = "after the other",
) -> Step:
    """Return a step of a program in ``web/node_modules``, run in ``web``; its servers are this environment's."""
    environment = {"KEYTURN_PROGRAM": str(BIN / "keyturn"), "NO_COLOR": "1"}
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is not None:
        environment["PLAYWRIGHT_CHROMIUM"] = chromium
    program, *arguments = command
    # A script of ours, or a program of one of the packages.
    path = WEB / program if Path(program).suffix else WEB_BIN / program
    return Step(title, ("node", path, *arguments), environment, WEB, needs, manner)


def build_step(title: str, what: str) -> Step:
    """Return a step of scripts/web.py."""
    return Step(title, (Path(sys.executable), ROOT / "scripts" / "web.py", what), needs=("Node",))


def pytest_step(database: str, title: str, *, markers: str = "", measured: bool = False) -> Step:
    """Return the run on one database of all tests of Python, or of those that an expression of markers names."""
    command: tuple[str, ...] = ("pytest", "-n", WORKERS, "--dist", "worksteal")
    if markers:
        command += ("-m", markers)
    if measured:
        command = ("coverage", "run", "-m", *command)
    return replace(python_step(title, *command, KEYTURN_TEST_DB=database), manner="alone")


LINT = (
    python_step("ruff check", "ruff", "check"),
    python_step("ruff format", "ruff", "format", "--check"),
    python_step("import contracts", "lint-imports"),
)
TYPES = (python_step("mypy", "mypy"),)
# The tests of Python look at the app that is served, so it is built before.
BUILD = (build_step("web packages", "packages"), build_step("web app", "app"))
WEB_TESTS = (
    build_step("OpenAPI document", "schema"),
    web_step("types from it", "client/scripts/generate.mjs"),
    # One server, one clock, one test after the other.
    web_step("tests of the client", "vitest", "run", manner="beside"),
)
WEB_CHECKS = (
    build_step("budget of the app", "budget"),
    web_step("biome", "biome", "check", "--error-on-warnings", "."),
    *(web_step(f"tsc {project}", "tsc", "--project", project, "--noEmit") for project in TS_PROJECTS),
    web_step("size of the client", "client/scripts/size.mjs"),
)
BROWSER = (web_step("tests in a browser", "playwright", "test", "--config", "e2e", needs=("Node", "Chromium")),)
NAMES: Final = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


def tests(databases: Sequence[str], *, markers: str, measured: bool) -> Iterator[Step]:
    """Yield the runs of the tests of Python, one a database; ``measured``: and what tells their coverage."""
    if measured:
        yield python_step("coverage erase", "coverage", "erase")
    for database in databases:
        title = f"tests on {NAMES[database]}"
        yield pytest_step(database, title, markers=markers, measured=measured and database == "sqlite")
    if measured:
        yield python_step("coverage combine", "coverage", "combine", "--quiet")
        yield python_step("coverage", "coverage", "report")


CHOICES: Final[dict[str, tuple[Step, ...]]] = {
    "lint": LINT,
    "typecheck": TYPES,
    "web": (*BUILD, *WEB_TESTS, *WEB_CHECKS, *BROWSER),
    "test": BUILD,
    "all": (*BUILD, *WEB_TESTS, *LINT, *TYPES, *WEB_CHECKS, *BROWSER),
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


def headline(step: Step) -> str:
    """Say what is run."""
    words = (str(word).removeprefix(f"{ROOT}/") for word in step.command)
    return f"\n--- {step.title}: {' '.join(words)}"


class Running:
    """A step's command while it runs; what it prints goes into a file, so that its end can be told once more."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._started = time.monotonic()
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the step has ended
        self._shown = 0
        colours = {"PY_COLORS": "1"} if sys.stdout.isatty() else {}
        self._process = subprocess.Popen(
            step.command,
            cwd=step.directory,
            env={**os.environ, **colours, **step.environment},
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def finish(self) -> Result:
        """Show what it printed, and what it prints until it ends."""
        print(headline(self._step), flush=True)
        while self._process.poll() is None:
            self._show()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=0.2)
        seconds = time.monotonic() - self._started
        self._show()
        outcome: Outcome = "FAILED" if self._process.returncode else "ok"
        return Result(outcome, self._step.title, seconds, self._end() if outcome == "FAILED" else "")

    def stop(self) -> None:
        """End it, before its time if it has not ended."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
        self._output.close()

    def _show(self) -> None:
        written = os.fstat(self._output.fileno()).st_size
        # The command writes where the file's one position is, so what it wrote is read without moving that.
        while self._shown < written:
            piece = os.pread(self._output.fileno(), 1 << 16, self._shown)
            self._shown += len(piece)
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()

    def _end(self) -> str:
        start = max(self._shown - (1 << 16), 0)
        printed = os.pread(self._output.fileno(), self._shown - start, start).decode(errors="replace")
        return "\n".join(printed.splitlines()[-LAST_LINES:])


@contextlib.contextmanager
def running(step: Step) -> Iterator[Running]:
    """Start a step's command, and leave nothing of it behind."""
    begun = Running(step)
    try:
        yield begun
    finally:
        begun.stop()


def run_all(steps: Sequence[Step]) -> Iterator[Result]:
    """Run steps, and yield how each went as it ends."""
    beside: list[Running] = []
    with contextlib.ExitStack() as opened:
        for step in steps:
            lack = missing(step)
            if lack is not None:
                print(f"\n!!! NOT RUN: {step.title}: {lack}", flush=True)
                yield Result("FAILED" if IN_CI else "NOT RUN", step.title, 0.0, lack)
                continue
            if step.manner == "beside":
                print(f"\n... {step.title}: goes on beside what follows", flush=True)
                beside.append(opened.enter_context(running(step)))
                continue
            while step.manner == "alone" and beside:
                yield beside.pop(0).finish()
            with running(step) as begun:
                yield begun.finish()
        while beside:
            yield beside.pop(0).finish()


def main() -> None:
    """Run the chosen steps; exit with 1 when any failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("choice", nargs="?", choices=CHOICES, default="all")
    parser.add_argument("--databases", default=",".join(NAMES), help="which the tests run on (default: %(default)s)")
    parser.add_argument("--tests", default="", metavar="MARKERS", help="which tests of Python, as pytest's -m takes it")
    parser.add_argument("--coverage", action="store_true", help="measure it on SQLite, and hold it to its floor")
    options = parser.parse_args()
    databases = options.databases.split(",")
    if unknown := set(databases) - set(NAMES):
        parser.error(f"--databases knows {', '.join(NAMES)}, not {', '.join(sorted(unknown))}")
    steps = list(CHOICES[options.choice])
    if options.choice in {"all", "test"}:
        steps += tests(databases, markers=options.tests, measured=options.coverage)
    results = list(run_all(steps))
    print("\n--- summary")
    for result in results:
        print(f"{result.outcome:<7} {result.title} ({result.seconds:.0f} s)")
    failed = [result for result in results if result.outcome == "FAILED"]
    # Whoever is shown the last lines alone, as CI shows them, sees why.
    for result in failed:
        print(f"\n!!! {result.title}\n{result.end}")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)

"""Starts the services for a test run and hands their addresses to the settings, workers and child processes.

Loaded by ``-p`` (see pyproject.toml), because the settings, which pytest-django reads before any conftest, already need
the database's address. The controller starts everything once; xdist's workers inherit its environment.

``KEYTURN_TEST_DB``            ``sqlite`` (default) or ``postgres``: what the whole run uses.
``KEYTURN_TEST_DURABLE``       ``1`` leaves PostgreSQL's durability as it comes, for measurements.
``CI``                         ``true`` fails a run in which a service could not start, or a test lacks what it needs.
"""

import gc
import os
import shutil
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from tests.services import environment, needs, order
from tests.services.identity import Identity, temporary_directory
from tests.services.postgres import start_postgres
from tests.services.service import Service, ServiceError
from tests.services.valkey import start_valkey

_USES_DATABASE = {"db", "transactional_db", "django_db_reset_sequences", "django_db_serialized_rollback"}
_USES_POSTGRES = {"postgres_server", "postgres_database"}
_USES_VALKEY = {"valkey_url"}


class _Run:
    """What this process started, and what it could not start."""

    def __init__(self) -> None:
        self.services: list[Service] = []
        self.directory: Path | None = None

    def start(self, variable: str, starter: Callable[[], tuple[Service, str]]) -> None:
        """Start one service and publish its URL; publish the reason instead when it cannot be started."""
        for attempt in (1, 2):
            try:
                service, url = starter()
            except ServiceError as error:
                # Once more: another process may have taken the port in between.
                if attempt == 2:
                    os.environ[variable + environment.MISSING] = str(error)
            else:
                self.services.append(service)
                os.environ[variable] = url
                return

    def stop(self) -> None:
        """Stop and remove everything this process started."""
        while self.services:
            self.services.pop().stop()
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.directory = None


_run = _Run()


def _is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    vendor = environment.vendor()
    options = early_config.known_args_namespace
    if not _is_worker() and not options.help and not options.version:
        # A nested run must not believe in its caller's services: each run cleans up what it started.
        environment.forget()
        _run.directory = temporary_directory("keyturn-tests-", Identity(None, None))
        os.environ[environment.DIRECTORY] = str(_run.directory)
        _run.start(environment.VALKEY, start_valkey)
        if vendor == "postgres":
            durable = os.environ.get("KEYTURN_TEST_DURABLE") == "1"
            _run.start(environment.POSTGRES, lambda: start_postgres(durable=durable))
    try:
        return (yield)
    except BaseException:
        # Settings that cannot be loaded end pytest before it would unconfigure anything.
        _run.stop()
        raise


def pytest_unconfigure() -> None:
    _run.stop()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the collector of garbage from what is collected here, which stays until the end and is a lot."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_report_header() -> str:
    vendor = environment.vendor()
    return f"database: {vendor}" + (" (durable)" if os.environ.get("KEYTURN_TEST_DURABLE") == "1" else "")


def _uses(item: pytest.Item, names: set[str]) -> bool:
    return not names.isdisjoint(getattr(item, "fixturenames", ()))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of the other database; skip those whose service is missing."""
    on_postgres = environment.vendor() == "postgres"
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        only_postgres = item.get_closest_marker("postgres") is not None or _uses(item, _USES_POSTGRES)
        only_sqlite = item.get_closest_marker("sqlite") is not None
        if only_postgres and only_sqlite:
            raise pytest.UsageError(f"{item.nodeid} is marked for both databases and could never run")
        (left_out if (only_sqlite if on_postgres else only_postgres) else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept
    no_postgres = on_postgres and environment.why_missing(environment.POSTGRES) is not None
    no_valkey = environment.why_missing(environment.VALKEY) is not None
    for item in items:
        touches_database = item.get_closest_marker("django_db") is not None or _uses(item, _USES_DATABASE)
        if no_postgres and (touches_database or _uses(item, _USES_POSTGRES)):
            item.add_marker(pytest.mark.skip(reason="PostgreSQL could not be started"))
        if no_valkey and _uses(item, _USES_VALKEY):
            item.add_marker(pytest.mark.skip(reason="Valkey could not be started"))
    if _is_worker():
        items[:] = order.for_workers(items, workers=int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    needs.check(item)


def _missing() -> dict[str, str]:
    names = {"PostgreSQL": environment.POSTGRES, "Valkey": environment.VALKEY}
    reasons = {name: environment.why_missing(variable) for name, variable in names.items()}
    return {name: reason for name, reason in reasons.items() if reason is not None}


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if not _is_worker() and _missing() and os.environ.get("CI") == "true":
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, reason in _missing().items():
        terminalreporter.section(f"{name} COULD NOT BE STARTED", sep="!", red=True, bold=True)
        terminalreporter.line(reason)
        terminalreporter.line(f"Every test that needs {name} was skipped. This run says nothing about {name}.")
        if os.environ.get("CI") == "true":
            terminalreporter.line("CI=true: the run fails for it.", red=True, bold=True)
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in _skipped(terminalreporter))
    for reason, count in reasons.items():
        if reason.startswith(needs.NOT_RUN):
            terminalreporter.section(f"{count} TESTS WERE {reason}", sep="!", red=True, bold=True)


def _skipped(terminalreporter: pytest.TerminalReporter) -> list[Any]:
    return [report for report in terminalreporter.stats.get("skipped", ()) if isinstance(report.longrepr, tuple)]

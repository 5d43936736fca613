"""Whether this process can serve requests: what ``/readyz`` answers.

Probes may come from anybody, so they cost the database next to nothing: one ``SELECT`` a second and process at most,
however many ask; whoever asks meanwhile is told what the last one found.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Event, Lock, Thread
from typing import Final

from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from keyturn.feed.watcher import watcher
from keyturn.keys.watching import sealed_elsewhere

__all__ = ["CHECKS", "MOST_LAG", "Standing", "end", "holds", "standing"]

MOST_LAG: Final = 10.0
"""Seconds behind the feed of revocations from which on a process is taken out of service.

Past one second it reads the sessions' rows and answers as correctly as before. This long, with a database that answers,
its follower is stuck.
"""

_IS_READ_ONLY: Final = "SHOW transaction_read_only"
# Seconds for which a finding is good.
_GOOD_FOR: Final = 1.0
_GOOD_FOR_KEYS: Final = 10.0
# Seconds within which whoever asks is answered; a database that takes longer does not answer.
_PATIENCE: Final = 1.0

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the process was at one time.

    Args:
        failed: the names of the checks that failed, of :data:`CHECKS`.
        unknown: those that could not be made because another failed.
        lag: seconds behind the feed; infinite before the first poll.
    """

    failed: tuple[str, ...]
    unknown: tuple[str, ...]
    lag: float

    @property
    def is_ready(self) -> bool:
        """Whether every check holds."""
        return not self.failed and not self.unknown

    def word(self, check: str) -> str:
        """``ok``, ``failed`` or ``unknown``."""
        return "failed" if check in self.failed else "unknown" if check in self.unknown else "ok"


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        # A standby answers as well, and takes no writes: a fail-over may lead here for a while.
        cursor.execute(_IS_READ_ONLY if connection.vendor == "postgresql" else "SELECT 'off'")
        return bool(cursor.fetchone() == ("off",))


def _is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _keys_open() -> bool:
    return sealed_elsewhere(list(connections)) is None


def _feed_is_followed() -> bool:
    watcher().ensure_started()
    return watcher().lag() <= MOST_LAG


# In this order; the second and third need what the first asks for.
_CHECKS: Final[Mapping[str, Callable[[], bool]]] = {
    "database": _database_answers,
    "migrations": _is_migrated,
    "keys": _keys_open,
    "feed": _feed_is_followed,
}
_SERVING: Final = "serving"
CHECKS: Final = (*_CHECKS, _SERVING)
"""The names of what is looked at."""
_NEED_DATABASE: Final = ("migrations", "keys")


class _Probe:
    """What this process last found, and who is looking.

    Args:
        apart: whether a look has a thread of its own. A database that does not answer then keeps nobody who asks.
    """

    def __init__(self, *, apart: bool = True) -> None:
        self._apart = apart
        self._looking = Lock()
        self._is_ending = Event()
        self._last: Standing | None = None
        self._at = float("-inf")
        self._began = float("-inf")
        self._done = Event()
        # The schema only moves on: once all is there, it stays.
        self._is_migrated = False
        self._keys_good_until = float("-inf")

    def end(self) -> None:
        """Be ready no more, whatever else is found."""
        self._is_ending.set()

    def ask(self) -> Standing:
        """How the process is, and whether it goes on."""
        found = self._found()
        return replace(found, failed=(*found.failed, _SERVING)) if self._is_ending.is_set() else found

    def holds(self) -> bool:
        """Whether the last finding, if there is one, was a good one."""
        return not self._is_ending.is_set() and (self._last is None or self._last.is_ready)

    def _found(self) -> Standing:
        """The last finding, or a new one if that is old and nobody else is at it."""
        known = self._last
        if known is not None and time.monotonic() - self._at < _GOOD_FOR:
            return known
        is_mine = self._looking.acquire(blocking=False)
        if is_mine:
            self._began = time.monotonic()
            self._done.clear()
            if self._apart:
                self._look_apart()
            else:
                self._look_once()
        if is_mine or known is None:
            self._done.wait(_PATIENCE)
        if self._done.is_set() and self._last is not None:
            return self._last
        if known is not None and time.monotonic() - self._began < _PATIENCE:
            return known
        return Standing(("database",), tuple(_NEED_DATABASE), watcher().lag())

    def _look_apart(self) -> None:
        try:
            Thread(target=self._look_once, name="keyturn-readiness", daemon=True).start()
        except RuntimeError:
            # The system gives this process no more threads.
            self._last, self._at = Standing(("serving",), (), watcher().lag()), time.monotonic()
            self._done.set()
            self._looking.release()

    def _look_once(self) -> None:
        try:
            found = self._look()
            self._tell(found)
            self._last, self._at = found, time.monotonic()
        finally:
            if self._apart:
                # This thread's own: nobody else could close it when the thread is gone.
                connections.close_all()
            self._done.set()
            self._looking.release()

    def _look(self) -> Standing:
        failed: list[str] = []
        unknown: list[str] = []
        for name, check in _CHECKS.items():
            if name in _NEED_DATABASE and "database" in failed:
                unknown.append(name)
            elif not self._is_settled(name) and not self._made(name, check):
                failed.append(name)
        return Standing(tuple(failed), tuple(unknown), watcher().lag())

    def _is_settled(self, name: str) -> bool:
        if name == "migrations":
            return self._is_migrated
        return name == "keys" and time.monotonic() < self._keys_good_until

    def _made(self, name: str, check: Callable[[], bool]) -> bool:
        try:
            good = check()
        except Exception as error:  # noqa: BLE001 - whatever is raised, the check does not hold
            if self._last is None or name not in self._last.failed:
                _log.error("not ready: %s cannot be checked: %s", name, " ".join(str(error).split()))
            return False
        if good and name == "migrations":
            self._is_migrated = True
        if good and name == "keys":
            self._keys_good_until = time.monotonic() + _GOOD_FOR_KEYS
        return good

    def _tell(self, found: Standing) -> None:
        before = self._last
        if before is not None and before.is_ready == found.is_ready:
            return
        if not found.is_ready:
            _log.error("not ready: %s", ", ".join(found.failed))
        elif before is not None:
            _log.info("ready again")


_probe: Final = _Probe()


def standing() -> Standing:
    """How this process is, as of about a second ago."""
    return _probe.ask()


def holds() -> bool:
    """Whether this process follows the feed and was ready when somebody last asked. No I/O."""
    return watcher().lag() <= MOST_LAG and _probe.holds()


def end() -> None:
    """Say from now on that this process is not ready: it is about to end, and requests had better go elsewhere."""
    _probe.end()

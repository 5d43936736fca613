"""Each process's follower of the feed: a thread that reads it four times a second into memory.

Whoever asks it gets one of two answers: "nothing stands against this session, as of less than a second ago", or "read
the row". It never says that a session has ended: this process may have ended it in a transaction that rolls back.
"""

import atexit
import logging
import os
import random
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import timedelta
from threading import Event, Lock, Thread, current_thread
from typing import Final
from uuid import UUID
from weakref import WeakSet

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from keyturn.clock import utc_now
from keyturn.feed import statements
from keyturn.feed.connecting import own_connection
from keyturn.feed.cursor import Cursor, CursorTooOldError
from keyturn.feed.keeping import keep, retention
from keyturn.feed.memory import RevokedSet
from keyturn.feed.pruning import prune_batch
from keyturn.feed.reading import Page, read
from keyturn.in_tests import in_test_environment

__all__ = ["INTERVAL", "STALENESS_BOUND", "Watcher", "watcher"]

logger = logging.getLogger("keyturn.feed")

INTERVAL: Final = 0.25
"""Seconds between the starts of two polls."""

STALENESS_BOUND: Final = 1.0
"""Seconds after the start of the last good poll for which memory is believed."""

_CLOCK_STEP: Final = 5.0
"""Seconds by which the wall clock may drift between two steps without anybody's having set it."""

_ENTRIES_A_PAGE: Final = 20_000
_SHORTEST_PAUSE: Final = 0.02
_PRUNE_EVERY: Final = 600.0
_PRUNE_AT_ONCE: Final = 500

Callback = Callable[[BaseDatabaseWrapper], object]

_watchers: "WeakSet[Watcher]" = WeakSet()


def _boot_clock() -> float:
    """Seconds that go on while the machine sleeps, where the system has such a clock, and never jump."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


_clock: Final[Callable[[], float]] = _boot_clock if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic


class Watcher:
    """Follows the feed of one process. All methods may be called from any thread.

    Args:
        interval: seconds between the starts of two polls.

    Attributes:
        polls: how many polls succeeded since the start.
        failures: how many failed.
    """

    def __init__(self, *, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._callbacks: list[Callback] = []
        self._inherited: list[object] = []
        self._begin_anew()
        _watchers.add(self)

    def _begin_anew(self) -> None:
        self.polls = 0
        self.failures = 0
        self._lock = Lock()
        self._pid = os.getpid()
        self._thread: Thread | None = None
        self._stop = Event()
        self._good_since: float | None = None
        self._failing = False
        self._cursor: Cursor | None = None
        self._kept = timedelta(0)
        self._revoked = RevokedSet(0)
        self._suspects = RevokedSet(0)
        self._connection: BaseDatabaseWrapper | None = None
        self._prune_at = 0.0
        self._ahead = utc_now().timestamp() - _clock()

    def begin_anew_in_child(self) -> None:
        """For the child of a fork: know nothing, run nothing."""
        # The child has a copy of everything but the thread. The parent's connection stays open and unused here: to
        # close it would say goodbye to the database in the parent's name.
        self._inherited += [self._connection, getattr(self._connection, "connection", None), self._thread]
        self._begin_anew()

    # Asking

    def is_fresh(self) -> bool:
        """Whether the last good poll started no longer ago than the bound."""
        return self.lag() <= STALENESS_BOUND

    def lag(self) -> float:
        """Seconds since the start of the last good poll; infinite before the first."""
        since = self._good_since
        return float("inf") if since is None or self._pid != os.getpid() else _clock() - since

    def is_revoked(self, sid: UUID) -> bool:
        """Whether a session has ended, or this process has tried to end it: read its row."""
        number = sid.int
        return number in self._revoked or number in self._suspects

    def is_revoked_key(self, kid: str) -> bool:
        """Whether a key was revoked, or this process has tried to revoke it."""
        return kid in self._revoked or kid in self._suspects

    def clears(self, sid: UUID, kid: str | None = None) -> bool:
        """Whether nothing stands against a session and the key of its token, and memory is fresh enough to say so.

        This is the question to decide a request by. Asked one after the other, "is it fresh" and "is it revoked" may
        be answered seconds apart where the process is stopped in between; here both are as of one poll.
        """
        since = self._good_since
        if since is None or self._pid != os.getpid():
            return False
        if self.is_revoked(sid) or (kid is not None and self.is_revoked_key(kid)):
            return False
        return _clock() - since <= STALENESS_BOUND

    def __len__(self) -> int:
        """How many ids are remembered."""
        return len(self._revoked) + len(self._suspects)

    def __bool__(self) -> bool:
        """Whatever it remembers, it is there."""
        return True

    # Telling

    def suspect(self, *, session_ids: Collection[UUID] = (), kids: Collection[str] = ()) -> None:
        """Note what this process is about to end: until the feed says so, and if it never does, rows are read."""
        now = _clock()
        seconds = keep().total_seconds()
        with self._lock:
            if self._suspects.keep_seconds < seconds:
                self._suspects = _moved(self._suspects, seconds)
            self._suspects.forget(now)
            for sid in session_ids:
                self._suspects.add(sid.int, now)
            for kid in kids:
                self._suspects.add_kid(kid, now)

    def each_poll(self, callback: Callback) -> None:
        """Call something after every good poll, in the watcher's thread, with the watcher's connection.

        ``connections[alias]`` is that connection there, so models may be used. What the callback raises is logged. What
        it does must be short: the next poll waits for it.
        """
        if callback not in self._callbacks:
            self._callbacks.append(callback)

    # Running

    def ensure_started(self) -> None:
        """Start unless it runs. Cheap enough for every request. Does nothing in Django's test environment."""
        thread = self._thread
        if thread is not None and self._pid == os.getpid() and thread.is_alive():
            return
        if not in_test_environment():
            self.start()

    def start(self) -> None:
        """Start, if it does not run, also in Django's test environment."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive() and not self._stop.is_set():
                return
            self._stop = Event()
            self._good_since = None
            self._thread = Thread(
                target=self._run, args=(self._stop, statements.database()), name="keyturn-feed", daemon=True
            )
            self._thread.start()

    def stop(self, timeout: float = 5.0) -> bool:
        """End the thread and its connection; memory is not believed from now on.

        Args:
            timeout: seconds to wait for it; a database that does not answer may hold it for longer.

        Returns:
            Whether it has ended.
        """
        thread = self._thread
        self._stop.set()
        self._good_since = None
        if thread is not None and thread is not current_thread():
            thread.join(timeout)
        self._good_since = None
        return thread is None or not thread.is_alive()

    def wait_until_fresh(self, timeout: float) -> bool:
        """Wait until memory is fresh, ``timeout`` seconds at most; say whether it is."""
        deadline = time.monotonic() + timeout
        # A first reading of very much may be stale when it ends; the poll after it is not.
        while not self.is_fresh() and time.monotonic() < deadline:
            time.sleep(_SHORTEST_PAUSE)
        return self.is_fresh()

    def _run(self, stop: Event, alias: str) -> None:
        connection = own_connection(alias)
        self._connection = connection
        self._prune_at = _clock() + random.uniform(0.05, 0.5) * _PRUNE_EVERY  # noqa: S311 - spreads processes
        try:
            while not stop.is_set():
                started = _clock()
                self._turn(connection, stop, started)
                stop.wait(max(self._interval - (_clock() - started), _SHORTEST_PAUSE))
        finally:
            _close(connection)
            if self._connection is connection:
                self._connection = None
            with suppress(AttributeError):
                del connections[alias]

    def _turn(self, connection: BaseDatabaseWrapper, stop: Event, started: float) -> None:
        """One poll, and what is due after it. Whatever goes wrong, there will be another."""
        try:
            self._poll(connection, stop)
        except Exception as error:  # noqa: BLE001 - the thread must outlive everything the database may answer
            self.failures += 1
            if not self._failing:
                self._failing = True
                logger.warning("the feed of revocations cannot be read, so sessions are: %s", error)
            _close(connection)
            return
        if stop.is_set():
            return
        self.polls += 1
        self._good_since = started
        if self._failing:
            self._failing = False
            logger.info("the feed of revocations can be read again")
        self._look_after(connection)

    def _poll(self, connection: BaseDatabaseWrapper, stop: Event) -> None:
        kept = keep()
        ahead = utc_now().timestamp() - _clock()
        if abs(ahead - self._ahead) > _CLOCK_STEP:
            # How far back the first reading goes is a matter of the wall clock. Somebody has set it: begin anew.
            self._cursor = None
            self._ahead = ahead
        if kept > self._kept:
            # Also where the settings now ask to look back further than memory does.
            self._cursor = None
            self._revoked = _moved(self._revoked, kept.total_seconds())
            self._kept = kept
        more = True
        while more and not stop.is_set():
            now = utc_now()
            try:
                page = read(self._cursor, now=now, keep=kept, connection=connection, limit=_ENTRIES_A_PAGE)
            except CursorTooOldError:
                self._cursor = None
                continue
            if stop.is_set():
                return
            self._remember(page, now=now.timestamp(), first=self._cursor is None or self._cursor.horizon is not None)
            self._cursor, more = page.cursor, page.more
        self._revoked.forget(_clock())
        with self._lock:
            self._suspects.forget(_clock())

    def _remember(self, page: Page, *, now: float, first: bool) -> None:
        # By the clock that nobody can set: otherwise an hour's jump ahead would forget what the jump back needs.
        learnt = _clock()
        for entry in page.entries:
            # What comes late, by a slow transaction, matters for as long as what comes at once.
            at = learnt - max(now - entry.at.timestamp(), 0.0) if first else learnt
            if entry.session_id is not None:
                self._revoked.add(entry.session_id.int, at)
            if entry.kid:
                self._revoked.add_kid(entry.kid, at)

    def _look_after(self, connection: BaseDatabaseWrapper) -> None:
        """Call who wants to be called, and remove a few old rows now and then."""
        for callback in tuple(self._callbacks):
            try:
                callback(connection)
            except Exception:
                logger.exception("what follows a poll of the feed failed")
                _close(connection)
        if connection.in_atomic_block:
            _close(connection)
        if _clock() < self._prune_at:
            return
        removed = 0
        try:
            removed = prune_batch(
                now=utc_now(), retention=retention(self._kept), batch_size=_PRUNE_AT_ONCE, connection=connection
            )
        except Error as error:
            # Another process, or the daily command, will do it.
            logger.debug("old revocations were not removed this time: %s", error)
        if removed < _PRUNE_AT_ONCE:
            self._prune_at = _clock() + random.uniform(0.5, 1.5) * _PRUNE_EVERY  # noqa: S311 - spreads processes


def _moved(old: RevokedSet, keep_seconds: float) -> RevokedSet:
    """A set that keeps for longer, with what the old one holds."""
    new = RevokedSet(keep_seconds)
    new.take(old)
    return new


def _close(connection: BaseDatabaseWrapper) -> None:
    with suppress(Exception):
        connection.close()
    # Django would not connect again while it believes in a transaction, which went with its connection.
    connection.connection = None
    connection.in_atomic_block = False


def _after_fork() -> None:
    for each in tuple(_watchers):
        each.begin_anew_in_child()


os.register_at_fork(after_in_child=_after_fork)

_watcher: Watcher | None = None
_making = Lock()


def watcher() -> Watcher:
    """The one of this process. It does not run before it is started."""
    global _watcher  # noqa: PLW0603 - the one of this process
    if _watcher is None:
        with _making:
            if _watcher is None:
                _watcher = Watcher()
                atexit.register(_watcher.stop, 1.0)
    return _watcher

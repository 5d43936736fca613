"""Looks again and again at what a server holds: memory, files, threads, connections of the database."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import psycopg

from benchmarks.processes import family, memory

__all__ = ["Sample", "Watcher"]

_CONNECTIONS: Final = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"


@dataclass(frozen=True, slots=True)
class Sample:
    """One look.

    Args:
        at: seconds since the watcher began.
        memory: MB of all processes of the server; a page that they share counts once.
        files: descriptors that they have open.
        threads: of theirs.
        connections: of the database.
    """

    at: float
    memory: float
    files: int
    threads: int
    connections: int


class Watcher:
    """``with Watcher(...) as watcher:`` it looks until the end.

    Args:
        pid: of the server.
        url: of its PostgreSQL, as somebody who sees all connections.
        database: the name of its database.
        interval: seconds between two looks.
    """

    def __init__(self, pid: int, *, url: str, database: str, interval: float) -> None:
        self._interval = interval
        self._pid = pid
        self._database = database
        self._connection = psycopg.connect(url, autocommit=True)
        self.began: Final = time.monotonic()
        self.samples: list[Sample] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        self._connection.close()

    def now(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    def between(self, begin: float, end: float) -> list[Sample]:
        """What was seen from then to then."""
        return [sample for sample in self.samples if begin <= sample.at <= end]

    def _watch(self) -> None:
        while not self._is_over.wait(self._interval):
            try:
                self.samples.append(self._look())
            except OSError:
                continue  # a process ended between two looks

    def _look(self) -> Sample:
        members = family(self._pid)
        row = self._connection.execute(_CONNECTIONS, [self._database]).fetchone()
        assert row is not None
        return Sample(
            at=self.now(),
            memory=sum(map(memory, members)),
            files=sum(len(list(Path(f"/proc/{one}/fd").iterdir())) for one in members),
            threads=sum(len(list(Path(f"/proc/{one}/task").iterdir())) for one in members),
            connections=int(row[0]),
        )

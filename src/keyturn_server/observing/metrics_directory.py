"""The directory in which the workers of a server share their numbers, each in files of its own.

prometheus-client adds up all files it finds there, those of workers that have ended included: what they counted stays
counted. The server process adds these up once and for all, into files of nobody's, so that they are no more after a
thousand renewals than after one. One directory that a server left behind when it was killed is removed by the next.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from prometheus_client import mmap_dict
from prometheus_client.multiprocess import mark_process_dead

__all__ = ["VARIABLE", "bury", "reading", "shared_directory"]

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Names the directory to prometheus-client."""

_PREFIX: Final = "keyturn-metrics-"
# Of one that a server made: locked for as long as one of its processes lives. And: whoever reads or adds up waits here.
_HELD: Final = "held"
_LOCK: Final = "lock"
# No process has this id.
_NOBODY: Final = 0
_ADDED: Final = ("counter", "histogram")

# It has no types.
_MmapedDict: Final[Any] = mmap_dict.MmapedDict


@contextmanager
def shared_directory() -> Iterator[None]:
    """Have a directory for the workers' numbers, unless the operator has named one. Before any worker is started."""
    if os.environ.get(VARIABLE):
        yield
        return
    _remove_what_nobody_holds()
    directory = Path(tempfile.mkdtemp(prefix=_PREFIX))
    os.environ[VARIABLE] = str(directory)
    try:
        # It gets its name when it is locked: another server that starts now would remove what nobody holds.
        unnamed = directory / f"{_HELD}.new"
        with unnamed.open("wb") as held:
            fcntl.flock(held, fcntl.LOCK_SH)
            unnamed.rename(directory / _HELD)
            yield
    finally:
        del os.environ[VARIABLE]
        shutil.rmtree(directory, ignore_errors=True)


def bury(pid: int) -> None:
    """Add the numbers of a worker that has ended to those of its kind."""
    directory = os.environ.get(VARIABLE)
    if not directory:
        return
    with _locked(Path(directory), fcntl.LOCK_EX):
        mark_process_dead(pid, directory)  # type: ignore[no-untyped-call] # it has no types
        for kind in _ADDED:
            _add(Path(directory, f"{kind}_{pid}.db"), Path(directory, f"{kind}_{_NOBODY}.db"))


@contextmanager
def reading(directory: Path) -> Iterator[None]:
    """Read the files of a directory while none is added to another: a number would be there twice, or not at all."""
    with _locked(directory, fcntl.LOCK_SH):
        yield


@contextmanager
def _locked(directory: Path, how: int) -> Iterator[None]:
    with (directory / _LOCK).open("ab") as lock:
        fcntl.flock(lock, how)
        yield


def _add(one: Path, to: Path) -> None:
    if not one.exists():
        return
    total = _MmapedDict(str(to))
    try:
        for key, value, at, _ in _MmapedDict.read_all_values_from_file(str(one)):
            before, latest = total.read_value(key)
            total.write_value(key, before + value, max(at, latest))
    finally:
        total.close()
    one.unlink()


def _remove_what_nobody_holds() -> None:
    """Remove the directories of servers that could not do it themselves."""
    for directory in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # None of these, or one whose server has just begun or just ended.
        with suppress(OSError):
            if directory.lstat().st_uid != os.geteuid():
                # In another user's, to open a file could wait for ever.
                continue
            with (directory / _HELD).open("rb") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(directory, ignore_errors=True)

"""What running programs use, by what Linux says of them in ``/proc``."""

import os
from collections import defaultdict
from pathlib import Path
from typing import Final

__all__ = ["family", "memory", "most_memory", "processor_seconds", "workers_of"]

_TICKS: Final = os.sysconf("SC_CLK_TCK")


def _fields(pid: int) -> list[str]:
    """What follows the name in ``/proc/<pid>/stat``: state, parent, ... (proc(5))."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                children[int(_fields(int(entry.name))[1])].append(int(entry.name))
            except (OSError, IndexError):
                continue  # ended meanwhile
    found = [pid]
    for member in found:
        found.extend(children[member])
    return found


def processor_seconds(pid: int, *, and_family: bool = False) -> float:
    """Processor time a process has used, of the user and the system, in steps of a hundredth of a second.

    Args:
        pid: of the process.
        and_family: with all that descend from it, and those that have ended.
    """
    if not and_family:
        fields = _fields(pid)
        return (int(fields[11]) + int(fields[12])) / _TICKS
    ticks = 0
    for member in family(pid):
        try:
            # utime, stime, cutime, cstime: the last two are of children that have been waited for.
            ticks += sum(map(int, _fields(member)[11:15]))
        except OSError:
            continue
    return ticks / _TICKS


def memory(pid: int, *, and_family: bool = False) -> float:
    """What a process has in memory, in MB of 10^6 bytes; a page that n processes share counts an nth (PSS)."""
    bytes_ = 0
    for member in family(pid) if and_family else [pid]:
        rollup = Path(f"/proc/{member}/smaps_rollup").read_text()
        bytes_ += int(rollup.partition("\nPss:")[2].split()[0]) * 1024
    return bytes_ / 1e6


def most_memory(pid: int) -> float:
    """The most that a process has ever had in memory, in MB; a page that others have too counts whole (RSS)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


def workers_of(pid: int) -> list[int]:
    """The worker processes of a server: its children, but for the helpers of multiprocessing and of Keyturn."""
    children = (member for member in family(pid) if member != pid and int(_fields(member)[1]) == pid)
    return [
        child
        for child in children
        if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes()
        and Path(f"/proc/{child}/comm").read_text() != "keyturn-mould\n"
    ]

"""Faults on demand: what happens to the next replies of ``/token/refresh/``."""

from dataclasses import dataclass
from enum import StrEnum

from keyturn_server.dev.store import connected

__all__ = ["Fault", "FaultKind", "next_fault", "order", "ordered", "withdraw"]


class FaultKind(StrEnum):
    """What can go wrong between a server and its client."""

    DROP = "drop"
    """The server does its work, and the connection breaks before the reply is through."""
    DELAY = "delay"
    """The reply takes its time."""
    UNAVAILABLE = "unavailable"
    """503, and no work was done."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One of them.

    Args:
        kind: which.
        times: how many replies are left to it.
        seconds: of a delay.
    """

    kind: FaultKind
    times: int
    seconds: float


def order(fault: Fault) -> None:
    """Have it happen to the next replies, in place of what was ordered of that kind."""
    with connected() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO fault (kind, times, seconds) VALUES (?, ?, ?)",
            (fault.kind.value, fault.times, fault.seconds),
        )


def ordered() -> list[Fault]:
    """What is still to come."""
    with connected() as connection:
        rows = connection.execute("SELECT kind, times, seconds FROM fault WHERE times > 0 ORDER BY kind").fetchall()
    return [Fault(FaultKind(kind), times, seconds) for kind, times, seconds in rows]


def next_fault(*kinds: FaultKind) -> Fault | None:
    """Take the fault of this reply, of whichever process; the next one sees one less.

    Args:
        kinds: those that can happen now; the first that is ordered does.
    """
    with connected() as connection:
        connection.execute("BEGIN IMMEDIATE")
        rows = connection.execute("SELECT kind, times, seconds FROM fault WHERE times > 0").fetchall()
        left = {FaultKind(kind): Fault(FaultKind(kind), times, seconds) for kind, times, seconds in rows}
        fault = next((left[kind] for kind in kinds if kind in left), None)
        if fault is not None:
            connection.execute("UPDATE fault SET times = times - 1 WHERE kind = ?", (fault.kind.value,))
        connection.execute("COMMIT")
    return fault


def withdraw() -> None:
    """Let nothing more go wrong."""
    with connected() as connection:
        connection.execute("DELETE FROM fault")

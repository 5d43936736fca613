"""The load, a process of its own: ``python -m benchmarks.compare.driver`` reads an order and prints what came of it.

The order, as JSON: ``port``; ``call`` (:class:`~benchmarks.compare.calls.Call`); ``lanes`` (what fills the blanks, one
mapping a connection); ``seconds`` or ``count``; ``users`` and ``first_user`` (``${user}`` is another number below
``users`` in every request); ``supply`` (lists by blank: every request takes the next). The answer: ``answers``,
``seconds``, ``processor`` (seconds of the driver's own), ``p50``, ``p95``, ``p99`` in milliseconds, and the lanes as
they are now, for the next order.
"""

import gc
import itertools
import json
import sys
from typing import Any

from benchmarks.asking import percentile
from benchmarks.compare.calls import Call, Template
from benchmarks.driving import Driver

__all__ = ["drive"]


class _Chained(Driver):
    """Fills each connection's blanks with what its answer before told."""

    def __init__(self, order: dict[str, Any]) -> None:
        super().__init__(order["port"], (), connections=len(order["lanes"]))
        self.lanes: list[dict[str, str]] = order["lanes"]
        self._template = Template(Call(**order["call"]), order["port"])
        self._takes = bool(order["call"]["takes"])
        supply = {blank: iter(values) for blank, values in order.get("supply", {}).items()}
        if "user" in self._template.blanks:
            first, users = order.get("first_user", 0), order["users"]
            supply["user"] = map(str, itertools.cycle([*range(first, users), *range(first)]))
        self._supply = supply
        is_constant = not supply and not self._takes
        self._ready = [self._template.fill(lane) for lane in self.lanes] if is_constant else None

    def next_request(self, lane: int) -> bytes:
        if self._ready is not None:
            return self._ready[lane]
        values = self.lanes[lane]
        for blank, source in self._supply.items():
            values[blank] = next(source)
        return self._template.fill(values)

    def answered(self, lane: int, body: bytes) -> None:
        if self._takes:
            self._template.take(body, self.lanes[lane])


def drive(order: dict[str, Any]) -> dict[str, Any]:
    """Carry an order out; see the module's text."""
    driver = _Chained(order)
    gc.disable()
    run = driver.run(seconds=order.get("seconds", 0), count=order.get("count", 0))
    driver.close()
    milliseconds = [1_000 * one for one in run.latencies]
    return {
        "answers": run.answers,
        "seconds": run.seconds,
        "processor": run.processor,
        **{f"p{share}": percentile(milliseconds, share / 100) for share in (50, 95, 99)},
        "lanes": driver.lanes,
    }


if __name__ == "__main__":
    json.dump(drive(json.load(sys.stdin)), sys.stdout)

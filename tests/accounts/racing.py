"""Calls that come together: each on a thread with a connection of its own, let go at one moment."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections

__all__ = ["at_once"]


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Make all calls at once, and return what they returned, in their order."""
    gate = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def act(number: int, call: Callable[[], Any]) -> None:
        try:
            gate.wait(timeout=30)
            results[number] = call()
        except Exception as error:  # noqa: BLE001 - shown by the test that compares the results
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=one) for one in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results

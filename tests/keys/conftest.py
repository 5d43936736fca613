"""A ring that a test drives through time."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from keyturn.keys import ring


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """No test sees what another's ring was."""
    ring.forget()
    yield
    ring.forget()


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """Run something in many threads at the same moment, each with a connection of its own."""

    def run(action: Callable[[], Any], *, threads: int = 16) -> list[Any]:
        barrier = threading.Barrier(threads)

        def one() -> Any:
            try:
                barrier.wait(30)
                return action()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(threads) as pool:
            return [each.result(60) for each in [pool.submit(one) for _ in range(threads)]]

    return run

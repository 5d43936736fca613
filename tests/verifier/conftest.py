"""A fake Keyturn, and verifiers of it that are closed after the test."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from keyturn.verifier import Verifier
from tests.verifier.fake import CLIENT, FakeKeyturn


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The verifier has no database: once, in the SQLite run, is enough."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.sqlite)


@pytest.fixture
def keyturn() -> Iterator[FakeKeyturn]:
    """A Keyturn on loopback."""
    fake = FakeKeyturn()
    yield fake
    fake.close()


@pytest.fixture
def make(keyturn: FakeKeyturn) -> Iterator[Callable[..., Verifier]]:
    """``make(feed=False)``: a verifier of that Keyturn, quick to notice things."""
    with ExitStack() as stack:

        def start(**options: Any) -> Verifier:
            if options.get("feed", True):
                options = {"client_id": CLIENT[0], "client_secret": CLIENT[1], "poll_interval": 0.02, **options}
            return stack.enter_context(Verifier(keyturn.issuer, **{"audience": "orders", **options}))

        yield start


@pytest.fixture
def verifier(make: Callable[..., Verifier]) -> Verifier:
    """A verifier that follows the feed. Its bound is generous, so that a busy machine makes no test introspect."""
    found = make(staleness=20.0)
    assert found.wait_until_ready(20)
    return found


@pytest.fixture
def eventually() -> Callable[..., None]:
    """``eventually(lambda: …)`` waits until it is true."""

    def wait(condition: Callable[[], Any], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it never came true"
            time.sleep(0.01)

    return wait

"""What deploy/ is tried with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.answering import answering
from tests.services.process import ServerProcess


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Nothing here is about the database: once, in the SQLite run, is enough."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.sqlite)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The server that they have in common."""
    yield from answering(tmp_path_factory.mktemp("server"))

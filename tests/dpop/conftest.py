"""Who holds a key."""

import pytest

from tests.contract.conftest import ada, caller, eve
from tests.dpop.browser import KeyHolder

__all__ = ["ada", "caller", "eve", "holder", "thief"]


@pytest.fixture
def holder(ada: object) -> KeyHolder:
    """Ada's client."""
    return KeyHolder()


@pytest.fixture
def thief(ada: object) -> KeyHolder:
    """Somebody else's client, with a key of its own."""
    return KeyHolder()

"""Who calls."""

import pytest

from tests.contract.conftest import ada, eve
from tests.web.page import Page

__all__ = ["ada", "eve", "page"]


@pytest.fixture
def page() -> Page:
    """A page of our own origin."""
    return Page()

"""Who calls."""

from typing import Any

import pytest

from tests.contract.caller import PASSWORD
from tests.web.page import Page


@pytest.fixture
def ada(db: None, django_user_model: Any) -> Any:
    """A user."""
    return django_user_model.objects.create_user("ada", "ada@example.com", PASSWORD)


@pytest.fixture
def eve(db: None, django_user_model: Any) -> Any:
    """Another user."""
    return django_user_model.objects.create_user("eve", "eve@example.com", PASSWORD)


@pytest.fixture
def page() -> Page:
    """A page of our own origin."""
    return Page()

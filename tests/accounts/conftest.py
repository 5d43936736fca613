"""Who has an account."""

from typing import Any

import pytest

from tests.accounts.engine import PASSWORD


@pytest.fixture
def ada(db: None, django_user_model: Any) -> Any:
    """A user made by an administrator, whom nobody asks to verify anything."""
    return django_user_model.objects.create_user("ada", "ada@example.com", PASSWORD)

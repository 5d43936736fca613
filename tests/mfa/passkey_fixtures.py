"""A site where passkeys work, and somebody who has one. A module of tests imports what it needs."""

from typing import Any

import pytest

from tests.contract.caller import PASSWORD
from tests.mfa.authenticator import SoftAuthenticator
from tests.mfa.keys import PASSKEYS, add, signed_in

__all__ = ["eve", "laptop", "passkey_site"]


@pytest.fixture
def passkey_site(settings: Any) -> None:
    """A site for passkeys to belong to."""
    settings.KEYTURN = PASSKEYS


@pytest.fixture
def laptop(passkey_site: None, ada: Any) -> SoftAuthenticator:
    """An authenticator with a passkey of ada's in it, that signs in alone."""
    found = SoftAuthenticator()
    assert add(signed_in(), found).status_code == 200
    return found


@pytest.fixture
def eve(django_user_model: Any) -> Any:
    """Somebody else."""
    return django_user_model.objects.create_user("eve", "eve@example.com", PASSWORD)

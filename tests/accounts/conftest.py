"""Who has an account: a user made by an administrator, whom nobody asks to verify anything."""

from tests.contract.conftest import ada

__all__ = ["ada"]

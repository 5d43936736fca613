"""Who has an account, and how a factor comes to be without any of the code under test."""

from tests.contract.conftest import ada
from tests.mfa.passkey_fixtures import eve, laptop, passkey_site

__all__ = ["ada", "eve", "laptop", "passkey_site"]

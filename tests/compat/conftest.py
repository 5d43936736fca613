"""Who calls: as in the contract's tests."""

from tests.contract.conftest import ada, caller, eve

__all__ = ["ada", "caller", "eve"]

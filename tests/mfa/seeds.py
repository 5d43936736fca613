"""Recovery codes as django-allauth makes them, by its own code."""

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

__all__ = ["codes_of_seed", "new_seed"]


def new_seed() -> str:
    """A seed in plain text, as every project has it that never changed ``MFA_ADAPTER``."""
    return str(RecoveryCodes.generate_seed())


def codes_of_seed(seed: str) -> list[str]:
    """The codes that follow from it."""
    return list(RecoveryCodes(Authenticator(data={"seed": seed, "used_mask": 0})).generate_codes())

"""Who must have a second factor: ``KEYTURN["FACTOR_REQUIRED_OF"]``."""

from collections.abc import Callable
from typing import Any, Final

from django.utils.module_loading import import_string

from keyturn import conf
from keyturn.errors import Reason, RefusedError

__all__ = ["RULES", "FactorRequiredError", "must_have_factor"]

RULES: Final[dict[str, Callable[[Any], bool]]] = {
    "nobody": lambda _: False,
    "staff": lambda user: bool(getattr(user, "is_staff", False)),
    "everybody": lambda _: True,
}
"""By the words for them; anything else is a project's own."""


class FactorRequiredError(RefusedError):
    """A password was right and does not suffice; nobody came in.

    Args:
        reason: ``mfa_required``, or ``factor_setup_required`` of somebody who must have a second factor and has none.
        user: whose password it was, as loaded when it was verified.
    """

    def __init__(self, reason: Reason, user: Any) -> None:
        super().__init__(reason)
        self.user = user


def must_have_factor(user: Any) -> bool:
    """Whether nobody may sign in as this user without a second factor.

    It costs no statement beyond what a project's own rule asks.

    Args:
        user: as loaded.
    """
    return _rule()(user)


@conf.OncePerSettings
def _rule(settings: conf.Settings) -> Callable[[Any], bool]:
    of = settings.factor_required_of
    if isinstance(of, str) and of in RULES:
        return RULES[of]
    rule = import_string(of) if isinstance(of, str) else of
    return lambda user: bool(rule(user))

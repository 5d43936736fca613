"""How the user of a login has proved who they are, told to code that issues tokens and is not asked for it.

``RefreshToken.for_user(user)``, which projects call in serializers of their own, has no argument for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

__all__ = ["current_amr", "proven_by"]

_amr: Final[ContextVar[str]] = ContextVar("keyturn_amr", default="pwd")


def current_amr() -> str:
    """The words for ``amr`` of a session that is opened now, separated by spaces; a password where nobody says so."""
    return _amr.get()


@contextmanager
def proven_by(amr: str) -> Iterator[None]:
    """Say how the user has proved it, to whoever opens a session inside.

    Args:
        amr: see :func:`current_amr`.
    """
    token = _amr.set(amr)
    try:
        yield
    finally:
        _amr.reset(token)

"""Who is behind what happens now, for code that is handed no request: an address and a user agent, nothing more."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

__all__ = ["Caller", "calling", "current_caller"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request came from.

    Args:
        ip: the client's address, as far as proxies can be trusted to name it; None where unknown.
        user_agent: as received, cleaned and cut.
        actor_id: primary key, as text, of the user who acts, where that is not the user whom it is done to: an
            administrator. Empty otherwise.
    """

    ip: str | None = None
    user_agent: str = ""
    actor_id: str = ""


_current: ContextVar[Caller | None] = ContextVar("keyturn_caller", default=None)


def current_caller() -> Caller:
    """The caller of the request being answered; an unknown one outside of requests."""
    return _current.get() or Caller()


@contextmanager
def calling(caller: Caller) -> Iterator[None]:
    """Make the caller known to everything called from here."""
    token = _current.set(caller)
    try:
        yield
    finally:
        _current.reset(token)

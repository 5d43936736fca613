"""Who is behind what happens now, for code that is handed no request: an address, a user agent, a language."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from uuid import UUID

__all__ = ["Caller", "acted_by", "calling", "current_caller", "signed_in_with"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request came from.

    Args:
        ip: the client's address, as far as proxies can be trusted to name it; None where unknown.
        user_agent: as received, cleaned and cut.
        actor_id: primary key, as text, of the user who acts, where that is not the user whom it is done to: an
            administrator. Empty otherwise.
        accept_language: the header as received, cut (RFC 9110 section 12.5.4).
        session_id: the session of the access token that came with the request; None where none did.
    """

    ip: str | None = None
    user_agent: str = ""
    actor_id: str = ""
    accept_language: str = ""
    session_id: UUID | None = None


_Found = Caller | Callable[[], Caller]

_current: ContextVar[_Found | None] = ContextVar("keyturn_caller", default=None)


def current_caller() -> Caller:
    """The caller of the request being answered; an unknown one outside of requests."""
    found = _current.get()
    if found is None:
        return Caller()
    return found if isinstance(found, Caller) else found()


class calling:  # noqa: N801 - stands in a with statement
    """Make the caller known to everything called from here.

    Args:
        caller: who it is, or what says so when somebody asks: about most requests nobody does.
    """

    __slots__ = ("_caller", "_token")

    def __init__(self, caller: _Found) -> None:
        self._caller = caller

    def __enter__(self) -> None:
        self._token = _current.set(self._caller)

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


def acted_by(actor_id: str) -> None:
    """Name who acts, for the rest of the innermost :func:`calling`: known only once the request was authenticated."""
    _current.set(replace(current_caller(), actor_id=actor_id))


def signed_in_with(session_id: UUID | None) -> None:
    """Name the session it happens in, for the rest of the innermost :func:`calling`."""
    _current.set(replace(current_caller(), session_id=session_id))

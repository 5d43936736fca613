"""Which paths are the API's: they have a lane of threads and a list of middleware of their own."""

from typing import Final

__all__ = ["ACCOUNTS", "is_api"]

# First segments of the API's paths.
_API: Final = frozenset({"home", "introspect", "logout", "me", "revocations", "revoke", "sessions", "token"})
ACCOUNTS: Final = ("/auth/app/", "/auth/browser/")
"""What paths of accounts begin with: django-allauth's, which end in no slash."""


def is_api(path: str) -> bool:
    """Whether the path is one of the API's.

    Without the slash at its end a path is none; the handler of the pages says which it should be.
    """
    return path.startswith(ACCOUNTS) or (path[1:].partition("/")[0] in _API and path[-1:] == "/")

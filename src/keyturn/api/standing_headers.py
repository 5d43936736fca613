"""Headers that many answers have alike: Django checks and encodes them once, and not for each answer.

And a way to those of an answer past Django's mapping, which looks each name up again for its value.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpResponse

__all__ = ["StandingHeaders", "all_of", "put"]


class StandingHeaders:
    """A few headers, ready to be put into any answer.

    Args:
        headers: names and values.
    """

    __slots__ = ("_prepared",)

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._prepared: Final = {
            key: pair for key, pair in _store(HttpResponse(headers=dict(headers))).items() if pair[0] in headers
        }

    def put(self, response: Any) -> None:
        """Set them in an answer, whatever it had by their names."""
        _store(response).update(self._prepared)

    def put_missing(self, response: Any) -> None:
        """Set those that an answer does not have."""
        store = _store(response)
        for key, pair in self._prepared.items():
            if key not in store:
                store[key] = pair


def put(response: Any, name: str, value: str) -> None:
    """Set one whose value is made here, in ASCII and on one line."""
    _store(response)[name.lower()] = (name, value)


def all_of(response: Any) -> list[tuple[str, str]]:
    """Names and values of an answer's headers, but for its cookies."""
    return list(_store(response).values())


def _store(response: Any) -> dict[str, tuple[str, str]]:
    """Where Django keeps an answer's headers: by name in small letters, the name as written and the value."""
    store: dict[str, tuple[str, str]] = response.headers._store  # noqa: SLF001 - it has no name for this
    return store

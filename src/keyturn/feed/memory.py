"""What one process remembers of the feed: the sessions and keys that ended within one access token's lifetime.

Imports no Django: a service that only follows the feed uses it too.
"""

from typing import Final

__all__ = ["RevokedSet"]

_BUCKETS: Final = 8


class RevokedSet:
    """Ids by the time they were added with, forgotten together once they can matter no more.

    One thread writes, any number read, without a lock: readers see a tuple of sets that is replaced as a whole.
    A million sessions take about 100 MB.

    Args:
        keep_seconds: how long an id is remembered; up to an eighth longer, since ids go in bundles.
    """

    def __init__(self, keep_seconds: float) -> None:
        self.keep_seconds = keep_seconds
        self._width = max(keep_seconds / _BUCKETS, 1.0)
        self._buckets: dict[int, set[int | str]] = {}
        self._sets: tuple[set[int | str], ...] = ()

    def add(self, session_id: int, at: float) -> None:
        """Remember a session.

        Args:
            session_id: the claim ``sid`` as a number (``UUID.int``).
            at: seconds, from which ``keep_seconds`` count, by whatever clock the caller uses throughout.
        """
        self._bucket(at).add(session_id)

    def add_kid(self, kid: str, at: float) -> None:
        """Remember a key by its ``kid``. Arguments as for :meth:`add`."""
        self._bucket(at).add(kid)

    def __contains__(self, name: int | str) -> bool:
        """Whether a session (a number) or a key (a text) is remembered."""
        for names in self._sets:  # noqa: SIM110 - asked about every request, and any() takes twice as long
            if name in names:
                return True
        return False

    def __len__(self) -> int:
        """How many are remembered; one that was added at two times may count twice."""
        return sum(map(len, self._sets))

    def forget(self, now: float) -> None:
        """Let go of what was added with a time more than ``keep_seconds`` before ``now``, by the same clock."""
        gone = [number for number in self._buckets if (number + 1) * self._width + self.keep_seconds <= now]
        for number in gone:
            del self._buckets[number]
        if gone:
            self._sets = tuple(self._buckets.values())

    def take(self, other: "RevokedSet") -> None:
        """Remember what another set does, with the times it goes by."""
        for at, names in other.bundles():
            self._bucket(at).update(names)

    def bundles(self) -> list[tuple[float, frozenset[int | str]]]:
        """What is remembered, in bundles, each with the latest time that anything in it was added with."""
        return [((number + 1) * self._width, frozenset(names)) for number, names in self._buckets.items()]

    def _bucket(self, at: float) -> set[int | str]:
        number = int(at // self._width)
        found = self._buckets.get(number)
        if found is None:
            found = self._buckets[number] = set()
            self._sets = tuple(self._buckets.values())
        return found

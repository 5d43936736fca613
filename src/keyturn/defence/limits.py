"""Limit how often something is done that costs somebody something: accounts made, mails sent, exports computed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from keyturn import conf
from keyturn.defence import stores
from keyturn.defence.counted import Counted, Reading, Store, counted, milliseconds, network
from keyturn.errors import TooManyAttemptsError

__all__ = ["Taken", "take"]


@dataclass(frozen=True, slots=True)
class Taken:
    """Something that was counted and may be done.

    Args:
        store: where it was counted.
        things: what it was counted under.
    """

    store: Store = field(repr=False)
    things: tuple[tuple[Counted, Reading], ...] = field(repr=False)

    def give_back(self, *, now: datetime) -> None:
        """It was not done after all, and counts no longer."""
        if self.things:
            self.store.give_back(self.things, now=milliseconds(now))


def take(*, action: str, keys: Mapping[str, str | None], now: datetime) -> Taken:
    """Count something, before it is done.

    Args:
        action: the first half of the names of its rules in ``KEYTURN["LIMITS"]``, such as ``sign_up`` or ``mail``.
        keys: what it is counted under, by the second half: ``address`` (IPv6 counts by its /64), ``email`` (already in
            the form that mail addresses are compared in), ``account``. None or empty: not counted.
        now: aware.

    Raises:
        TooManyAttemptsError: it was done too often; then this time counts for nothing else.
        KeyError: there is no such rule.
    """
    things = []
    for kind, value in keys.items():
        rule = f"{action}_{kind}"
        limit = conf.get().limits[rule]
        words = network(value) if kind == "address" else value
        if limit is not None and words:
            things.append(counted(rule, limit, words))
    store, readings = stores.count(things, now=milliseconds(now))
    read = list(zip(things, readings, strict=True))
    over = [(thing, got) for thing, got in read if got.count > thing.limit]
    within = tuple((thing, got) for thing, got in read if got.count <= thing.limit)
    if not over:
        return Taken(store, within)
    if within:
        store.give_back(within, now=milliseconds(now))
    wait = max(got.window_ends_at for _, got in over) - milliseconds(now)
    raise TooManyAttemptsError(-(-wait // 1_000), ", ".join(thing.rule for thing, _ in over))

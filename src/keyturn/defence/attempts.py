"""Count an attempt before anything is computed, refuse it past the limit, give it back when it was right.

Three counts decide: of the account from this address, of the address, and of the account from addresses from which
nobody has signed in to it. The last one never stands in the way of an address that has, so that a stranger elsewhere
cannot lock anybody out. An attempt that is refused is not evaluated, and counts for nothing else.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from keyturn import conf
from keyturn.defence import stores
from keyturn.defence.counted import Counted, Reading, Store, counted, hashed, milliseconds, network
from keyturn.errors import TooManyAttemptsError
from keyturn.trail import tally
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["KNOWN_FOR", "Attempt", "begin", "unlock"]

KNOWN_FOR: Final = timedelta(days=90)
"""How long after the last right attempt an address is known to belong to an account's user."""

_DOUBLINGS: Final = {"pair": 6, "address": 3, "account": 3}
"""How far windows grow. The address and the account may be shared by honest people and strangers, the pair hardly."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that has been counted and may be evaluated.

    Args:
        store: where it was counted.
        things: what it was counted under, each with what the store said.
        pair: key of the account and address together, if that is counted.
    """

    store: Store = field(repr=False)
    things: tuple[tuple[Counted, Reading], ...] = field(repr=False)
    pair: str | None = field(repr=False)

    def succeeded(self, *, now: datetime) -> None:
        """The attempt was right: it counts no longer, and the account's user is known to be at this address.

        Args:
            now: aware.
        """
        if self.things:
            self.store.give_back(self.things, now=milliseconds(now), succeeded=self.pair)

    def give_back(self, *, now: datetime) -> None:
        """The attempt counts no longer, and says nothing of the address: it was no guess, but nobody came in.

        Args:
            now: aware.
        """
        if self.things:
            self.store.give_back(self.things, now=milliseconds(now))


def begin(*, account: str, ip: str | None, now: datetime, action: str = "login", user_id: Any = "") -> Attempt:
    """Count an attempt, before it is evaluated.

    Args:
        account: what all spellings of one account's name have in common; see
            :func:`keyturn.signin.identifying.account_of`. Empty: no account is named, and only the address counts.
        ip: the client's address; None: unknown, and then only the account counts.
        now: aware.
        action: ``login`` for every guess at a password, wherever it is asked for; ``code`` for guesses at codes.
        user_id: for the trail: whose account it is, if it is anybody's.

    Returns:
        The attempt. Call its :meth:`Attempt.succeeded` once it proved right.

    Raises:
        TooManyAttemptsError: a limit was reached before; nothing may be evaluated.
    """
    things = _things(action, account, network(ip))
    store, readings = stores.count(tuple(things.values()), now=milliseconds(now))
    read = dict(zip(things, zip(things.values(), readings, strict=True), strict=True))
    known_since = milliseconds(now - KNOWN_FOR)
    pair = read.get("pair")
    is_known = pair is not None and (pair[1].succeeded_at or 0) > known_since
    over = {kind: (thing, got) for kind, (thing, got) in read.items() if got.count > thing.limit}
    if is_known:
        over.pop("account", None)
    within = tuple((thing, got) for thing, got in read.values() if got.count <= thing.limit)
    if not over:
        return Attempt(store, within, pair[0].key if pair and pair in within else None)
    if within:
        store.give_back(within, now=milliseconds(now))
    first = [thing.rule for thing, got in over.values() if got.count == thing.limit + 1]
    if first:
        record(Event.LOGIN_BLOCKED, user_id=user_id, reason=first[0], at=now)
    if action == "login":
        tally.count(tally.Tallied.LOGIN_BLOCKED)
    wait = max(got.window_ends_at for _, got in over.values()) - milliseconds(now)
    raise TooManyAttemptsError(-(-wait // 1_000), ", ".join(thing.rule for thing, _ in over.values()))


def _things(action: str, account: str, address: str) -> dict[str, Counted]:
    limits = conf.get().limits
    owner = hashed("account", account) if account else ""
    parts = {"pair": (account, address), "address": (address,), "account": (account,)}
    asked = {"pair": bool(account), "address": bool(address), "account": bool(account and address)}
    things = {}
    for kind, words in parts.items():
        limit = limits[f"{action}_{kind}"]
        if asked[kind] and limit is not None:
            things[kind] = counted(
                f"{action}_{kind}",
                limit,
                *words,
                account="" if kind == "address" else owner,
                doublings=_DOUBLINGS[kind],
            )
    return things


def unlock(*, account: str) -> None:
    """Forget what was counted of an account, from wherever; the counts of addresses stay.

    Args:
        account: see :func:`begin`.
    """
    owner = hashed("account", account)
    for store in stores.every():
        store.forget(owner)

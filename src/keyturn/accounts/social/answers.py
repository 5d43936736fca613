"""An answer of a provider, taken in three steps, so that nobody's row is held while the provider is asked.

A place is taken to wait for the provider; the start is taken out of its flow and that is committed; the provider is
asked; what it says is put into the flow. Of many who come with one answer the first takes the start, and the others
find none.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime

from django.db import transaction

from keyturn.accounts.flows import FlowStore, flow_database
from keyturn.accounts.social.asking import place
from keyturn.accounts.social.identity import Identity
from keyturn.accounts.social.starts import Start, check_begun, park, take_start
from keyturn.conf.providers import Provider
from keyturn.errors import Reason, RefusedError
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["Opening", "came_back", "identified"]

Opening = Callable[[], FlowStore | None]
"""Opens the flow of who came back, inside a transaction; None: there is none."""


@contextmanager
def came_back(opening: Opening, *, provider: Provider, state: str | None, asks: bool, now: datetime) -> Iterator[Start]:
    """Take the start of an answer out of its flow, for good, and go on with a place to wait for the provider.

    The place comes first: where there is none nothing is taken, and the same answer may come again. But nobody waits
    for a place who has begun nothing.

    Args:
        opening: opens the flow.
        provider: of the address that the answer came to.
        state: as it came; None: of an ID token, which has none.
        asks: whether the provider will be asked; else no place is needed.
        now: aware.

    Raises:
        RefusedError: ``provider_refused``: there is no such start; ``provider_unavailable``: there is no place.
    """
    with transaction.atomic(using=flow_database()):
        check_begun(_opened(opening), provider=provider.id, state=state)
    with place() if asks else nullcontext():
        with transaction.atomic(using=flow_database()):
            flow = _opened(opening)
            start = take_start(flow, provider=provider.id, state=state, now=now)
            flow.save()
        yield start


def _opened(opening: Opening) -> FlowStore:
    flow = opening()
    if flow is None:
        raise RefusedError(Reason.PROVIDER_REFUSED, "nothing was begun here")
    return flow


def identified(opening: Opening, start: Start, ask: Callable[[], Identity], *, now: datetime) -> None:
    """Ask who it is, and keep what is said in the flow. Inside :func:`came_back`, and not inside a transaction.

    Args:
        opening: opens the flow.
        start: taken.
        ask: asks the provider.
        now: aware.

    Raises:
        RefusedError: ``provider_refused``, ``provider_unavailable``; the trail has it.
    """
    try:
        identity = ask()
    except RefusedError as error:
        record(Event.PROVIDER_REFUSED, reason=error.reason.value, details={"provider": start.provider}, at=now)
        raise
    with transaction.atomic(using=flow_database()):
        flow = opening()
        if flow is None:
            raise RefusedError(Reason.PROVIDER_REFUSED, "what was begun here has ended")
        park(flow, identity, start, now=now)
        flow.save()

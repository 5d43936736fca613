"""Write to somebody: render, and put into the queue."""

import logging
from collections.abc import Mapping
from typing import Any

from keyturn.mail.outbox import enqueue
from keyturn.mail.rendering import BadAddressError, render

__all__ = ["send"]

logger = logging.getLogger("keyturn.mail")


def send(name: str, *, to: str, context: Mapping[str, Any] | None = None, language: str | None = None) -> None:
    """Render the mail ``name`` and send it once the current transaction has committed.

    Where ``to`` is not one address that mail can be sent to nothing is sent, and the caller is told nothing: what a
    stranger typed must not be told apart by it.

    Args:
        name: of its templates.
        to: one address.
        context: what it says.
        language: None: the caller's.
    """
    try:
        message = render(name, to=to, context=context, language=language)
    except BadAddressError:
        logger.warning("no mail can be sent to the address that was given: %s", name)
        return
    enqueue(message, kind=name)

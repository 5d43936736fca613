"""The way in: a message is put into the queue in the caller's transaction, and sent once that has committed.

What is rolled back is never sent, and what was committed is not lost when the process dies.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime, make_msgid
from typing import Any

from django.core.mail import EmailMessage
from django.db import router, transaction

from keyturn.clock import stored, utc_now
from keyturn.errors import UnavailableError
from keyturn.mail.courier import after_commit
from keyturn.mail.models import OutgoingMail
from keyturn.mail.packing import packed, parts_of
from keyturn.mail.queue import Lane
from keyturn.mail.transport import is_configured

__all__ = ["MailUnavailableError", "demand", "enqueue", "is_configured", "put"]

logger = logging.getLogger("keyturn.mail")


class MailUnavailableError(UnavailableError):
    """No mail server is configured, and what was asked for cannot be done without one. Nothing was done."""

    code = "mail_unavailable"
    detail = "This needs e-mail, and no mail server is configured."

    def __init__(self) -> None:
        super().__init__(retry_after=3600)

    def __str__(self) -> str:
        return "no mail server is configured"


def demand() -> None:
    """Ask before anything that is of no use without mail: a sign-up, a recovery.

    Raises:
        MailUnavailableError: mail goes nowhere here.
    """
    if not is_configured():
        raise MailUnavailableError


def enqueue(message: EmailMessage, *, kind: str, now: datetime | None = None) -> None:
    """Put a message into the queue. Where no mail server is configured it is dropped, with a line in the log.

    Args:
        message: with its recipients; ``connection`` is not kept.
        kind: the name of its template: a word for the operator, who never sees the message.
        now: aware; None: the present moment.

    Raises:
        TypeError: an attachment is of a kind that cannot be stored.
        ValueError: a header holds a line break (RFC 5322 section 2.2).
    """
    if not is_configured():
        logger.warning("no mail server is configured, so a mail was not sent: %s", kind)
        return
    at = now or utc_now()
    # The same in every attempt: a message that was delivered twice is recognised by its id (RFC 5322 section 3.6.4).
    message.extra_headers.setdefault("Date", format_datetime(at))
    message.extra_headers.setdefault("Message-ID", make_msgid(domain=_domain(str(message.from_email))))
    parts = parts_of(message)
    # Fails here, where somebody can be told, and not in the queue, for what no mail can be made of.
    message.message()
    put(parts, carrier=Lane.MAIL.value, kind=kind, now=at)


def put(
    payload: Mapping[str, Any],
    *,
    carrier: str,
    kind: str,
    now: datetime | None = None,
    good_for: timedelta = timedelta(days=1),
) -> None:
    """Put a delivery into the queue, to be made by one of the carriers.

    Args:
        payload: JSON; sealed at once.
        carrier: who delivers it: the name given to :func:`keyturn.mail.carriers.carry_with`.
        kind: a word for the operator.
        now: aware; None: the present moment.
        good_for: how long it is tried again.
    """
    at = now or utc_now()
    database = router.db_for_write(OutgoingMail)
    label = (Lane.MAIL if carrier == Lane.MAIL.value else Lane.OTHER).label(carrier=carrier, kind=kind)
    content = {"carrier": carrier, "until": (at + good_for).timestamp(), "payload": dict(payload)}
    OutgoingMail._base_manager.using(database).create(
        kind=label, created_at=stored(at), due_at=stored(at), sealed=packed(content, kind=label)
    )
    # Robust: what goes wrong when the thread is woken must not undo an answer; it looks by itself a little later.
    transaction.on_commit(after_commit, using=database, robust=True)


def _domain(sender: str) -> str:
    """What stands behind the ``@`` of an address (RFC 5322 section 3.6.4): never this machine's own name."""
    found = sender.rpartition("@")[2].strip("> \t")
    return found if found.isascii() and found else "localhost"

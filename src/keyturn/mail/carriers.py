"""Who delivers what is in the queue, and what may be said of a delivery that failed."""

import re
import smtplib
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from keyturn.mail.packing import message_of
from keyturn.mail.transport import Transport, open_transport

__all__ = ["Carrier", "MailCarrier", "Refused", "carrier", "carry_with", "is_unreachable", "why"]

Carrier = Callable[[Mapping[str, Any]], None]

_ENHANCED_CODE: Final = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}")
_carriers: Final[dict[str, Carrier]] = {}


class Refused(Exception):
    """It will never be taken: no other attempt is made.

    Args:
        why: a few words for the operator; nothing of what was sent.
    """


def carry_with(name: str, deliver: Carrier) -> None:
    """Register who delivers: it is handed what :func:`keyturn.mail.outbox.put` was given, and may be handed it twice.

    What it raises puts the delivery off; :class:`Refused` ends it. Of the exception only the class is kept, and of
    ``Refused`` its text.
    """
    _carriers[name] = deliver


def carrier(name: str) -> Carrier:
    """Who delivers under that name.

    Raises:
        LookupError: nobody, in this process.
    """
    return _carriers[name]


class MailCarrier:
    """Sends e-mail, several over one connection: it is opened for the first and closed by :meth:`rest`."""

    def __init__(self) -> None:
        self._transport: Transport | None = None

    def __call__(self, payload: Mapping[str, Any]) -> None:
        """Hand one message over.

        Raises:
            Refused: the server will not have it, now or later (RFC 5321 section 4.2.1).
            Exception: whatever the back end raises; worth another attempt.
        """
        transport = self._connect()
        try:
            transport.send_messages([message_of(payload)])
        except Exception as error:
            self.rest()
            if _is_final(error):
                raise Refused(why(error)) from error
            raise

    def _connect(self) -> Transport:
        """What fails here is no matter of the message."""
        if self._transport is None:
            transport = open_transport()
            try:
                transport.open()
            except Exception:
                # It may hold a connection that got half-way.
                _close(transport)
                raise
            self._transport = transport
        return self._transport

    def rest(self) -> None:
        """Hang up, until there is more to send."""
        transport, self._transport = self._transport, None
        if transport is not None:
            _close(transport)


def _close(transport: Transport) -> None:
    with suppress(Exception):
        transport.close()


def _is_final(error: Exception) -> bool:
    """Whether it was this message that was refused for good, and not the sender, its password or the hour."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return bool(error.recipients) and all(500 <= code < 600 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return 500 <= error.smtp_code < 600
    return isinstance(error, smtplib.SMTPNotSupportedError)


def is_unreachable(error: Exception) -> bool:
    """Whether the mail server cannot be talked to at all, which is no matter of the one message."""
    of_one_message = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)
    return isinstance(error, OSError) and not isinstance(error, of_one_message)


def why(error: Exception) -> str:
    """A few words on a failure, for log and database: class and codes, never the server's text, which may quote mail.

    The codes are those of RFC 5321 section 4.2 and RFC 3463.
    """
    words = [type(error).__name__]
    replies: list[tuple[int, Any]] = []
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        replies = list(error.recipients.values())
    elif isinstance(error, smtplib.SMTPResponseException):
        replies = [(error.smtp_code, error.smtp_error)]
    elif isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException) and error.strerror:
        words.append(error.strerror)
    for code, text in replies[:3]:
        words.append(str(code))
        enhanced = _ENHANCED_CODE.search(text if isinstance(text, bytes) else str(text).encode())
        if enhanced:
            words.append(enhanced[0].decode())
    return " ".join(words)[:200]

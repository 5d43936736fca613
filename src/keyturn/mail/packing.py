"""What lies in the queue: a message or another delivery as JSON, sealed under the master secret."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from email.message import Message
from typing import Any, Final

from django.core.mail import EmailMessage, EmailMultiAlternatives

from keyturn.jose import sealing
from keyturn.keys.derived import secrets

__all__ = ["CannotBeOpenedError", "message_of", "opened", "packed", "parts_of"]

_PURPOSE: Final = "keyturn outgoing mail v1"


class CannotBeOpenedError(Exception):
    """The row was sealed under a secret that this process does not have, or is damaged."""


def packed(payload: Mapping[str, Any], *, kind: str) -> str:
    """Seal what is to be delivered, for rows of one kind.

    Raises:
        TypeError, ValueError: it is no JSON.
    """
    plain = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return sealing.seal(plain, secret=secrets()[0], purpose=_PURPOSE, place=kind)


def opened(sealed: str, *, kind: str) -> dict[str, Any]:
    """Open what :func:`packed` sealed.

    Raises:
        CannotBeOpenedError: see there.
    """
    try:
        plain = sealing.unseal(sealed, secrets=secrets(), purpose=_PURPOSE, place=kind)
    except sealing.OtherSecretError:
        raise CannotBeOpenedError("sealed under another secret") from None
    except sealing.DamagedError:
        raise CannotBeOpenedError("damaged") from None
    payload: dict[str, Any] = json.loads(plain)
    return payload


def parts_of(message: EmailMessage) -> dict[str, Any]:
    """Take a message apart, into what JSON can hold.

    Raises:
        TypeError: it holds a part made by :mod:`email`, or contents that are neither text nor bytes.
    """
    return {
        "subject": str(message.subject),
        "body": str(message.body),
        "type": message.content_subtype,
        "from": str(message.from_email),
        "to": list(message.to),
        "cc": list(message.cc),
        "bcc": list(message.bcc),
        "reply_to": list(message.reply_to),
        "headers": {name: str(value) for name, value in message.extra_headers.items()},
        "alternatives": [[str(part[0]), str(part[1])] for part in getattr(message, "alternatives", ())],
        "attachments": [_attachment(part) for part in message.attachments],
    }


def _attachment(part: Any) -> list[str | None]:
    if isinstance(part, Message):
        raise TypeError("a queued message takes attachments as (file name, content, type) only")
    name, content, mimetype = part
    if isinstance(content, str):
        return [name, "text", content, mimetype]
    if isinstance(content, bytes):
        return [name, "base64", b64encode(content).decode(), mimetype]
    raise TypeError(f"a queued message cannot hold an attachment of type {type(content).__name__}")


def message_of(parts: Mapping[str, Any]) -> EmailMultiAlternatives:
    """Put together again what :func:`parts_of` took apart."""
    message = EmailMultiAlternatives(
        subject=parts["subject"],
        body=parts["body"],
        from_email=parts["from"],
        to=parts["to"],
        cc=parts["cc"],
        bcc=parts["bcc"],
        reply_to=parts["reply_to"],
        headers=parts["headers"],
    )
    message.content_subtype = parts["type"]
    for content, mimetype in parts["alternatives"]:
        message.attach_alternative(content, mimetype)
    for name, form, content, mimetype in parts["attachments"]:
        message.attach(name, content if form == "text" else b64decode(content), mimetype)
    return message

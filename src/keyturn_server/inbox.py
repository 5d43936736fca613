"""The inbox of development: mail is written into files, one a message, and read from them again."""

import email
import email.policy
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage as ParsedMessage
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

__all__ = ["EmailBackend", "Received", "find", "received", "source"]

_NAME: Final = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}")
_LINK: Final = re.compile(r"https?://[^\s<>\"]+")
_MOST: Final = 200
"""Older messages make room."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message in the inbox.

    Args:
        id: the file's name without its ending; newer ones sort behind older ones.
        at: when it came.
        sender: as written in ``From``.
        to: as written in ``To``.
        subject: one line.
        text: the plain part.
        html: the other one; empty: there is none.
        links: the addresses in the plain part, in their order.
    """

    id: str
    at: datetime
    sender: str
    to: str
    subject: str
    text: str
    html: str
    links: tuple[str, ...]


class EmailBackend(BaseEmailBackend):
    """Django's way to name it: ``keyturn_server.inbox.EmailBackend``."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write each message into a file of its own, whole or not at all, readable by its owner alone."""
        directory = _directory()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{datetime.now(tz=UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"
            fresh = directory / f"{name}.new"
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(message.message().as_bytes())
            fresh.replace(directory / f"{name}.eml")
        for old in sorted(directory.glob("*.eml"))[:-_MOST]:
            old.unlink(missing_ok=True)
        return len(email_messages)


def _directory() -> Path:
    directory = settings.KEYTURN_SERVER_INBOX
    assert directory is not None, "there is an inbox in development only"
    return Path(directory)


def received(*, to: str = "") -> Iterator[Received]:
    """All messages, or those to one address, newest first."""
    for path in sorted(_directory().glob("*.eml"), reverse=True):
        found = find(path.stem)
        if found is not None and (not to or to.lower() in found.to.lower()):
            yield found


def source(name: str) -> bytes | None:
    """A message as it was written (RFC 5322); None: there is none of that name."""
    if not _NAME.fullmatch(name):
        return None
    try:
        return (_directory() / f"{name}.eml").read_bytes()
    except FileNotFoundError:
        return None


def find(name: str) -> Received | None:
    """One message; None: there is none of that name."""
    written = source(name)
    if written is None:
        return None
    message = email.message_from_bytes(written, _class=ParsedMessage, policy=email.policy.default)
    text = _part(message, "plain")
    return Received(
        id=name,
        at=datetime.strptime(name.partition("-")[0], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC),
        sender=str(message["From"] or ""),
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        text=text,
        html=_part(message, "html"),
        links=tuple(_LINK.findall(text)),
    )


def _part(message: ParsedMessage, kind: str) -> str:
    found: Any = message.get_body(preferencelist=(kind,))
    return "" if found is None else str(found.get_content())

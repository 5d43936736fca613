"""What the settings of the trail may be. Each function returns the value, typed, or raises."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from keyturn.conf import values

__all__ = ["Webhook", "retention", "webhook"]

_PREFIX: Final = "whsec_"
_SHORTEST_SECRET: Final = 24
"""Bytes: what the Standard Webhooks specification asks for at least."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where every event of the trail is sent to.

    Args:
        url: of http or https.
        key: what signs: the bytes of the secret.
        events: which events; empty: all.
    """

    url: str
    key: bytes = field(repr=False)
    events: frozenset[str] = frozenset()


def retention(value: Any) -> timedelta | None:
    """A duration of a day or more; None: events stay for ever."""
    return None if value is None else values.duration(value, least=timedelta(days=1))


def webhook(value: Any) -> Webhook | None:
    """A dictionary with ``URL``, ``SECRET`` and perhaps ``EVENTS``; None or an empty one: no webhook."""
    if value is None or isinstance(value, Webhook):
        return value
    if not isinstance(value, Mapping):
        raise TypeError("must be a dictionary with URL and SECRET, or None")
    if not value:
        return None
    unknown = sorted(set(value) - {"URL", "SECRET", "EVENTS"}, key=str)
    if unknown:
        raise ValueError(f"knows URL, SECRET and EVENTS, not {unknown[0]!r}")
    events = value.get("EVENTS")
    return Webhook(
        _address(value.get("URL")),
        _key(value.get("SECRET")),
        frozenset() if events is None else frozenset(values.words(events)),
    )


def _address(value: Any) -> str:
    """An address that can be sent to. Its words are not repeated: they may hold a password."""
    url = values.url(value)
    if url is None:
        raise ValueError("needs a URL")
    wrong = ValueError("needs a URL such as https://example.com/path")
    try:
        parts = urlsplit(url)
        can_be_sent_to = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise wrong from None
    if not can_be_sent_to or not url.isascii() or not url.isprintable() or " " in url:
        raise wrong
    if "@" in parts.netloc:
        raise ValueError("holds a URL with a user name or a password, which would not be sent: SECRET signs instead")
    return url


def _key(secret: Any) -> bytes:
    """The bytes of a secret: those of base64 after ``whsec_``, or those of the text itself."""
    if not isinstance(secret, str):
        raise TypeError("needs a SECRET, a text")
    if secret.startswith(_PREFIX):
        try:
            key = b64decode(secret.removeprefix(_PREFIX), validate=True)
        except ValueError:
            raise ValueError("holds a SECRET whose part after whsec_ is not base64") from None
    else:
        key = secret.encode()
    if len(key) < _SHORTEST_SECRET:
        raise ValueError(f"holds a SECRET shorter than {_SHORTEST_SECRET} bytes")
    return key

"""What a webhook says, and the signature by which its receiver knows that it is ours.

As the Standard Webhooks specification has it (https://www.standardwebhooks.com): the headers ``webhook-id``,
``webhook-timestamp`` and ``webhook-signature``, the last one ``v1,`` and the base64 of HMAC-SHA-256 (RFC 2104) over
``id.timestamp.body``. Whoever receives it can use any library that knows the specification.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final

from keyturn.clock import aware
from keyturn.trail.models import AuditEvent

__all__ = ["body_of", "encoded", "headers_of", "message_id"]

_PREFIX: Final = "msg_"


def message_id(event: AuditEvent) -> str:
    """The id of the message: the same in every attempt, by which a receiver knows what it has had already."""
    return f"{_PREFIX}{event.pk}"


def body_of(event: AuditEvent) -> dict[str, Any]:
    """What is said of an event, as JSON."""
    return {
        "type": event.event,
        "timestamp": aware(event.at).astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": {
            "id": str(event.pk),
            "user_id": event.user_id,
            "actor_id": event.actor_id,
            "session_id": None if event.session_id is None else str(event.session_id),
            "reason": event.reason,
            "ip": event.ip,
            "user_agent": event.user_agent,
            "details": event.details,
        },
    }


def headers_of(message: str, body: bytes, *, key: bytes, timestamp: int) -> Mapping[str, str]:
    """The headers of one attempt.

    Args:
        message: its id.
        body: exactly what is sent.
        key: the bytes of the secret.
        timestamp: seconds since 1970, of this attempt: receivers refuse what is old.
    """
    signed = b".".join((message.encode(), str(timestamp).encode(), body))
    signature = b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


def encoded(body: Mapping[str, Any]) -> bytes:
    """The bytes of a body."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()

"""Deliver the trail's events to ``KEYTURN["TRAIL_WEBHOOK"]`` through the queue that mail goes through."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from keyturn import conf
from keyturn.mail.carriers import Refused, carry_with
from keyturn.mail.outbox import put
from keyturn.trail import recording
from keyturn.trail.models import AuditEvent
from keyturn.trail.webhook import body_of, encoded, headers_of, message_id

__all__ = ["NotTakenError", "deliver", "follow_trail"]

_CARRIER: Final = "webhook"
_TIMEOUT: Final = 10.0
"""Seconds for each step of one delivery."""
_GOOD_FOR: Final = timedelta(days=1)
_GONE: Final = 410


class NotTakenError(OSError):
    """The receiver answered something else than 2xx."""


class _NoRedirect(HTTPRedirectHandler):
    """A receiver that has moved is told in the settings: nobody shall send the trail elsewhere by an answer."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """Follow none."""


# Past proxies of the environment as well: the trail goes where the settings say, and nowhere else.
_opener: Final = build_opener(_NoRedirect, ProxyHandler({}))


def follow_trail() -> None:
    """Put every event into the queue, in the transaction of the event. Nothing happens without the setting."""
    carry_with(_CARRIER, deliver)
    recording.follow(_enqueue, wanted=_is_wanted)


def _is_wanted() -> bool:
    return conf.get().trail_webhook is not None


def _enqueue(event: AuditEvent, _alias: str) -> None:
    webhook = conf.get().trail_webhook
    if webhook is None or (webhook.events and event.event not in webhook.events):
        return
    put({"id": message_id(event), "body": body_of(event)}, carrier=_CARRIER, kind=event.event, good_for=_GOOD_FOR)


def deliver(payload: Mapping[str, Any]) -> None:
    """Make one attempt. An answer of 2xx is a delivery; 410 says that no more is wanted of this message.

    Raises:
        Refused: the receiver wants it never, or there is no receiver any more.
        Exception: anything else; worth another attempt.
    """
    webhook = conf.get().trail_webhook
    if webhook is None:
        raise Refused("no TRAIL_WEBHOOK is set any more")
    body = encoded(payload["body"])
    headers = headers_of(payload["id"], body, key=webhook.key, timestamp=int(time.time()))
    request = Request(webhook.url, data=body, headers={**headers, "user-agent": "keyturn"}, method="POST")  # noqa: S310 - the settings take http and https only
    try:
        with _opener.open(request, timeout=_TIMEOUT) as answer:
            answer.read(1)
    except HTTPError as error:
        with error:
            if error.code == _GONE:
                raise Refused("the receiver answered 410") from None
            raise NotTakenError(error.code, f"answered {error.code}") from None

"""The pages about the trail name every event and every reason, and their Python does what they say."""

import json
import re
import time
from base64 import b64encode
from types import SimpleNamespace
from typing import Any

from keyturn.conf.trail import webhook
from keyturn.sessions.revocation import RevokeReason
from keyturn.trail.events import Event
from keyturn.trail.recording import event_recorded, made
from keyturn.trail.webhook import body_of, encoded, headers_of
from tests.docs.pages import page, section, table

TRAIL = page("docs/concepts/trail.md")
ACTIVITY = page("docs/how-to/activity.md")


def _code(containing):
    found = [
        text for text in re.findall(r"^```python\n(.*?)^```$", ACTIVITY, re.MULTILINE | re.DOTALL) if containing in text
    ]
    assert len(found) == 1
    return found[0]


def _words(rows, column):
    return [row[column].strip("`") for row in rows]


def test_the_page_lists_every_event_once_in_the_order_of_the_code():
    rows = table(section(TRAIL, "The events"), "event", "when", "`reason`")
    assert _words(rows, "event") == [event.value for event in Event]


def test_the_page_lists_every_reason_for_which_a_session_ends():
    rows = table(section(TRAIL, "The events"), "`reason`", "what happened")
    reasons = {value for name, value in vars(RevokeReason).items() if name.isupper()}
    # Reuse is an event of its own.
    assert set(_words(rows, "`reason`")) == reasons - {RevokeReason.REFRESH_REUSED}


def test_the_receiver_of_the_page_knows_our_webhooks_from_others():
    names: dict[str, Any] = {}
    exec(_code("def is_ours"), names)
    setting: dict[str, Any] = {}
    exec(_code('"TRAIL_WEBHOOK"'), setting)
    taken = webhook(setting["KEYTURN"]["TRAIL_WEBHOOK"])
    assert taken is not None
    secret = setting["KEYTURN"]["TRAIL_WEBHOOK"]["SECRET"]
    body = b'{"type": "login"}'
    is_ours = names["is_ours"]
    now = int(time.time())
    headers = headers_of("msg_1", body, key=taken.key, timestamp=now)

    assert is_ours(headers, body, secret)
    assert not is_ours(headers, body + b" ", secret)
    assert not is_ours({**headers, "webhook-id": "msg_2"}, body, secret)
    assert not is_ours({**headers, "webhook-timestamp": str(now + 1)}, body, secret)
    assert not is_ours(headers, body, "whsec_" + b64encode(b"x" * 24).decode())
    assert not is_ours(headers_of("msg_1", body, key=taken.key, timestamp=now - 600), body, secret)


def test_a_body_has_the_fields_of_the_page():
    [shown] = re.findall(r"```json\n(\{\n  \"type\".*?)```", ACTIVITY, re.DOTALL)
    example = json.loads(shown)
    body = json.loads(encoded(body_of(made(Event.REFRESH_REUSED))))
    assert list(body) == list(example)
    assert list(body["data"]) == list(example["data"])


def test_the_receiver_of_the_signal_is_told():
    told: list[str] = []
    names: dict[str, Any] = {"page_somebody": told.append}
    exec(_code("@receiver(event_recorded)"), names)
    try:
        for event in ("login", "refresh_reused"):
            event_recorded.send(sender=None, event=SimpleNamespace(event=event, user_id="5", ip="192.0.2.7"))
    finally:
        event_recorded.disconnect(names["tell_security"])
    assert told == ["user 5: a refresh token was used twice, from 192.0.2.7"]

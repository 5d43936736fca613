"""Every event goes to the webhook: signed, in order, tried again, and only if it really happened."""

import hashlib
import hmac
import json
import threading
from base64 import b64decode, b64encode
from datetime import UTC, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from keyturn import conf
from keyturn.clock import aware, utc_now
from keyturn.mail.courier import deliver_due
from keyturn.mail.models import OutgoingMail
from keyturn.mail.queue import Lane
from keyturn.trail.checks import check_webhook
from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent
from keyturn.trail.recording import record
from keyturn.trail.webhook import headers_of

pytestmark = pytest.mark.django_db(transaction=True)

KEY = b"0123456789abcdef0123456789abcdef"
SECRET = "whsec_" + b64encode(KEY).decode()


class Receiver:
    """Somebody who takes webhooks.

    Attributes:
        got: headers and bodies, in order.
        answers: the statuses of the next answers; 204 once they are used up.
    """

    def __init__(self):
        self.got: list[Any] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append((self.path, dict(self.headers.items()), body))
                status = receiver.answers.pop(0) if receiver.answers else 204
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            do_GET = do_POST  # noqa: N815 - the name that http.server looks for

            def log_message(self, *_):
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/trail"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def stop(self):
        """Close; safe to call twice."""
        if self.thread.is_alive():
            self.server.shutdown()
            self.thread.join()
            self.server.server_close()


@pytest.fixture
def receiver(settings):
    """A receiver, named in the settings."""
    made = Receiver()
    settings.KEYTURN = setting(made.url)
    yield made
    made.stop()


def setting(url, **more):
    """Nothing is delivered until the test does it."""
    return {"TRAIL_WEBHOOK": {"URL": url, "SECRET": SECRET, **more}, "MAIL_DELIVERY": "command"}


def deliver(now=None):
    return deliver_due(lane=Lane.OTHER, now=now)


def test_an_event_is_delivered_with_a_signature_over_its_very_bytes(receiver):
    record(Event.LOGIN, user_id=5, details={"word": "schön"})
    assert deliver().made == 1

    ((path, headers, body),) = receiver.got
    event = AuditEvent.objects.get()
    lower = {name.lower(): value for name, value in headers.items()}
    assert path == "/trail"
    assert lower["content-type"] == "application/json"
    assert lower["webhook-id"] == f"msg_{event.pk}"
    signed = b".".join((lower["webhook-id"].encode(), lower["webhook-timestamp"].encode(), body))
    version, signature = lower["webhook-signature"].split(",")
    assert version == "v1"
    assert hmac.compare_digest(b64decode(signature), hmac.new(KEY, signed, hashlib.sha256).digest())
    assert abs(int(lower["webhook-timestamp"]) - utc_now().timestamp()) < 60
    assert json.loads(body) == {
        "type": "login",
        "timestamp": aware(event.at).astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": {
            "id": str(event.pk),
            "user_id": "5",
            "actor_id": "",
            "session_id": None,
            "reason": "",
            "ip": None,
            "user_agent": "",
            "details": {"word": "schön"},
        },
    }
    assert not OutgoingMail.objects.exists()


def test_the_signature_is_that_of_the_specification():
    """The example of https://www.standardwebhooks.com and its libraries."""
    key = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = headers_of("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', key=key, timestamp=1_614_265_330)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_is_rolled_back_is_not_delivered(receiver):
    with transaction.atomic():
        record(Event.LOGIN, user_id=5)
        transaction.set_rollback(True)
    deliver()

    assert receiver.got == []


def test_an_event_without_its_delivery_is_not_written(receiver, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("no room in the queue")

    monkeypatch.setattr("keyturn.mail.webhooks.put", fail)
    with pytest.raises(RuntimeError):
        record(Event.LOGIN, user_id=5)

    assert not AuditEvent.objects.exists()


def test_sessions_that_end_are_delivered_too(receiver, ada, caller):
    tokens = caller.log_in()
    caller.log_out(tokens.refresh, tokens.access)
    deliver()

    assert [json.loads(body)["type"] for _, _, body in receiver.got] == ["login", "session_revoked"]
    for _, _, body in receiver.got:
        assert tokens.refresh not in body.decode()
        assert tokens.access not in body.decode()


def test_only_the_events_asked_for_are_delivered(receiver, settings):
    settings.KEYTURN = setting(receiver.url, EVENTS=["sign_up"])
    for event in (Event.LOGIN, Event.SIGN_UP):
        record(event, user_id=5)
    deliver()

    assert [json.loads(body)["type"] for _, _, body in receiver.got] == ["sign_up"]


@pytest.mark.parametrize("status", [500, 503, 404, 301, 307])
def test_what_is_not_taken_is_tried_again_as_the_same_message(receiver, status):
    receiver.answers = [status]
    record(Event.LOGIN, user_id=5)
    assert deliver().put_off == 1
    assert str(status) in OutgoingMail.objects.get().last_error

    assert deliver(now=utc_now() + timedelta(minutes=1)).made == 1
    # A redirect is not followed: there were these two requests, to this place.
    assert [path for path, _, _ in receiver.got] == ["/trail", "/trail"]
    assert len({(headers["webhook-id"], body) for _, headers, body in _lower(receiver.got)}) == 1


def _lower(got):
    return [(path, {name.lower(): value for name, value in headers.items()}, body) for path, headers, body in got]


def test_whoever_answers_410_is_not_asked_again(receiver):
    receiver.answers = [410]
    record(Event.LOGIN, user_id=5)

    assert deliver().given_up == 1
    assert deliver(now=utc_now() + timedelta(hours=1)).made == 0
    assert len(receiver.got) == 1


def test_a_receiver_that_is_away_is_tried_for_a_day(receiver):
    record(Event.LOGIN, user_id=5)
    receiver.stop()
    start = utc_now()

    assert deliver(now=start).put_off == 1
    assert deliver(now=start + timedelta(hours=12)).put_off == 1
    assert deliver(now=start + timedelta(hours=25)).given_up == 1


def test_without_the_setting_nothing_is_put_into_the_queue(db):
    record(Event.LOGIN, user_id=5)
    assert not OutgoingMail.objects.exists()


def test_what_is_in_the_queue_when_the_setting_goes_is_given_up(receiver, settings):
    record(Event.LOGIN, user_id=5)
    settings.KEYTURN = {"MAIL_DELIVERY": "command"}

    assert deliver().given_up == 1
    assert receiver.got == []


def test_the_queue_keeps_no_event_in_the_clear(receiver):
    record(Event.LOGIN, user_id=5, details={"word": "canary"})
    row = OutgoingMail.objects.get()

    assert "canary" not in str(row.__dict__)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("https://example.com", "must be a dictionary"),
        ({"URL": "https://example.com"}, "needs a SECRET"),
        ({"SECRET": SECRET}, "needs a URL"),
        ({"URL": "ftp://example.com", "SECRET": SECRET}, "must begin with https:// or http://"),
        ({"URL": "https://", "SECRET": SECRET}, "needs a URL such as"),
        ({"URL": "http://example.com/\r\nx: y", "SECRET": SECRET}, "needs a URL such as"),
        ({"URL": "https://example.com:70000/", "SECRET": SECRET}, "needs a URL such as"),
        ({"URL": f"https://me:{SECRET}@example.com/", "SECRET": SECRET}, "a user name or a password"),
        ({"URL": "https://example.com", "SECRET": "short"}, "shorter than 24 bytes"),
        ({"URL": "https://example.com", "SECRET": "whsec_!!"}, "is not base64"),
        ({"URL": "https://example.com", "SECRET": SECRET, "EVENT": []}, "knows URL, SECRET and EVENTS"),
    ],
    ids=[
        "text",
        "no secret",
        "no url",
        "ftp",
        "no host",
        "line break",
        "port",
        "user",
        "short",
        "not base64",
        "unknown name",
    ],
)
def test_a_wrong_setting_stops_the_start_and_never_shows_the_secret(settings, value, words):
    settings.KEYTURN = {"TRAIL_WEBHOOK": value}
    with pytest.raises(ImproperlyConfigured, match=words) as refused:
        conf.get()
    assert SECRET not in str(refused.value)
    assert "short" not in str(refused.value).replace("shorter", "")


def test_an_event_that_never_happens_is_an_error_of_the_system_check(settings):
    settings.KEYTURN = setting("https://example.com", EVENTS=["login", "logon"])
    (error,) = check_webhook()
    assert (error.id, "'logon'" in error.msg) == ("keyturn.E011", True)

    settings.KEYTURN = setting("https://example.com", EVENTS=["login"])
    assert list(check_webhook()) == []


def test_the_secret_is_in_no_repr(receiver):
    assert SECRET not in repr(conf.get())
    assert repr(KEY) not in repr(conf.get())

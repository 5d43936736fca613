"""A real SMTP server on loopback that keeps what it takes and refuses what it is told to refuse."""

import email
import email.policy
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from keyturn_server import mailing
from tests.services import ports

__all__ = ["Sink", "sending_to"]


class Sink:
    """What was taken, in order, and what is answered.

    Attributes:
        taken: messages, parsed.
        at_recipient: answers RCPT; None: 250.
        at_data: answers the message; None: 250.
        attempts: how often each recipient was named.
    """

    def __init__(self):
        self.port = ports.free_port()
        self.taken = []
        self.envelopes = []
        self.attempts: Counter[str] = Counter()
        self.at_recipient: Callable[[str], str | None] = lambda _address: None
        self.at_data: Callable[[], str | None] = lambda: None
        self._lock = threading.Lock()
        self._controller = None
        self._options = {}

    @property
    def url(self):
        return f"smtp://{ports.LOOPBACK}:{self.port}?tls=none"

    def start(self, **options):
        self._options = options or self._options
        self._controller = Controller(self, hostname=ports.LOOPBACK, port=self.port, **self._options)
        self._controller.start()

    def stop(self):
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        self.attempts[address] += 1
        answer = self.at_recipient(address)
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        answer = self.at_data()
        if answer is not None:
            return answer
        with self._lock:
            self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        return "250 2.0.0 OK"

    def demand_password(self, username, password):
        """Answer 535 to every other."""

        def authenticate(server, session, envelope, mechanism, data):
            good = data.login == username.encode() and data.password == password.encode()
            return AuthResult(success=good, handled=good)

        return {"authenticator": authenticate, "auth_required": True, "require_starttls": True}


@contextmanager
def sending_to(url):
    """Django's settings for the mail server at a URL, as the ready-made server makes them."""
    from django.test import override_settings

    with override_settings(**mailing.settings_of(mailing.mailer(mailing.parse(url), to_inbox=False))):
        yield

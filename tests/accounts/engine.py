"""A client of /auth/: sign-up, sign-in and the rest through Django's test client, and the mails that they cause."""

import json
import re
from dataclasses import dataclass
from typing import Any

from django.core import mail
from django.test import Client

from keyturn.mail.models import OutgoingMail
from keyturn.mail.packing import message_of, opened
from tests.contract.caller import FIREFOX, PASSWORD, claims

__all__ = ["NEW_PASSWORD", "PASSWORD", "AuthClient", "Letter", "claims", "last_letter", "letters"]

NEW_PASSWORD = "a quite different long sentence"


class AuthClient:
    """One client of one of the two kinds: it keeps the token of its flow, and its pair once it is signed in."""

    def __init__(self, kind: str = "app", *, ip: str = "192.0.2.7", user_agent: str = FIREFOX, **options: Any) -> None:
        self.kind = kind
        self.http: Client = Client(REMOTE_ADDR=ip, HTTP_USER_AGENT=user_agent, **options)
        self.flow: str | None = None
        self.access: str | None = None
        self.refresh: str | None = None
        self.csrf: str | None = None
        self.secure = False

    def call(self, method: str, path: str, body: Any = None, **headers: str | None) -> Any:
        """Call ``/auth/<kind>/v1/<path>`` with what the client holds, and keep what it is given."""
        sent: dict[str, Any] = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        if self.access is not None:
            sent.setdefault("HTTP_AUTHORIZATION", f"Bearer {self.access}")
        if self.flow is not None:
            sent.setdefault("HTTP_X_SESSION_TOKEN", self.flow)
        if self.csrf is not None:
            sent.setdefault("HTTP_X_CSRFTOKEN", self.csrf)
        data = body if isinstance(body, (str, bytes)) else "" if body is None else json.dumps(body)
        answer = self.http.generic(
            method, f"/auth/{self.kind}/v1/{path}", data, content_type="application/json", secure=self.secure, **sent
        )
        self._keep(answer)
        return answer

    def _keep(self, answer: Any) -> None:
        meta = answer.json().get("meta", {}) if answer["Content-Type"] == "application/json" else {}
        self.flow = meta.get("session_token", self.flow)
        if "access_token" in meta:
            self.access, self.flow = meta["access_token"], None
            self.refresh = meta.get("refresh_token", self.refresh)
        self.csrf = meta.get("csrf_token", self.csrf)

    def log_in(self, username: str = "ada", password: str = PASSWORD) -> Any:
        """POST credentials."""
        return self.call("POST", "auth/login", {"username": username, "password": password})

    def sign_up(self, email: str = "new@example.com", password: str = PASSWORD, **more: str) -> Any:
        """POST a sign-up."""
        return self.call("POST", "auth/signup", {"email": email, "password": password, **more})

    def verify(self, key: str) -> Any:
        """POST a code or the key of a link."""
        return self.call("POST", "auth/email/verify", {"key": key})

    def signed_up(self, email: str = "new@example.com", **more: str) -> "AuthClient":
        """Sign up and verify the address."""
        assert self.sign_up(email, **more).status_code == 401
        assert self.verify(last_letter(email).code).status_code == 200
        return self


@dataclass(frozen=True)
class Letter:
    """A mail, as its reader sees it."""

    kind: str
    to: str
    subject: str
    text: str

    @property
    def code(self) -> str:
        """The code in it."""
        found = re.search(r"^\s+([A-Z0-9]{3,}(?:-[A-Z0-9]{3,})+)\s*$", self.text, re.MULTILINE)
        assert found is not None, self.text
        return found[1]

    @property
    def link(self) -> str:
        """The link in it."""
        found = re.search(r"https?://\S+key=\S+", self.text)
        assert found is not None, self.text
        return found[0]

    @property
    def key(self) -> str:
        """The key of the link in it."""
        return self.link.partition("key=")[2]


def letters(to: str | None = None) -> list[Letter]:
    """All mails, the oldest first: those sent, and those still in the queue."""
    sent = [_letter("", message) for message in mail.outbox]
    rows = OutgoingMail.objects.order_by("id")
    queued = [_letter(row.kind, message_of(opened(row.sealed, kind=row.kind)["payload"])) for row in rows]
    return [letter for letter in sent + queued if to is None or letter.to == to]


def last_letter(to: str) -> Letter:
    """The newest mail to an address."""
    found = letters(to)
    assert found, f"no mail to {to}"
    return found[-1]


def _letter(kind: str, message: Any) -> Letter:
    return Letter(kind=kind, to=message.to[0], subject=str(message.subject), text=str(message.body))

"""A client of the API: the tutorials' calls through Django's test client, and what every answer must have."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import jwt
from django.db.models import F
from django.test import Client

from keyturn.sessions.models import Session

__all__ = ["CHROME", "FIREFOX", "PASSWORD", "Caller", "Tokens", "assert_refused", "claims", "session_of", "turn_back"]

PASSWORD = "correct horse battery staple"

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"


@dataclass(frozen=True)
class Tokens:
    """What a login or a refresh answers. Kept out of reports of failures."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)


class Caller:
    """One browser at one address."""

    def __init__(self, *, user_agent: str = FIREFOX, ip: str = "192.0.2.7") -> None:
        self.browser: Client = Client(REMOTE_ADDR=ip, HTTP_USER_AGENT=user_agent)

    def call(self, method: str, path: str, body: Any = None, *, access: str | None = None, **environ: str) -> Any:
        """Send ``body`` as JSON."""
        return self._send(method, path, access, environ, data=body, content_type="application/json")

    def form(self, path: str, fields: dict[str, str], *, access: str | None = None, **environ: str) -> Any:
        """Send fields as an HTML form does."""
        return self._send("POST", path, access, environ, data=fields)

    def _send(self, method: str, path: str, access: str | None, environ: dict[str, str], **options: Any) -> Any:
        if options["data"] is None:
            del options["data"]
        if access is not None:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {access}"
        return getattr(self.browser, method.lower())(path, **options, **environ)

    def try_log_in(self, username: str = "ada", password: str = PASSWORD, **more: str) -> Any:
        """POST credentials."""
        return self.call("POST", "/token/", {"username": username, "password": password, **more})

    def log_in(self, username: str = "ada", password: str = PASSWORD) -> Tokens:
        """POST credentials and expect tokens."""
        return _tokens(self.try_log_in(username, password))

    def try_refresh(self, refresh: Any) -> Any:
        """POST a refresh token."""
        return self.call("POST", "/token/refresh/", {"refresh": refresh})

    def refresh(self, refresh: str) -> Tokens:
        """POST a refresh token and expect new ones."""
        return _tokens(self.try_refresh(refresh))

    def verify(self, token: Any) -> Any:
        """POST a token to be verified."""
        return self.call("POST", "/token/verify/", {"token": token})

    def home(self, access: str | None = None, **environ: str) -> Any:
        """GET the page for signed-in users."""
        return self.call("GET", "/home/", access=access, **environ)

    def log_out(self, refresh: Any, access: str | None) -> Any:
        """POST the tutorial's log-out."""
        return self.call("POST", "/logout/", {"refresh_token": refresh}, access=access)


def _tokens(answer: Any) -> Tokens:
    assert answer.status_code == 200, (answer.status_code, answer.content[:500])
    body = answer.json()
    assert set(body) == {"access", "refresh"}
    return Tokens(body["access"], body["refresh"])


def claims(token: str) -> dict[str, Any]:
    """Read a token's claims as a client does, unverified."""
    return dict(jwt.decode(token, options={"verify_signature": False}))


def session_of(token: str) -> Session:
    """The row of the session that a token belongs to, as it is now."""
    return Session.objects.get(pk=claims(token)["sid"])


def turn_back(token: str, **span: float) -> None:
    """Let time pass for the session of a token: everything that happened to it happened so much earlier."""
    by = timedelta(**span)
    names = ("created_at", "auth_time", "rotated_at", "idle_expires_at", "absolute_expires_at")
    Session.objects.filter(pk=claims(token)["sid"]).update(**{name: F(name) - by for name in names})


def assert_refused(answer: Any, reason: str, *, status: int = 401, code: str = "token_not_valid") -> dict[str, Any]:
    """Assert that an answer refuses a token, in the form that every refusal has, and return its body."""
    assert answer.status_code == status, (answer.status_code, answer.content[:500])
    assert answer["Content-Type"] == "application/json"
    body: dict[str, Any] = answer.json()
    assert body["reason"] == reason, body
    assert body["code"] == code, body
    assert isinstance(body["detail"], str)
    assert body["detail"]
    if status == 401:
        assert answer["WWW-Authenticate"].startswith('Bearer realm="api"')
    return body

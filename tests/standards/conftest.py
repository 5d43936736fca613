"""A user who is signed in, and services with credentials."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.test import Client

from keyturn import clients
from keyturn.clock import utc_now
from keyturn.sessions.client import Client as Caller
from keyturn.tokens.issuing import issue_pair

PASSWORD = "correct horse battery staple"


def basic(client_id: str, secret: str) -> str:
    """The header of RFC 6749 section 2.3.1."""
    text = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return "Basic " + base64.b64encode(text.encode()).decode()


@dataclass
class Service:
    """Another service, with credentials of its own."""

    client_id: str
    secret: str = field(repr=False)
    http: Client = field(default_factory=Client)

    @property
    def header(self) -> str:
        """Its credentials as HTTP Basic."""
        return basic(self.client_id, self.secret)

    def post(self, path: str, body: Any = None, **environ: Any) -> Any:
        """POST a form with credentials in the header."""
        return self.http.post(path, body or {}, **{"HTTP_AUTHORIZATION": self.header, **environ})

    def get(self, path: str, **environ: Any) -> Any:
        """GET with credentials in the header."""
        return self.http.get(path, **{"HTTP_AUTHORIZATION": self.header, **environ})

    def introspect(self, token: Any) -> Any:
        """What introspection says of a token."""
        answer = self.post("/introspect/", {"token": token})
        assert answer.status_code == 200, answer.content
        return answer.json()

    def revoke(self, token: Any) -> Any:
        """Revoke a token; the answer is the same for every token."""
        answer = self.post("/revoke/", {"token": token})
        assert (answer.status_code, answer.json()) == (200, {}), answer.content
        return answer


def make_service(*scopes: str) -> Service:
    """Make a client with these scopes; all of them where none is named."""
    made = clients.create(name="billing", scopes=scopes or clients.SCOPES, now=utc_now())
    return Service(made.client_id, made.secret)


def oauth_error(answer: Any, status: int, error: str | None, code: str | None = None) -> dict[str, Any]:
    """Check the form that every refusal of a service has, and return its body."""
    assert answer.status_code == status, (answer.status_code, answer.content[:500])
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    body: dict[str, Any] = answer.json()
    assert body["detail"]
    assert isinstance(body["detail"], str)
    assert body["code"] == (code or error)
    assert body.get("error") == error
    assert ("WWW-Authenticate" in answer) is (status == 401)
    if status == 401:
        assert answer["WWW-Authenticate"] == 'Basic realm="api"'
    return body


@pytest.fixture
def user(db: None, django_user_model: Any) -> Any:
    """Ada."""
    return django_user_model.objects.create_user("ada", password=PASSWORD)


@pytest.fixture
def pair(user: Any) -> Any:
    """Ada's tokens."""
    return issue_pair(user=user, now=utc_now(), client=Caller(user_agent="Mozilla/5.0 (X11; Linux)"))


@pytest.fixture
def service(db: None) -> Service:
    """A service that may do everything."""
    return make_service()


@pytest.fixture
def whole_log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The whole log, but for Django's own of statements, which holds their parameters where debugging is on."""
    caplog.set_level("DEBUG")
    caplog.set_level("INFO", logger="django.db.backends")
    return caplog


@pytest.fixture
def own_statements(count_statements: Callable[..., Any]) -> Callable[..., Any]:
    """``with own_statements(2):`` fails unless so many are sent, besides a look at the ring of keys once a second."""

    @contextmanager
    def counted(number: int) -> Iterator[None]:
        with count_statements() as seen:
            yield
        own = [statement for statement in seen.statements if "keyturn_signing_key" not in statement]
        assert len(own) == number, own

    return counted

"""Every endpoint of ``keyturn.urls`` in a world where a good request works, and what a refusal must look like."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client

from keyturn.sessions.models import Session
from tests.bad_input.catalogue.endpoints import BODY_DOORS, DOORS, TOKEN_DOORS, Door

__all__ = ["BODY_DOORS", "DOORS", "PASSWORD", "TOKEN_DOORS", "Door", "World", "refusal", "unchanged"]

PASSWORD = " a horse, with spaces at both ends "


@dataclass
class World:
    """A user with two sessions and a sliding one, another user with one, and the tokens of the first.

    Args:
        values: what the fields of a good body hold, by kind.
        access: an access token.
        session: the id of the session that ``values["refresh"]`` and ``access`` belong to.
        others: the id of the other user's session.
        service: the credentials of a service, as the value of the header.
    """

    values: dict[str, str]
    access: str
    session: str
    others: str
    service: str = ""
    client: Client = field(default_factory=Client)

    def body(self, door: Door) -> dict[str, Any]:
        """A body that the endpoint would accept."""
        return {name: self.values[kind] for name, kind in door.fields.items()}

    def send(
        self,
        door: Door,
        data: bytes | None = None,
        content_type: str = "application/json",
        *,
        query: str = "",
        **extra: Any,
    ) -> Any:
        """Send a request that is good but for what is given here.

        Args:
            door: where to.
            data: the body; None: a good one.
            content_type: of the body.
            query: with its question mark.
            extra: WSGI variables; None removes one.
        """
        if data is None:
            data = json.dumps(self.body(door)).encode() if door.fields else b""
        if door.bearer:
            extra = {"HTTP_AUTHORIZATION": f"Bearer {self.access}", **extra}
        elif door.service:
            extra = {"HTTP_AUTHORIZATION": self.service, **extra}
        extra = {name: value for name, value in extra.items() if value is not None}
        path = door.path.format(session=self.session)
        return self.client.generic(door.method, path + query, data, content_type, **extra)


def refusal(response: Any) -> dict[str, Any]:
    """Return the body of a refusal, which must be a 4xx in JSON with ``detail`` and ``code``."""
    what = (response.request["REQUEST_METHOD"], response.request["PATH_INFO"], response.status_code, response.content)
    assert 400 <= response.status_code < 500, what
    assert response.headers["Content-Type"] == "application/json", what
    body: dict[str, Any] = json.loads(response.content)
    assert isinstance(body["detail"], str), what
    assert body["detail"], what
    assert isinstance(body["code"], str), what
    assert body["code"], what
    if response.status_code == 401:
        assert response.headers["WWW-Authenticate"].startswith(("Bearer ", "Basic ", "DPoP ")), what
    return body


def _rows() -> list[Any]:
    users: Any = get_user_model()._base_manager
    return [*Session.objects.order_by("pk").values(), *users.order_by("pk").values()]


@contextmanager
def unchanged() -> Iterator[None]:
    """Fail if the block adds, removes or changes a session or a user."""
    before = _rows()
    yield
    assert _rows() == before

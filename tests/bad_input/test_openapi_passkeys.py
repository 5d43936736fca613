"""The answers about passkeys, held against the OpenAPI document in the course of each flow."""

from typing import Any

import pytest

from keyturn.mfa.passkeys_added import MOST
from tests.accounts.engine import PASSWORD, AuthClient
from tests.bad_input.documented import Documented
from tests.bad_input.openapi import whole_document
from tests.mfa.authenticator import SoftAuthenticator
from tests.mfa.keys import PASSKEYS

pytestmark = pytest.mark.django_db

_MADE = whole_document()

LOGIN = "auth/webauthn/login"
SECOND = "auth/webauthn/authenticate"
AGAIN = "auth/webauthn/reauthenticate"
MANAGE = "account/authenticators/webauthn"


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.KEYTURN = PASSKEYS


@pytest.fixture(autouse=True)
def ada(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("ada", "ada@example.com", PASSWORD)


@pytest.fixture(params=["app", "browser"])
def client_of(request: Any) -> Any:
    """Return a new client of either kind, that holds each answer against the document."""
    told = Documented(_MADE)

    class ToldClient(AuthClient):
        def call(self, *args: Any, **headers: Any) -> Any:
            answer = super().call(*args, **headers)
            told.check(answer)
            return answer

    def make() -> AuthClient:
        client = ToldClient(request.param)
        if request.param == "browser":
            client.call("GET", "config")
        return client

    return make


def asked(client: AuthClient, path: str) -> Any:
    """What a GET hands to the browser."""
    data = client.call("GET", path).json()["data"]
    return data.get("request_options") or data["creation_options"]


def test_the_answers_are_as_the_document_says(client_of: Any) -> None:
    key, client = SoftAuthenticator(), client_of()
    assert client.call("GET", MANAGE).status_code == 401
    client.log_in()
    made = {"name": "Key", "credential": key.create(asked(client, f"{MANAGE}?passwordless"))}
    assert client.call("POST", MANAGE, {"name": "Key"}).status_code == 400
    answer = client.call("POST", MANAGE, made)
    assert answer.status_code == 200
    assert client.call("POST", MANAGE, made).status_code == 400
    name = {"id": answer.json()["data"]["id"], "name": "Other"}
    assert client.call("PUT", MANAGE, {"id": 0, "name": "x"}).status_code == 400
    assert client.call("PUT", MANAGE, name).status_code == 200
    assert client.call("GET", "account/authenticators").status_code == 200

    alone = client_of()
    shown = {"credential": key.get(asked(alone, LOGIN))}
    assert alone.call("POST", LOGIN, shown).status_code == 200
    assert alone.call("POST", LOGIN, shown).status_code == 409
    assert client_of().call("POST", LOGIN, shown).status_code == 400
    assert client_of().call("GET", AGAIN).status_code == 401
    assert alone.call("POST", AGAIN, shown).status_code == 400
    assert alone.call("POST", AGAIN, {"credential": key.get(asked(alone, AGAIN))}).status_code == 200

    second = client_of()
    assert second.call("GET", SECOND).status_code == 401
    assert second.log_in().status_code == 401
    assert second.call("POST", SECOND, shown).status_code == 400
    shown = {"credential": key.get(asked(second, SECOND))}
    assert second.call("POST", SECOND, {**shown, "trust_device": True}).status_code == 200

    removed = {"authenticators": [name["id"]]}
    assert second.call("DELETE", MANAGE, {"authenticators": []}).status_code == 400
    assert second.call("DELETE", MANAGE, removed).status_code == 200


def test_the_refusals_are_as_the_document_says(client_of: Any, ada: Any, settings: Any) -> None:
    key, client = SoftAuthenticator(), client_of()
    client.log_in()
    made = {"name": "Key", "credential": key.create(asked(client, f"{MANAGE}?passwordless"))}
    pk = client.call("POST", MANAGE, made).json()["data"]["id"]
    settings.KEYTURN = {**PASSKEYS, "FACTOR_REQUIRED_OF": "everybody"}
    assert client.call("DELETE", MANAGE, {"authenticators": [pk]}).status_code == 403
    settings.KEYTURN = PASSKEYS
    ada.set_unusable_password()
    ada.save()
    client = client_of()
    client.call("POST", LOGIN, {"credential": key.get(asked(client, LOGIN))})
    assert client.call("DELETE", MANAGE, {"authenticators": [pk]}).status_code == 409
    for _ in range(MOST - 1):
        client.call("POST", MANAGE, {"credential": SoftAuthenticator().create(asked(client, MANAGE))})
    assert client.call("GET", MANAGE).status_code == 409
    settings.KEYTURN = {}
    for path in (LOGIN, AGAIN):
        assert client.call("GET", path).status_code == 404

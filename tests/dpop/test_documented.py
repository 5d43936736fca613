"""The answers to clients that hold a key are as the OpenAPI document says, to the letter."""

import pytest

from tests.bad_input.documented import Documented
from tests.bad_input.openapi import document
from tests.contract.caller import PASSWORD
from tests.standards.conftest import make_service


@pytest.fixture(scope="module")
def told():
    return Documented(document())


def test_tokens_bound_to_a_key_are_told(holder, told):
    answers = [holder.try_log_in(), holder.try_log_in(proof="x")]
    tokens = answers[0].json()
    answers += [
        holder.try_refresh(tokens["refresh"]),
        holder.try_refresh(tokens["refresh"], proof="x"),
        holder.call("GET", "/me/", access=tokens["access"]),
        holder.call("GET", "/me/", access=tokens["access"], proof="x"),
        holder.call("GET", "/sessions/", access="x"),
        holder.caller.call("GET", "/me/", access=tokens["access"]),
        holder.call("POST", "/auth/app/v1/auth/login", {"username": "ada", "password": PASSWORD}),
        holder.call("POST", "/auth/app/v1/auth/login", {"username": "ada", "password": PASSWORD}, proof="x"),
        holder.call("GET", "/auth/app/v1/account/email", access=tokens["access"], proof="x"),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 200, 400, 200, 401, 401, 401, 200, 400, 401]
    for answer in answers:
        told.check(answer)


def test_every_endpoint_that_takes_a_proof_says_so():
    made = document()
    for url, methods in made["paths"].items():
        for operation in methods.values():
            sent = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}
            public = url.startswith("/.well-known") or operation.get("security") == [{"keyturnClient": []}]
            assert ("DPoP" in sent) != public, url


def test_the_key_of_an_introspected_token_is_told(holder, told):
    service = make_service()
    tokens = holder.log_in()
    of_access = service.post("/introspect/", {"token": tokens.access})
    of_refresh = service.post("/introspect/", {"token": tokens.refresh})
    for answer in (of_access, of_refresh):
        told.check(answer)
        assert answer.json()["active"] is True
        assert answer.json()["cnf"] == {"jkt": holder.key.thumbprint}
    assert of_access.json()["token_type"] == "DPoP"
    assert "token_type" not in of_refresh.json()
    assert holder.refresh(tokens.refresh)

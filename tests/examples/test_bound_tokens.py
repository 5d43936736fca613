"""Tokens that are bound to a key (DPoP, RFC 9449), at each example and at the running server itself."""

import time

import pytest

from tests.bad_input.forgery import claims_of
from tests.dpop.key import DpopKey
from tests.examples.conftest import NAMES
from tests.server.running import ask, raw
from tests.services.ports import LOOPBACK


def bound_tokens(keyturn, key):
    url = f"http://{LOOPBACK}:{keyturn.server.port}/token/"
    body = {"username": "demo", "password": keyturn.password}
    answer = ask(keyturn.server.port, "POST", "/token/", json_body=body, dpop=key.proof("POST", url))
    assert answer.status == 200, answer.body
    assert answer.json["token_type"] == "DPoP"
    return answer.json


@pytest.mark.parametrize("name", NAMES)
def test_a_bound_token_needs_its_key(shared_keyturn, examples, name):
    service = examples.start(name, shared_keyturn)
    key, thief = DpopKey(), DpopKey()
    token = bound_tokens(shared_keyturn, key)["access"]
    unbound = shared_keyturn.login()["access"]
    url = f"http://{LOOPBACK}:{service.port}/me"

    def me(scheme="DPoP", raw=token, by=key, **facts):
        facts = {"method": "GET", "url": url, "token": raw, **facts}
        proof = by and by.proof(facts.pop("method"), facts.pop("url"), **facts)
        headers = {"dpop": proof} if proof else {}
        return ask(service.port, "GET", "/me", authorization=f"{scheme} {raw}", **headers)

    def reason(answer):
        assert answer.status == 401, answer.body
        return answer.json["reason"]

    good = me()
    assert good.status == 200, good.body
    assert good.json["session"] == claims_of(token)["sid"]
    assert me("dpop").status == 200

    assert reason(me("Bearer")) == "binding_missing"
    assert reason(me("Bearer", by=None)) == "binding_missing"
    assert reason(me(by=None)) == "binding_missing"
    assert reason(me(by=thief)) == "binding_missing"
    assert reason(me(raw=unbound)) == "binding_missing"
    assert me("Bearer", raw=unbound, by=None).status == 200
    assert 'DPoP realm="api", algs="ES256", error="invalid_token"' in me(by=thief).headers["www-authenticate"]

    for facts in (
        {"method": "POST"},
        {"url": f"http://{LOOPBACK}:{service.port}/"},
        {"url": f"http://evil.example:{service.port}/me"},
        {"token": unbound},
        {"jti": ""},
        {"header": {"typ": "JWT"}},
        {"header": {"jwk": thief.jwk}},
        {"header": {"jwk": key.private_jwk}},
        {"header": {"alg": "none"}},
        {"without": ("jti",)},
        {"without": ("htu",)},
        {"iat": "now"},
    ):
        answer = me(**facts)
        assert (answer.status, answer.json["code"]) == (401, "invalid_dpop_proof"), (facts, answer.body)
        assert 'error="invalid_dpop_proof"' in answer.headers["www-authenticate"]
        assert "reason" not in answer.json

    for facts in ({"iat": int(time.time()) - 3600}, {"iat": int(time.time()) + 3600}, {"nonce": "foreign"}):
        asked = me(**facts)
        assert (asked.status, asked.json["code"]) == (401, "use_dpop_nonce"), (facts, asked.body)
        again = me(**{**facts, "nonce": asked.headers["dpop-nonce"]})
        assert again.status == 200, again.body


@pytest.mark.parametrize("name", NAMES)
def test_a_proof_made_for_another_service_is_not_taken_by_writing_its_name_into_the_host(
    shared_keyturn, examples, name
):
    service = examples.start(name, shared_keyturn)
    key = DpopKey()
    token = bound_tokens(shared_keyturn, key)["access"]
    elsewhere = f"elsewhere.example:{service.port}"
    proof = key.proof("GET", f"http://{elsewhere}/me", token=token)
    replayed = ask(service.port, "GET", "/me", authorization=f"DPoP {token}", dpop=proof, host=elsewhere)
    assert replayed.status == 400, replayed.body


def test_the_running_server_takes_one_proof_only(shared_keyturn):
    key = DpopKey()
    port = shared_keyturn.server.port
    proof = key.proof("POST", f"http://{LOOPBACK}:{port}/token/")
    body = b'{"username": "demo", "password": "%s"}' % shared_keyturn.password.encode()
    head = (
        f"POST /token/ HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nContent-Type: application/json\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\nDPoP: {proof}\r\n"
    )
    once = raw(port, head.encode() + b"\r\n" + body)
    assert once.startswith(b"HTTP/1.1 200"), once
    twice = raw(port, f"{head}DPoP: {proof}\r\n\r\n".encode() + body)
    assert twice.startswith(b"HTTP/1.1 400"), twice
    assert b"invalid_dpop_proof" in twice

"""Whatever comes as a proof: JSON, 4xx, and nothing changed, counted or used up."""

import time

import pytest

from keyturn.sessions.models import Session
from tests.contract.caller import PASSWORD, session_of
from tests.dpop.browser import ORIGIN
from tests.dpop.key import DpopKey

DOORS = [
    ("POST", "/token/", {"username": "ada", "password": PASSWORD}),
    ("POST", "/token/refresh/", {"refresh": "{refresh}"}),
    ("POST", "/token/blacklist/", {"refresh": "{refresh}"}),
    ("POST", "/token/verify/", {"token": "{refresh}"}),
    ("POST", "/auth/app/v1/auth/login", {"username": "ada", "password": PASSWORD}),
    ("POST", "/auth/app/v1/tokens/refresh", {"refresh_token": "{refresh}"}),
]

KEY = DpopKey()
BROKEN = {
    "rubbish": "rubbish",
    "dots": "...",
    "one space": " ",
    "another method": KEY.proof("GET", f"{ORIGIN}/token/"),
    "another place": KEY.proof("POST", f"{ORIGIN}/"),
    "null byte": "a\x00.b.c",
    "latin-1": "\xff\xfe.b.c",
    "a list": KEY.signed("[]", "[]"),
    "deep": KEY.signed("[" * 4_000, "{}"),
    "huge": "a" * 60_000,
    "two": "{proof}, {proof}",
    "a bearer token": "Bearer x",
    "private": "{private}",
    "alg none": "{none}",
}


def spoilt(text, holder, method, path):
    proof = holder.key.proof(method, ORIGIN + path)
    return text.format(
        proof=proof,
        private=holder.key.proof(method, ORIGIN + path, header={"jwk": holder.key.private_jwk}),
        none=holder.key.proof(method, ORIGIN + path, header={"alg": "none"}),
    )


@pytest.mark.parametrize(("method", "path", "body"), DOORS, ids=[door[1] for door in DOORS])
@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_proof_changes_nothing(holder, method, path, body, kind):
    tokens = holder.log_in()
    before = list(Session.objects.order_by("pk").values())
    sent = {name: value.format(refresh=tokens.refresh) for name, value in body.items()}

    answer = holder.call(method, path, sent, proof=spoilt(BROKEN[kind], holder, method, path))

    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["code"] == "invalid_dpop_proof"
    assert isinstance(answer.json()["detail"], str)
    assert "reason" not in answer.json()
    assert len(answer["DPoP-Nonce"]) == 32
    assert list(Session.objects.order_by("pk").values()) == before
    assert holder.refresh(tokens.refresh)


def test_a_client_whose_clock_is_wrong_signs_in_and_refreshes_by_nonces(holder):
    wrong = int(time.time()) + 86_400
    url = f"{ORIGIN}/token/"
    asked = holder.try_log_in(proof=holder.key.proof("POST", url, iat=wrong))
    assert (asked.status_code, asked.json()["code"]) == (400, "use_dpop_nonce")
    assert Session.objects.count() == 0

    told = asked["DPoP-Nonce"]
    answer = holder.try_log_in(proof=holder.key.proof("POST", url, iat=wrong, nonce=told))
    assert answer.status_code == 200

    url, told = f"{ORIGIN}/token/refresh/", answer["DPoP-Nonce"]
    refresh = answer.json()["refresh"]
    again = holder.try_refresh(refresh, proof=holder.key.proof("POST", url, iat=wrong, nonce=told))
    assert again.status_code == 200
    assert session_of(refresh).revoked_at is None


@pytest.mark.parametrize("door", ["/token/", "/auth/app/v1/auth/login"])
def test_a_broken_proof_uses_up_no_attempt(holder, caller, door):
    for _ in range(40):
        answer = holder.call("POST", door, {"username": "ada", "password": "wrong"}, proof="x")
        assert answer.status_code == 400
    assert caller.try_log_in().status_code == 200


def test_a_broken_proof_beside_a_token_that_nobody_asked_for_uses_up_no_attempt_and_tells_nothing(holder, caller):
    for password in ("wrong", PASSWORD) * 20:
        body = {"username": "ada", "password": password}
        answer = holder.call("POST", "/token/", body, proof="x", HTTP_AUTHORIZATION="DPoP x")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_dpop_proof")
    assert caller.try_log_in().status_code == 200


def test_a_broken_proof_uses_up_no_code(db):
    from tests.accounts.engine import AuthClient, last_letter

    client = AuthClient()
    client.call("POST", "auth/signup", {"email": "new@example.com", "username": "new", "password": PASSWORD})
    code = last_letter("new@example.com").code
    refused = client.call("POST", "auth/email/verify", {"key": code}, dpop="x")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_dpop_proof")
    assert client.verify(code).status_code == 200

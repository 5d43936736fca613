"""What an example asks a recent, or a stronger, proof for (RFC 9470), and how its client comes by one."""

import time
from datetime import timedelta

import pytest

from keyturn.clock import utc_now
from keyturn.mfa.totp import code_at, step_at
from tests.examples.conftest import NAMES, Beside
from tests.server.running import Answer, ask

CHALLENGE = 'realm="api", error="insufficient_user_authentication", max_age="300"'
A_WHILE_AGO = int(timedelta(minutes=6).total_seconds())


def post(service, path, token, scheme="Bearer") -> Answer:
    return ask(service.port, "POST", path, authorization=f"{scheme} {token}")


def wanted_by(answer: Answer) -> str:
    """What a refusal asks for, once its status and its words were looked at."""
    assert answer.status == 401, answer.body
    challenge: str = answer.headers["www-authenticate"]
    assert challenge.startswith(f"Bearer {CHALLENGE}")
    acr = challenge.removeprefix(f"Bearer {CHALLENGE}")
    more = {"acr_values": "2fa"} if acr else {}
    assert answer.json == {
        "detail": "Prove once more who you are, then try again.",
        "code": "reauthentication_required",
        "reason": "reauthentication_required",
        "max_age": 300,
        **more,
    }
    return acr


@pytest.mark.parametrize("name", NAMES)
def test_what_must_not_be_done_with_a_session_alone_asks_for_a_proof(fake, examples, name):
    service = examples.start(name, Beside(fake.issuer))
    now = int(time.time())
    recent, old = {"auth_time": now}, {"auth_time": now - A_WHILE_AGO}

    by_one, by_two = fake.token(acr="1fa", **recent), fake.token(acr="2fa", **recent)
    assert post(service, "/cancel", by_one).json == {"cancelled_by": "7"}
    assert post(service, "/cancel", by_two).status == 200
    assert post(service, "/bank-account", by_two).json == {"changed_by": "7"}
    assert wanted_by(post(service, "/bank-account", by_one)) == ', acr_values="2fa"'

    assert wanted_by(post(service, "/cancel", fake.token(acr="1fa", **old))) == ""
    assert wanted_by(post(service, "/bank-account", fake.token(acr="2fa", **old))) == ', acr_values="2fa"'
    # An administrator who acts as the user, a token that tells of no proof, and one that tells rubbish.
    assert wanted_by(post(service, "/cancel", fake.token(acr="2fa", act={"sub": "1"}, **recent))) == ""
    assert wanted_by(post(service, "/cancel", fake.token(**recent))) == ""
    assert wanted_by(post(service, "/cancel", fake.token(acr="2fa", without=("auth_time",)))) == ""
    assert wanted_by(post(service, "/cancel", fake.token(acr="2fa", auth_time="now"))) == ""
    assert wanted_by(post(service, "/cancel", fake.token(acr=["2fa"], **recent))) == ""

    nobody = ask(service.port, "POST", "/cancel")
    assert (nobody.status, nobody.headers["www-authenticate"]) == (401, 'Bearer realm="api"')
    assert ask(service.port, "GET", "/cancel").status in {404, 405}


def test_who_proves_it_at_keyturn_comes_back_with_a_token_that_does(keyturn_server, examples):
    services = [examples.start(name, keyturn_server) for name in NAMES]
    token = keyturn_server.login()["access"]
    for service in services:
        assert post(service, "/cancel", token).status == 200
        assert wanted_by(post(service, "/bank-account", token)) == ', acr_values="2fa"'

    def account(method, path, body=None) -> Answer:
        more = {} if body is None else {"json_body": body}
        path = f"/auth/app/v1/{path}"
        return ask(keyturn_server.server.port, method, path, authorization=f"Bearer {token}", **more)

    secret = account("GET", "account/authenticators/totp").json["meta"]["secret"]
    step = step_at(utc_now())
    added = account("POST", "account/authenticators/totp", {"code": code_at(secret, step)})
    assert added.status == 200, added.body
    assert "totp" in account("GET", "auth/reauthenticate?acr_values=2fa").json["data"]["methods"]
    # The next code: the server takes it a step ahead of time, and each once.
    proved = account("POST", "auth/2fa/reauthenticate", {"code": code_at(secret, step + 1)})
    assert proved.status == 200, proved.body

    stronger = proved.json["meta"]["access_token"]
    for service in services:
        assert post(service, "/bank-account", stronger).status == 200
        # What was shown before says what it said.
        assert wanted_by(post(service, "/bank-account", token)) == ', acr_values="2fa"'

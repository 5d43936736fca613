"""One answer of a passkey shown to several processes at one moment: it counts once over all of them."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.accounts.racing import at_once
from tests.mfa.authenticator import SoftAuthenticator
from tests.server.over_workers import ON_EITHER, database, made, working
from tests.server.running import Answer, ask
from tests.services.process import ServerProcess

pytestmark = [pytest.mark.server, pytest.mark.needs("/proc")]

PASSWORD = "of no value to anybody"
MAKE = f"from django.contrib.auth.models import User; User.objects.create_user('ada', password='{PASSWORD}')"
CROWD = 20
LIMITS = ",".join(f"{kind}_{of}=off" for kind in ("login", "code") for of in ("pair", "account", "address"))
TREE = "/auth/app/v1/"
LOGIN = "auth/webauthn/login"
SECOND = "auth/webauthn/authenticate"
MANAGE = "account/authenticators/webauthn"


@pytest.fixture(params=ON_EITHER)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server of several workers, all of them at work, with one user."""
    env = {**database(request), "KEYTURN_LIMITS": LIMITS}
    made(tmp_path, env, MAKE)
    with working(tmp_path, env) as process:
        yield process


def call(server: ServerProcess, method: str, path: str, body: Any = None, **headers: Any) -> Answer:
    """Call an endpoint of accounts as an app does."""
    return ask(server.port, method, TREE + path, json_body=body, **headers)


def password(server: ServerProcess) -> Answer:
    """Show ada's."""
    return call(server, "POST", "auth/login", {"username": "ada", "password": PASSWORD})


def test_twenty_uses_of_one_answer_at_once_are_one_over_all_workers(server):
    key = SoftAuthenticator(origin=f"http://localhost:{server.port}", counts=False, synced=True)
    bearer = {"authorization": f"Bearer {password(server).json['meta']['access_token']}"}
    asked = call(server, "GET", f"{MANAGE}?passwordless", **bearer).json["data"]["creation_options"]
    made = call(server, "POST", MANAGE, {"name": "Key", "credential": key.create(asked)}, **bearer)
    assert made.status == 200, made.body

    asked = call(server, "GET", LOGIN).json["data"]["request_options"]
    body = {"credential": key.get(asked)}
    answers = at_once([partial(call, server, "POST", LOGIN, body) for _ in range(CROWD)])
    assert sorted(one.status for one in answers) == [200] + [400] * (CROWD - 1)
    assert {one.json["reason"] for one in answers if one.status == 400} == {"passkey_invalid"}

    flows = [password(server).json["meta"]["session_token"] for _ in range(CROWD)]
    asked = call(server, "GET", SECOND, **{"x-session-token": flows[0]}).json["data"]["request_options"]
    body = {"credential": key.get(asked)}
    answers = at_once([partial(call, server, "POST", SECOND, body, **{"x-session-token": flow}) for flow in flows])
    assert sorted(one.status for one in answers) == [200] + [400] * (CROWD - 1)

    tokens = [
        ask(server.port, "POST", "/token/", json_body={"username": "ada", "password": PASSWORD}).json["mfa_token"]
        for _ in range(CROWD)
    ]
    asked = ask(server.port, "POST", "/token/mfa/options/", json_body={"mfa_token": tokens[0]}).json["request_options"]
    credential = key.get(asked)
    answers = at_once(
        [
            partial(ask, server.port, "POST", "/token/mfa/", json_body={"mfa_token": token, "credential": credential})
            for token in tokens
        ]
    )
    assert sorted(one.status for one in answers) == [200] + [400] * (CROWD - 1)
    # Who has which passkey is nobody's business who reads the log.
    assert key.keys[0].id.hex() not in server.output()

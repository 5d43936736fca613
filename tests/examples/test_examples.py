"""Each example, started as its README says, beside a real Keyturn: who comes in, who does not, and when."""

import os
import re
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.bad_input.forgery import claims_of
from tests.docs.pages import ROOT
from tests.examples.conftest import AUDIENCE, NAMES
from tests.server.running import Answer, ask

BOUND = 20.0
"""Seconds that a busy machine may take; how fast it really is, the benchmark measures."""


def me(service, token: str | None = None) -> Answer:
    headers: dict[str, Any] = {} if token is None else {"authorization": f"Bearer {token}"}
    return ask(service.port, "GET", "/me", **headers)


def reason_of(answer: Answer) -> str:
    assert answer.status == 401, answer.body
    reason: str = answer.json["reason"]
    assert f'error_description="{reason}"' in answer.headers["www-authenticate"]
    assert answer.json["code"] == "token_not_valid"
    assert answer.json["detail"]
    return reason


def wait_for(status: int, service, token: str) -> Answer:
    end = time.monotonic() + BOUND
    while (answer := me(service, token)).status != status:
        assert time.monotonic() < end, answer
        time.sleep(0.05)
    return answer


@pytest.mark.parametrize("name", NAMES)
def test_the_life_of_a_token(keyturn_server, examples, name):
    service = examples.start(name, keyturn_server)
    tokens, others = keyturn_server.login(), keyturn_server.login()
    claims = claims_of(tokens["access"])

    missing = me(service)
    assert (missing.status, missing.headers["www-authenticate"]) == (401, 'Bearer realm="api"')
    assert "reason" not in missing.json
    assert ask(service.port, "GET", "/me", authorization="Basic YTpi").status == 401

    answer = me(service, tokens["access"])
    assert answer.status == 200, answer.body
    assert (answer.json["user"], answer.json["session"]) == (claims["sub"], claims["sid"])
    assert me(service, others["access"]).status == 200

    head, payload, signature = tokens["access"].split(".")
    assert reason_of(me(service, "no-token")) == "malformed"
    assert reason_of(me(service, tokens["refresh"])) == "wrong_type"
    assert reason_of(me(service, f"{head}.{payload}.{'A' * len(signature)}")) == "bad_signature"

    keyturn_server.logout(tokens)
    assert reason_of(wait_for(401, service, tokens["access"])) == "session_revoked"
    assert me(service, others["access"]).status == 200

    health = ask(service.port, "GET", "/health")
    assert (health.status, health.json["ready"], health.json["revoked"]) == (200, True, 1)
    assert health.json["lag"] < BOUND

    keyturn_server.server.stop()
    gone = wait_for(503, service, others["access"])
    assert int(gone.headers["retry-after"]) >= 1
    assert gone.json == {"detail": "Temporarily unavailable, try again.", "code": "unavailable"}
    assert reason_of(me(service, tokens["access"])) == "session_revoked"
    assert ask(service.port, "GET", "/health").status == 503
    assert ask(service.port, "GET", "/").status == 200
    assert keyturn_server.client_secret not in service.output()
    assert others["access"] not in service.output()


@pytest.mark.parametrize("name", NAMES)
def test_tokens_for_somebody_else_are_refused(shared_keyturn, examples, name):
    service = examples.start(name, shared_keyturn, AUTH_AUDIENCE="invoices")
    assert reason_of(me(service, shared_keyturn.login()["access"])) == "wrong_audience"


@pytest.mark.parametrize("name", NAMES)
def test_without_valid_credentials_nobody_is_let_in_on_trust(shared_keyturn, examples, name):
    service = examples.start(name, shared_keyturn, AUTH_CLIENT_SECRET="wrong")
    assert wait_for(503, service, shared_keyturn.login()["access"]).json["code"] == "unavailable"


@pytest.mark.parametrize("name", NAMES)
def test_its_readme_says_how_to_start_it_and_what_it_needs(name):
    readme = (ROOT / "examples" / name / "README.md").read_text()
    script = (ROOT / "examples" / name / "run").read_text()
    assert "./run" in readme
    for variable in ("AUTH_ISSUER", "AUTH_AUDIENCE", "AUTH_CLIENT_ID", "AUTH_CLIENT_SECRET"):
        assert variable in readme
        assert variable in script
    assert f"KEYTURN_TOKEN_AUDIENCE={AUDIENCE}" in readme


@pytest.mark.parametrize("name", NAMES)
def test_a_service_that_was_paused_does_not_trust_what_it_knew(shared_keyturn, examples, name):
    service = examples.start(name, shared_keyturn)
    tokens = shared_keyturn.login()
    assert me(service, tokens["access"]).status == 200

    os.killpg(service.pid, signal.SIGSTOP)
    try:
        shared_keyturn.logout(tokens)
        # Longer than the bound, which is all that is promised.
        time.sleep(1.5)
        with ThreadPoolExecutor(8) as callers:
            waiting = [callers.submit(me, service, tokens["access"]) for _ in range(8)]
            os.killpg(service.pid, signal.SIGCONT)
            assert {answer.result().status for answer in waiting} <= {401, 503}
    finally:
        os.killpg(service.pid, signal.SIGCONT)
    assert reason_of(wait_for(401, service, tokens["access"])) == "session_revoked"


@pytest.mark.needs("curl")
@pytest.mark.parametrize("name", NAMES)
def test_the_lines_of_its_readme_do_what_they_say(shared_keyturn, examples, name):
    service = examples.start(name, shared_keyturn)
    [lines] = re.findall(
        r"^```sh\n(TOKENS=.*?)^```$", (ROOT / "examples" / name / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    lines = lines.replace("http://localhost:8000", shared_keyturn.issuer).replace("PASSWORD", shared_keyturn.password)
    lines, replaced = re.subn(r"http://127\.0\.0\.1:800\d", service.url, lines)
    assert replaced == 6
    # A busy machine may need more than the second that the reader waits.
    heard = f'until curl -s {service.url}/me -H "Authorization: Bearer $(field access)" | grep -q session_revoked'
    lines, waits = re.subn(r"^sleep 1$", f"{heard}; do sleep 0.1; done", lines, flags=re.MULTILINE)
    assert waits == 1

    environment = {**os.environ, "NO_PROXY": "*", "no_proxy": "*"}
    played = subprocess.run(
        ["sh", "-euc", lines], env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert played.returncode == 0, played.stderr
    assert re.findall(r"^HTTP/1.1 (\d+)", played.stdout, re.MULTILINE) == ["401", "200", "200", "401", "205", "401"]
    assert 'error="insufficient_user_authentication", max_age="300", acr_values="2fa"' in played.stdout
    assert re.search(r'"ready": ?true', played.stdout)
    assert re.search(r'"reason": ?"session_revoked"', played.stdout)

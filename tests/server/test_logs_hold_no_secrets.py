"""A run through everything that handles a secret, with the most talkative log there is: none of them is in it."""

import json
import re

import pytest

from tests.server.conftest import running
from tests.server.running import ask

PASSWORDS = ("Xq7-Ribbon-Vulcan-41", "Nm3-Copper-Lantern-88", "Wrong-Wrong-Wrong-17")
METRICS_TOKEN = "metricstokenmetricstokenmetricstoken0123"


@pytest.fixture(params=["text", "json"])
def server(request, tmp_path):
    environment = {
        "KEYTURN_DEBUG": "1",
        "KEYTURN_LOG_LEVEL": "debug",
        "KEYTURN_LOG_FORMAT": request.param,
        "KEYTURN_ACCESS_LOG": "1",
        "KEYTURN_METRICS_TOKEN": METRICS_TOKEN,
    }
    yield from ((process, request.param) for process in running(tmp_path, environment))


def cookies_of(answer):
    return re.findall(r"([\w-]+)=([^;]{16,});", answer.headers.get("set-cookie", ""))


@pytest.mark.server
def test_no_password_code_token_cookie_or_link_is_ever_logged(server):
    process, form = server
    port = process.port
    secrets = {*PASSWORDS, METRICS_TOKEN}
    old, new, wrong = PASSWORDS
    auth = "/auth/app/v1/auth"

    # A sign-up, its code, its link.
    signed_up = ask(
        port, "POST", f"{auth}/signup", json_body={"email": "jo@example.com", "username": "jo", "password": old}
    )
    flow = signed_up.json["meta"]["session_token"]
    mail = ask(port, "GET", "/dev/inbox/latest/?to=jo@example.com").body.decode()
    code = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", mail)
    link = re.search(r"https?://\S+key=(\S+)", mail)
    assert code is not None
    assert link is not None
    secrets |= {flow, code[0], link[1]}
    ask(port, "GET", f"/auth/verify-email/?key={link[1]}")
    confirmed = ask(port, "POST", f"{auth}/email/verify", json_body={"key": code[0]}, x_session_token=flow)
    assert confirmed.status == 200, confirmed
    secrets |= {confirmed.json["meta"]["access_token"], confirmed.json["meta"]["refresh_token"]}

    # The doors, rightly and wrongly.
    pair = ask(port, "POST", "/token/", json_body={"username": "jo", "password": old}).json
    ask(port, "POST", "/token/", json_body={"username": "jo", "password": wrong})
    ask(port, "POST", "/token/", body=f'{{"username": "jo", "password": "{wrong}"'.encode(), content_type="text/json")
    again = ask(port, "POST", "/token/refresh/", json_body={"refresh": pair["refresh"]}).json
    secrets |= {*pair.values(), *again.values()}
    web = ask(
        port,
        "POST",
        "/token/",
        json_body={"username": "jo", "password": old},
        x_keyturn_client="web",
        origin="http://localhost:5173",
    )
    cookies = cookies_of(web)
    assert web.status == 200
    assert cookies
    secrets |= {value for _, value in cookies} | {web.json["access"]}
    jar = "; ".join(f"{name}={value}" for name, value in cookies)
    ask(
        port,
        "POST",
        "/token/refresh/",
        json_body={},
        x_keyturn_client="web",
        cookie=jar,
        origin="http://localhost:5173",
    )

    # In the wrong places: path, query, headers, field names.
    for secret in (pair["refresh"], again["access"]):
        ask(port, "GET", f"/token/verify/{secret}")
        ask(port, "GET", f"/sessions/{secret}/", authorization=f"Bearer {again['access']}")
        ask(port, "GET", f"/home/?token={secret}", authorization=f"Token {secret}", x_request_id=secret)
        ask(port, "POST", "/token/verify/", json_body={secret: secret}, host=f"{secret[:60]}.example.com")
        ask(port, "POST", "/token/refresh/", json_body={"refresh": [secret]}, dpop=secret)
    ask(port, "GET", "/metrics", authorization=f"Bearer {METRICS_TOKEN}")
    ask(port, "GET", "/metrics", authorization=f"Bearer {METRICS_TOKEN}x")

    # A new password, by a mail.
    asked = ask(port, "POST", f"{auth}/password/request", json_body={"email": "jo@example.com"})
    flow = asked.json["meta"]["session_token"]
    mail = ask(port, "GET", "/dev/inbox/latest/?to=jo@example.com").body.decode()
    code = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", mail)
    assert code is not None
    secrets |= {flow, code[0]}
    ask(port, "POST", f"{auth}/password/reset", json_body={"key": code[0], "password": new}, x_session_token=flow)
    last = ask(port, "POST", "/token/", json_body={"username": "jo", "password": new}).json
    secrets |= set(last.values())
    ask(
        port, "POST", "/logout/", json_body={"refresh_token": last["refresh"]}, authorization=f"Bearer {last['access']}"
    )

    process.stop()
    log = process.output()
    assert log.count("/token/refresh/") >= 4, "the access log is missing, so nothing is shown by this"
    for secret in secrets:
        # Half of one is too much.
        assert secret not in log
        assert secret[: max(len(secret) // 2, 8)] not in log, f"a part of {secret[:6]}…"
    if form == "json":
        for line in log.splitlines():
            assert {"time", "level", "logger", "message"} <= set(json.loads(line)), line

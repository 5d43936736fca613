"""A running server and pages in browsers: who may send cookies and read answers, over real HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.server.conftest import running
from tests.server.running import PRODUCTION, ask, raw
from tests.services.process import ServerProcess

APP = "https://app.example.com"
PLAIN = "https://plain.example.com"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A production server with one origin of web clients, and one of others."""
    env = {**PRODUCTION, "KEYTURN_WEB_ORIGINS": APP, "KEYTURN_CORS_ORIGINS": PLAIN}
    yield from running(tmp_path_factory.mktemp("web"), env)


def preflight(server: ServerProcess, origin: str, path: str = "/token/refresh/") -> Any:
    return ask(
        server.port,
        "OPTIONS",
        path,
        origin=origin,
        access_control_request_method="POST",
        access_control_request_headers="content-type,dpop,x-keyturn-client",
    )


def test_a_page_of_web_origins_may_send_cookies_and_read_answers(server):
    answer = preflight(server, APP)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == APP
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert {"dpop", "idempotency-key", "x-keyturn-client", "authorization", "content-type"} <= set(
        answer.headers["access-control-allow-headers"].split(", ")
    )
    read = ask(server.port, "GET", "/home/", origin=APP)
    assert read.headers["access-control-allow-credentials"] == "true"
    assert read.headers["access-control-expose-headers"] == "DPoP-Nonce, Retry-After, WWW-Authenticate, X-Request-ID"
    assert "origin" in read.headers["vary"].lower()


def test_a_page_that_may_merely_call_may_not_send_cookies(server):
    for answer in (preflight(server, PLAIN), ask(server.port, "GET", "/home/", origin=PLAIN)):
        assert answer.headers["access-control-allow-origin"] == PLAIN
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://app.example.com.evil.example",
        "https://evilapp.example.com",
        "https://app.example.com:444",
        "https://app.example.com/",
        "https://app.example.com?",
        "http://app.example.com",
        "HTTPS://APP.EXAMPLE.COM",
        "https://user@app.example.com",
        "https://evil.example",
        "*",
    ],
)
def test_null_and_look_alikes_get_nothing(server, origin):
    for answer in (preflight(server, origin), ask(server.port, "GET", "/home/", origin=origin)):
        assert "access-control-allow-origin" not in answer.headers
        assert "access-control-allow-credentials" not in answer.headers
        assert "origin" in answer.headers["vary"].lower()


def test_a_refusal_can_be_read_by_the_page_that_it_is_for(server):
    answer = ask(server.port, "POST", "/token/refresh/", json_body={}, origin=APP)
    assert answer.status == 401
    assert json.loads(answer.body)["reason"] == "refresh_missing"
    assert answer.headers["access-control-allow-origin"] == APP


def test_a_page_of_another_origin_is_no_web_client(server):
    answer = ask(
        server.port,
        "POST",
        "/token/refresh/",
        json_body={},
        origin="https://evil.example",
        x_keyturn_client="web",
    )
    assert answer.status == 403
    assert json.loads(answer.body)["code"] == "origin_refused"
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/token/", "/token/refresh/", "/logout/", "/auth/app/v1/auth/login"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_script_that_may_not_read_the_answer_may_not_use_up_attempts_either(server, path, site, origin):
    answer = ask(
        server.port,
        "POST",
        path,
        body=b"username=ada&password=wrong",
        content_type="application/x-www-form-urlencoded",
        origin=origin,
        sec_fetch_site=site,
        sec_fetch_mode="cors",
    )
    assert answer.status == 403
    assert json.loads(answer.body)["code"] == "origin_refused"
    assert "access-control-allow-origin" not in answer.headers
    assert "origin" in answer.headers["vary"].lower()


def test_scripts_that_may_read_the_answer_and_programs_are_answered_as_before(server):
    form: Any = {"body": b"username=ada&password=wrong", "content_type": "application/x-www-form-urlencoded"}
    allowed = ask(
        server.port, "POST", "/token/", **form, origin=PLAIN, sec_fetch_site="cross-site", sec_fetch_mode="cors"
    )
    program = ask(server.port, "POST", "/token/", **form, origin="https://evil.example")
    for answer in (allowed, program):
        assert json.loads(answer.body)["code"] == "no_active_account"


def test_in_development_the_usual_front_ends_may_ask_for_the_cookie_and_all_others_may_call(development):
    answer = preflight(development, "http://localhost:5173")
    assert answer.headers["access-control-allow-origin"] == "http://localhost:5173"
    assert answer.headers["access-control-allow-credentials"] == "true"
    for origin in ("https://anywhere.example", "http://localhost:5174", "http://127.0.0.1:5173", "null"):
        answer = preflight(development, origin)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers


def test_the_tutorials_page_on_port_3000_gets_both_tokens_in_the_body_as_ever(development):
    answer = ask(
        development.port,
        "POST",
        "/token/refresh/",
        json_body={"refresh": "x"},
        origin="http://localhost:3000",
    )
    assert json.loads(answer.body)["reason"] == "malformed"


HEADERS = {
    "two origins": ["Origin: https://app.example.com", "Origin: https://evil.example"],
    "two origins, ours last": ["Origin: https://evil.example", "Origin: https://app.example.com"],
    "an origin of bytes": ["Origin: \xff\xfe"],
    "an origin of 8,000 letters": ["Origin: https://" + "x" * 8_000],
    "an origin that no URL is": ["Origin: http://[::1"],
    "no origin": [],
    "another host as ours": ["Origin: https://evil.example", "X-Forwarded-Host: evil.example"],
    "another word for the header": ["Origin: https://evil.example", "X_Keyturn_Client: web"],
    "cookies of bytes": ["Origin: null", "Cookie: __Host-keyturn_refresh_00000000=\xff; \xfe=\xff"],
    "cookies without end": ["Origin: null", "Cookie: " + "; ".join(f"a{n}=b" for n in range(900))],
}
KINDS = {"web": ["X-Keyturn-Client: web"], "twice": ["X-Keyturn-Client: web", "X-Keyturn-Client: web"]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", HEADERS)
@pytest.mark.parametrize("path", ["/token/", "/token/refresh/", "/token/blacklist/", "/auth/app/v1/auth/login"])
def test_headers_that_no_browser_sends_are_no_proof(server, path, what, kind):
    lines = [f"POST {path} HTTP/1.1", "Host: auth.example.com", "Content-Type: application/json", "Content-Length: 2"]
    request = "\r\n".join([*lines, *KINDS[kind], *HEADERS[what], "Connection: close", "", "{}"])
    answer = raw(server.port, request.encode("latin-1")).decode("latin-1")
    status = int(answer.split(" ", 2)[1])
    assert status in {400, 403}, answer[:300]
    assert "set-cookie" not in answer.lower()
    if status == 403 or "{" in answer:
        assert json.loads(answer.partition("\r\n\r\n")[2])["code"] in {
            *("origin_refused", "unknown_client", "bad_request", "invalid"),
        }


@pytest.mark.parametrize(
    "unreadable",
    [
        b"Cookie: __Host-keyturn_refresh_00000000=x; name=M\xc3\xbcller",
        b"Cookie: __Host-keyturn_refresh_00000000=x; name=M\xfcller",
        b"DPoP: \xff.\xfe.\xfd",
        b"DPoP: ",
    ],
)
def test_a_header_that_cannot_be_read_is_no_verdict_on_a_session(server, unreadable):
    answer = raw(
        server.port,
        b"POST /token/refresh/ HTTP/1.1\r\nHost: auth.example.com\r\nOrigin: https://auth.example.com\r\n"
        b"X-Keyturn-Client: web\r\nContent-Length: 0\r\nConnection: close\r\n" + unreadable + b"\r\n\r\n",
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"set-cookie" not in head.lower()
    assert json.loads(body)["code"] == "bad_request"

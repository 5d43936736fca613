"""Malformed requests to a real server, in development and in production, as bytes on a socket."""

import json

import pytest

from tests.bad_input.catalogue.wire import (
    ACCEPTS,
    BEARERS,
    BODIES,
    CHARSETS,
    CHUNKS,
    GOOD,
    JSON,
    LENGTHS,
    NO_HTTP,
    POSTS,
    SESSIONS,
)
from tests.bad_input.live import status_of

pytestmark = pytest.mark.server


@pytest.mark.parametrize("request_bytes", NO_HTTP.values(), ids=NO_HTTP)
def test_what_is_no_http_is_refused_or_hung_up_on(live, request_bytes):
    with live.unharmed():
        assert status_of(live.raw(request_bytes)) < 500


@pytest.mark.parametrize("lines", LENGTHS.values(), ids=LENGTHS)
def test_a_length_that_is_not_the_bodys_is_refused_or_hung_up_on(live, lines):
    with live.unharmed():
        status = status_of(live.http("POST", "/token/verify/", JSON, *lines, body=GOOD, length=False, finish=True))
        assert status == 0 or 400 <= status < 500


@pytest.mark.parametrize("body", CHUNKS.values(), ids=CHUNKS)
def test_broken_chunks_are_refused_or_hung_up_on(live, body):
    with live.unharmed():
        lines = (JSON, "Transfer-Encoding: chunked")
        status = status_of(live.http("POST", "/token/verify/", *lines, body=body, length=False, finish=True))
        assert status == 0 or 400 <= status < 500


@pytest.mark.parametrize(
    "lines",
    [
        ("Authorization: Bearer {token}", "Authorization: Bearer {token}"),
        ("Authorization: Bearer {token}", "Authorization: Bearer x"),
        ("Authorization: Bearer x", "Authorization: Bearer {token}"),
        ("Authorization: Bearer {token}", "Authorization: Basic x"),
        ("Authorization: Basic x", "Authorization: Bearer {token}"),
    ],
)
def test_two_authorization_headers_are_refused(live, lines):
    with live.unharmed():
        sent = [line.format(token=live.access) for line in lines]
        answer = live.http("DELETE", "/sessions/", *sent)
        assert status_of(answer) == 401
        live.refusal(answer)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_malformed_body_is_refused_with_json(live, body):
    with live.unharmed():
        for path in (*POSTS, "/token/sliding/refresh/"):
            answer = live.http("POST", path, JSON, f"Authorization: Bearer {live.access}", body=body)
            assert status_of(answer) in {400, 401}
            live.refusal(answer)


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
@pytest.mark.parametrize("path", POSTS)
def test_ten_megabytes_are_refused(live, path, chunked):
    body = json.dumps({"username": "ada", "password": "x" * 10_000_000}).encode()
    lines = [JSON, f"Authorization: Bearer {live.access}"]
    if chunked:
        lines.append("Transfer-Encoding: chunked")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    with live.unharmed():
        answer = live.http("POST", path, *lines, body=body, length=not chunked)
        # A client that is still sending may find the connection reset before it reads the answer.
        if answer:
            assert live.refusal(answer)["code"] == "payload_too_large"


def test_a_chunked_body_of_the_right_size_is_read(live):
    body = json.dumps({"token": live.refresh}).encode()
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    answer = live.http("POST", "/token/verify/", JSON, "Transfer-Encoding: chunked", body=chunks, length=False)
    assert status_of(answer) == 200


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("query", ["", "?a=%ff"])
def test_no_charset_upsets_the_server(live, charset, query):
    with live.unharmed():
        for media_type in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            answer = live.http(
                "POST", f"/token/verify/{query}", f"Content-Type: {media_type}; charset={charset}", body=GOOD
            )
            assert status_of(answer) in {400, 401, 415}
            live.refusal(answer)


@pytest.mark.parametrize("accept", ACCEPTS)
def test_no_accept_header_upsets_the_server(live, accept):
    with live.unharmed():
        for method, path in (("GET", "/sessions/"), ("GET", "/nowhere/"), ("PUT", "/token/"), ("GET", "/")):
            answer = live.http(method, path, f"Accept: {accept}")
            if path != "/":
                live.refusal(answer)
            assert status_of(answer) < 500


@pytest.mark.parametrize(
    "path",
    SESSIONS,
)
def test_a_session_id_that_is_none_is_not_found(live, path):
    with live.unharmed():
        answer = live.http("DELETE", path, f"Authorization: Bearer {live.access}")
        assert status_of(answer) in {400, 404}
        live.refusal(answer)


@pytest.mark.parametrize("token", BEARERS)
def test_a_forged_token_in_the_header_is_refused(live, token):
    with live.unharmed():
        for method, path in (
            ("GET", "/sessions/"),
            ("DELETE", "/sessions/"),
            ("POST", "/logout/all/"),
            ("GET", "/home/"),
            ("POST", "/logout/"),
        ):
            answer = live.http(method, path, f"Authorization: Bearer {token}")
            assert status_of(answer) == 401
            live.refusal(answer)

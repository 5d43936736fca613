"""Malformed requests to a real server, in development and in production, as bytes on a socket."""

import json

import pytest

from tests.bad_input.live import status_of

pytestmark = pytest.mark.server

_JSON = "Content-Type: application/json"
_GOOD = b'{"token": "a.b.c"}'

# What the HTTP server in front of Django must refuse, or answer as it likes but not with a 5xx.
_NO_HTTP = {
    "no HTTP": b"hello\r\n\r\n",
    "nothing": b"",
    "a line break": b"\r\n\r\n",
    "NULs": b"\x00" * 1_000,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500,
    "HTTP/0.9": b"GET /sessions/\r\n\r\n",
    "HTTP/9.9": b"GET /sessions/ HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no host": b"GET /sessions/ HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /sessions/ HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    "a bare line feed": b"GET /sessions/ HTTP/1.1\nHost: localhost\n\n",
    "a folded header": b"GET /sessions/ HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c\r\nConnection: close\r\n\r\n",
    "a space before the colon": b"GET /sessions/ HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "a header without a colon": b"GET /sessions/ HTTP/1.1\r\nHost: localhost\r\nnothing\r\n\r\n",
    "a NUL in a header": b"GET /sessions/ HTTP/1.1\r\nHost: localhost\r\nX-A: \x00\r\n\r\n",
    "a NUL in the path": b"GET /sessions/\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "bytes in the path": b"GET /sessions/\xff\xfe/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "bytes in a header": b"GET /sessions/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \xff\r\n\r\n",
    "a method in bytes": b"G\xcbT /sessions/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a method of 10,000 letters": b"G" * 10_000 + b" / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a path of 100,000 letters": b"GET /"
    + b"a" * 100_000
    + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "a header of 1 MB": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "10,000 headers": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\n",
    "CONNECT": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an absolute address": b"GET http://evil.example/sessions/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
}

_LENGTHS = {
    "a negative length": ["Content-Length: -1"],
    "a signed length": ["Content-Length: +18"],
    "a hexadecimal length": ["Content-Length: 0x12"],
    "a length that is a word": ["Content-Length: many"],
    "an empty length": ["Content-Length:"],
    "a length of 5,000 digits": ["Content-Length: " + "9" * 5_000],
    "a length of 2**64": [f"Content-Length: {2**64}"],
    "two lengths": ["Content-Length: 18", "Content-Length: 17"],
    "two lengths in one": ["Content-Length: 18, 17"],
    "a length and chunks": ["Content-Length: 18", "Transfer-Encoding: chunked"],
    "an unknown transfer coding": ["Transfer-Encoding: gzip"],
    "chunked twice": ["Transfer-Encoding: chunked, chunked"],
    "chunked and not": ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
    "a length too long": ["Content-Length: 100"],
    "a length too short": ["Content-Length: 5"],
}

_CHUNKS = {
    "no size": b"\r\n\r\n",
    "a size that is a word": b"many\r\n",
    "a negative size": b"-1\r\nx\r\n0\r\n\r\n",
    "a size of 100 digits": b"f" * 100 + b"\r\nx\r\n0\r\n\r\n",
    "a size too long": b"ff\r\nx\r\n0\r\n\r\n",
    "no end": b"1\r\n{\r\n",
    "an extension of 100,000 letters": b"1;" + b"a" * 100_000 + b"\r\n{\r\n0\r\n\r\n",
    "trailers": b"1\r\n{\r\n0\r\nContent-Length: 0\r\nAuthorization: Bearer x\r\n\r\n",
}


@pytest.mark.parametrize("request_bytes", _NO_HTTP.values(), ids=_NO_HTTP)
def test_what_is_no_http_is_refused_or_hung_up_on(live, request_bytes):
    with live.unharmed():
        assert status_of(live.raw(request_bytes)) < 500


@pytest.mark.parametrize("lines", _LENGTHS.values(), ids=_LENGTHS)
def test_a_length_that_is_not_the_bodys_is_refused_or_hung_up_on(live, lines):
    with live.unharmed():
        status = status_of(live.http("POST", "/token/verify/", _JSON, *lines, body=_GOOD, length=False, finish=True))
        assert status == 0 or 400 <= status < 500


@pytest.mark.parametrize("body", _CHUNKS.values(), ids=_CHUNKS)
def test_broken_chunks_are_refused_or_hung_up_on(live, body):
    with live.unharmed():
        lines = (_JSON, "Transfer-Encoding: chunked")
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


_BODIES = {
    "bad JSON": b"{",
    "an array": b"[]",
    "null": b"null",
    "numbers": b'{"username": 1, "password": 2, "refresh": 3, "token": 4, "refresh_token": 5}',
    "objects": b'{"username": {}, "password": {}, "refresh": {}, "token": {}, "refresh_token": {}}',
    "NULs": b'{"username": "\\u0000", "password": "\\u0000", "refresh": "\\u0000", "token": "\\u0000"}',
    "surrogates": b'{"username": "\\ud800", "password": "\\ud800", "refresh": "\\ud800", "token": "\\ud800"}',
    "invalid UTF-8": b'{"refresh": "\xff"}',
    "a deep array": b"[" * 30_000 + b"]" * 30_000,
    "a long number": b'{"refresh": ' + b"9" * 5_000 + b"}",
    "a name twice": b'{"token": "a", "token": "b"}',
    "a forged token": b'{"refresh": "e30.e30.e30", "token": "e30.e30.e30", "refresh_token": "e30.e30.e30"}',
}
_POSTS = ["/token/", "/token/refresh/", "/token/verify/", "/token/blacklist/", "/token/sliding/", "/logout/"]


@pytest.mark.parametrize("body", _BODIES.values(), ids=_BODIES)
def test_a_malformed_body_is_refused_with_json(live, body):
    with live.unharmed():
        for path in (*_POSTS, "/token/sliding/refresh/"):
            answer = live.http("POST", path, _JSON, f"Authorization: Bearer {live.access}", body=body)
            assert status_of(answer) in {400, 401}
            live.refusal(answer)


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
@pytest.mark.parametrize("path", _POSTS)
def test_ten_megabytes_are_refused(live, path, chunked):
    body = json.dumps({"username": "ada", "password": "x" * 10_000_000}).encode()
    lines = [_JSON, f"Authorization: Bearer {live.access}"]
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
    answer = live.http("POST", "/token/verify/", _JSON, "Transfer-Encoding: chunked", body=chunks, length=False)
    assert status_of(answer) == 200


@pytest.mark.parametrize("charset", ["base64", "utf-7", "rot13", "undefined", "idna", "utf-16", "zlib", "%00", "\xff"])
@pytest.mark.parametrize("query", ["", "?a=%ff"])
def test_no_charset_upsets_the_server(live, charset, query):
    with live.unharmed():
        for media_type in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            answer = live.http(
                "POST", f"/token/verify/{query}", f"Content-Type: {media_type}; charset={charset}", body=_GOOD
            )
            assert status_of(answer) in {400, 401, 415}
            live.refusal(answer)


@pytest.mark.parametrize("accept", ["garbage", "application/xml", "a/b;c*=bogus''%41", ",;,", "\xff", "x" * 10_000])
def test_no_accept_header_upsets_the_server(live, accept):
    with live.unharmed():
        for method, path in (("GET", "/sessions/"), ("GET", "/nowhere/"), ("PUT", "/token/"), ("GET", "/")):
            answer = live.http(method, path, f"Accept: {accept}")
            if path != "/":
                live.refusal(answer)
            assert status_of(answer) < 500


@pytest.mark.parametrize(
    "path",
    [
        "/sessions/%00/",
        "/sessions/%ff/",
        "/sessions/..%2f..%2f/",
        "/sessions/" + "a" * 5_000 + "/",
        "/sessions/00000000-0000-0000-0000-000000000000/",
        "/sessions/%D9%A1%D9%A2/",
        "/sessions/%7B00000000-0000-0000-0000-000000000000%7D/",
        "/sessions/;DROP TABLE/".replace(" ", "%20"),
        "/sessions//",
    ],
)
def test_a_session_id_that_is_none_is_not_found(live, path):
    with live.unharmed():
        answer = live.http("DELETE", path, f"Authorization: Bearer {live.access}")
        assert status_of(answer) in {400, 404}
        live.refusal(answer)


@pytest.mark.parametrize("token", ["", "x", "é.é.é", "." * 10_000, "a" * 16_385, "\x80\xff", "null", "{}"])
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

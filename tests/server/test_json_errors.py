"""Errors as JSON in development and in production, and as pages only for who prefers pages."""

import pytest

from tests.server.running import ask, raw, word

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.server
@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nowhere/", (404, "not_found")),
        ("GET", "/static/nowhere.css", (404, "not_found")),
        ("GET", "/static/" + "a" * 5000, (404, "not_found")),
        ("GET", "/static/../../etc/passwd", (404, "not_found")),
        ("GET", "//evil.example/home", (404, "not_found")),
        ("GET", "/%ff%fe/", (404, "not_found")),
        ("PUT", "/token/", (405, "method_not_allowed")),
        ("FETCH", "/token/", (405, "method_not_allowed")),
        # Who the caller is comes before what it wants.
        ("POST", "/home/", (401, "not_authenticated")),
        ("POST", "/", (405, "method_not_allowed")),
        ("POST", "/schema/", (405, "method_not_allowed")),
        ("DELETE", "/health/live/", (405, "method_not_allowed")),
        ("POST", "/admin/login/", (403, "csrf_failed")),
        ("GET", "/home/", (401, "not_authenticated")),
        ("GET", "/home/?format=xml", (404, "not_found")),
        ("GET", "/home/?x=%00", (400, "nul_byte")),
        ("GET", "/a%00b", (400, "nul_byte")),
        ("GET", "/static/%00", (400, "nul_byte")),
    ],
)
@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "text/html;q=0.5,application/json"])
def test_an_error_is_json_with_a_detail_and_a_code(either, method, path, expected, accept):
    answer = ask(either.port, method, path, **({} if accept is None else {"accept": accept}))
    assert (answer.status, word(answer)) == expected


@pytest.mark.server
@pytest.mark.parametrize("accept", ["text/html", BROWSER, "text/html, */*"])
@pytest.mark.parametrize("path", ["/nowhere/", "/static/nowhere.css"])
def test_who_prefers_pages_gets_a_page(either, path, accept):
    answer = ask(either.port, "GET", path, accept=accept)
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert b"<html" in answer.body


@pytest.mark.server
@pytest.mark.parametrize("accept", ["text/html, application/json", "text/html;q=0", "text/html;q=0.1, */*", "nonsense"])
def test_who_likes_both_alike_gets_json(either, accept):
    assert word(ask(either.port, "GET", "/nowhere/", accept=accept)) == "not_found"


@pytest.mark.server
def test_a_failed_csrf_check_is_a_page_for_a_browser(either):
    answer = ask(either.port, "POST", "/admin/login/", body=b"username=x", accept=BROWSER)
    assert answer.status == 403
    assert b"<html" in answer.body


@pytest.mark.server
def test_a_path_without_its_slash_is_redirected_where_that_loses_nothing(either):
    answer = ask(either.port, "GET", "/home")
    assert (answer.status, answer.headers["location"]) == (301, "/home/")


@pytest.mark.server
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_path_without_its_slash_is_otherwise_told_the_right_one(either, method):
    answer = ask(either.port, method, "/token", json_body={"username": "x", "password": "y"})
    assert answer.status == 404
    assert word(answer) == "not_found"
    assert "/token/" in answer.json["detail"]


@pytest.mark.server
@pytest.mark.parametrize("host", ["evil.example", "[::1", "localhost:x", "localhost.evil.example", "_", "a" * 300])
def test_a_foreign_host_is_refused_with_json(either, host):
    answer = ask(either.port, "GET", "/home/", host=host)
    assert answer.status == 400
    assert word(answer) == "bad_host"


@pytest.mark.server
@pytest.mark.parametrize("host", ["a b", "localhost@evil.example", "\xff", "localhost\r\nHost: evil.example"])
def test_a_host_that_is_none_gets_no_further(either, host):
    reply = raw(either.port, f"GET /home/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("latin-1"))
    assert reply.startswith(b"HTTP/1.1 400 ")


@pytest.mark.server
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:9", "a.localhost"])
def test_the_loopback_names_are_always_ours(either, host):
    reply = raw(either.port, f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert reply.startswith(b"HTTP/1.1 200 ")


@pytest.mark.server
@pytest.mark.parametrize("path", ["/health/live/", "/health/ready/"])
def test_probes_may_ask_under_any_host_and_are_never_redirected(either, path):
    reply = raw(either.port, f"GET {path} HTTP/1.1\r\nHost: 10.1.2.3:8000\r\nConnection: close\r\n\r\n".encode())
    assert reply.startswith(b"HTTP/1.1 200 ")
    assert b'"status": "ok"' in reply


@pytest.mark.server
@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json; charset=rot13", 415),
        ("application/json; charset=utf-16", 415),
        ("application/json; charset=undefined", 415),
        ("application/json; charset=nonsense", 415),
        ("text/plain; charset*=utf-8''%00", 415),
        ("text/plain; charset*=utf-8''%f0%9f%99%82", 415),
        ("text/plain; charset*=nonsense''x", 400),
        ("text/plain; x*=nonsense''x", 400),
        ("text/plain", 415),
        ("multipart/form-data", 400),
        ("application/json; charset=UTF8", 401),
        ("application/x-www-form-urlencoded; charset=latin-1", 400),
    ],
)
def test_no_content_type_breaks_a_login(either, content_type, status):
    answer = ask(either.port, "POST", "/token/", body=b'{"username":"x","password":"y"}', content_type=content_type)
    assert answer.status == status
    assert word(answer)


@pytest.mark.server
@pytest.mark.parametrize(
    "content_type",
    ["text/plain; charset=rot13", "text/plain; charset*=utf-8''%00", "multipart/form-data; boundary=", "x"],
)
def test_no_content_type_breaks_the_admins_login(either, content_type):
    answer = ask(either.port, "POST", "/admin/login/", body=b"--\r\n", content_type=content_type)
    assert answer.status in {400, 403, 415}
    assert word(answer)


@pytest.mark.server
@pytest.mark.parametrize("accept", ["text/html; a*=nonsense''x", "*/*; q*=rot13''x%00", ";;,;q=a,\xff", "a" * 20_000])
@pytest.mark.parametrize("path", ["/home/", "/nowhere/", "/admin/nowhere/"])
def test_no_accept_header_breaks_anything(either, path, accept):
    answer = ask(either.port, "GET", path, accept=accept)
    assert answer.status in {302, 400, 401, 404, 406}


@pytest.mark.server
@pytest.mark.parametrize(
    "cookie",
    [
        'sessionid="\\000\\000\\000\\000\\000\\000\\000\\000\\000"',
        "sessionid=\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        "sessionid=" + "a" * 9000,
        'csrftoken="\\000"; messages="\\000"',
        "=;;==",
    ],
)
def test_no_cookie_breaks_the_admin(either, cookie):
    answer = ask(either.port, "GET", "/admin/", cookie=cookie)
    assert (answer.status, answer.headers["location"]) == (302, "/admin/login/?next=/admin/")


@pytest.mark.server
@pytest.mark.parametrize("path", ["/token/", "/nowhere/", "/"])
def test_a_body_over_the_limit_is_refused_before_it_is_read(either, path):
    declared = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\nConnection: close\r\n\r\n"
    reply = raw(either.port, declared.encode() + b"{")
    assert reply.startswith(b"HTTP/1.1 413 ")
    assert b'"code": "payload_too_large"' in reply


def _chunked(*chunks: bytes) -> bytes:
    head = (
        b"POST /token/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


@pytest.mark.server
def test_a_body_without_a_length_is_read_as_well(either):
    reply = raw(either.port, _chunked(b'{"username":"nobody",', b'"password":"x"}'))
    assert reply.startswith(b"HTTP/1.1 401 ")
    assert b"no_active_account" in reply


@pytest.mark.server
def test_a_body_without_a_length_has_the_same_limit(either):
    reply = raw(either.port, _chunked(*[b" " * 8192] * 9))
    assert reply.startswith(b"HTTP/1.1 413 ")


@pytest.mark.server
def test_a_redirect_or_refusal_keeps_its_headers(either):
    assert ask(either.port, "POST", "/").headers["allow"] == "GET, HEAD"
    assert ask(either.port, "GET", "/home/").headers["www-authenticate"].startswith("Bearer")
    assert ask(either.port, "GET", "/nowhere/").headers["x-content-type-options"] == "nosniff"

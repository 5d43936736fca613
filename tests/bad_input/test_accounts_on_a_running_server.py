"""Malformed calls of every endpoint of accounts, ``/auth/`` and ``/me/``, of a real server, signed in and not."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from keyturn.conf.limits import DEFAULTS
from tests.bad_input.live import Live, serve, status_of

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.once]

_PATHS = [
    *(
        "config",
        "auth/session",
        "auth/sessions",
        "auth/reauthenticate",
        "auth/code/confirm",
        "auth/login",
        "auth/signup",
    ),
    *("auth/password/request", "auth/password/reset", "auth/email/verify", "auth/email/verify/resend"),
    *("account/password/change", "account/email"),
]
_ENDPOINTS = [
    *(f"/auth/{client}/v1/{path}" for client in ("app", "browser") for path in _PATHS),
    *(
        "/auth/app/v1/tokens/refresh",
        "/auth/app/v1/none/such",
        "/auth/none/v1/config",
        "/auth/",
        "/auth/app/v1/auth/login/",
    ),
    *("/me/", "/me/activity/", "/me/export/", "/me/none/"),
]
# Read by people as well, who are shown a page in HTML if they ask for one.
_PAGES = ["/auth/verify-email/", "/auth/reset-password/"]
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND")
_NAMES = (
    "email",
    "username",
    "password",
    "new_password",
    "current_password",
    "key",
    "code",
    "refresh_token",
    "first_name",
)


def _filled(value: str) -> bytes:
    return ("{" + ", ".join(f'"{name}": {value}' for name in _NAMES) + "}").encode()


_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{nonsense",
    "an array": b'[{"email": "x@example.org"}]',
    "a number": b"17",
    "null": b"null",
    "a float out of range": b'{"email": 1e999}',
    "100,000 levels": b"[" * 30_000 + b"]" * 30_000,
    "bad UTF-8": b'{"email": "\xff\xfe@example.org"}',
    "a byte order mark": b'\xef\xbb\xbf{"email": "x@example.org"}',
    "UTF-16": '{"email": "x@example.org"}'.encode("utf-16"),
    "a name twice": b'{"email": "x@example.org", "email": "y@example.org"}',
    "too much": b'{"a": "' + b"x" * 70_000 + b'"}',
    "NULs": _filled('"a\\u0000b@example.org"'),
    "half a character": _filled('"\\ud800@example.org"'),
    "nulls": _filled("null"),
    "lists": _filled('["x@example.org"]'),
    "objects": _filled('{"a": {"b": []}}'),
    "numbers": _filled("-1.5e300"),
    "long numbers": _filled("9" * 4_000),
    "true": _filled("true"),
    "long text": _filled('"' + "x" * 6_000 + '"'),
    "long addresses": _filled('"' + "x" * 3_000 + "@" + "y." * 1_500 + 'org"'),
    "a line break and a header": _filled('"x@example.org\\r\\nBcc: y@example.org"'),
    "invisible letters": _filled('"a\\u202e\\u200b\\u2066@example.org"'),
    "letters that fold to ASCII": _filled('"\\u0131\\u212a\\u017f@example.org"'),
    "letters that grow": _filled('"' + "\\ufdfa" * 800 + '"'),
    "accents without end": _filled('"a' + "\\u0301" * 800 + '"'),
    "a template": _filled('"{{7*7}}${7*7}%(x)s{0.__class__}"'),
    "SQL": _filled('"\' OR 1=1; DROP TABLE auth_user; --"'),
}
_TYPES = ["application/json", "application/json; charset=none", "text/plain", "application/x-www-form-urlencoded"]
_TYPES += ["multipart/form-data", "multipart/form-data; boundary=" + "x" * 300, "nonsense", "", "application/json\tx"]


@pytest.fixture(scope="module", params=["1", "0"], ids=["in development", "in production"])
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, db_vendor: str) -> Iterator[Live]:
    directory = tmp_path_factory.mktemp("accounts")
    env = {
        "KEYTURN_DEBUG": request.param,
        "KEYTURN_SECRET_KEY": "b2Xq7Yt0Lm5Wv9Kd4Hn8Zc1Pf6Gj3Ta7Ue0Ri5Ob2My9Sz4CrVw8",
        "KEYTURN_PUBLIC_URL": "http://localhost:8000",
        "KEYTURN_EMAIL_URL": "smtp://127.0.0.1:9",
        "KEYTURN_EMAIL_FROM": "keyturn@example.org",
        "KEYTURN_LIMITS": ",".join(f"{name}=off" for name in DEFAULTS),
        "KEYTURN_ACCESS_LIFETIME": "1h",
    }
    with ExitStack() as stack:
        if db_vendor == "postgres":
            database = stack.enter_context(request.getfixturevalue("postgres_server").new_database())
        else:
            database = f"sqlite:///{directory / 'accounts.sqlite3'}"
        yield stack.enter_context(serve(directory, database, env))


def told(live: Live, answer: bytes, what: Any, *, is_page: bool = False) -> int:
    """The status of an answer, which must be no 5xx and, being a refusal, JSON with words for people and programs."""
    status = status_of(answer)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert 200 <= status < 500, (what, answer[:600])
    assert b"Traceback" not in answer, what
    assert "Traceback" not in live.server.output(), what
    if status >= 400 and body and not is_page:
        assert b"content-type: application/json" in head.lower(), (what, answer[:600])
        refused = json.loads(body)
        assert refused["detail"], (what, answer[:600])
        assert refused["code"], (what, answer[:600])
    if status == 401:
        assert b"www-authenticate" in head.lower(), (what, answer[:600])
    if status == 429:
        assert b"retry-after" in head.lower(), (what, answer[:600])
    return status


def bearers(live: Live) -> dict[str, list[str]]:
    return {"nobody": [], "a user": [f"Authorization: Bearer {live.access}"]}


@pytest.mark.parametrize("body", _BODIES.values(), ids=_BODIES)
def test_no_body_breaks_an_endpoint_of_accounts(live, body):
    with live.unharmed():
        for who, lines in bearers(live).items():
            for path in _ENDPOINTS:
                for method in ("POST", "PUT", "PATCH", "DELETE"):
                    if (method, who) == ("DELETE", "a user") and path.endswith("auth/session"):
                        continue  # a good call, whatever its body
                    answer = live.http(method, path, "Content-Type: application/json", *lines, body=body)
                    status = told(live, answer, (method, path, who))
                    assert status >= 400 or (path, method) in _FINE, (method, path, who, answer[:600])


# A profile may be told nothing new.
_FINE = {("/me/", "PATCH")}


@pytest.mark.parametrize("method", _METHODS)
def test_every_method_is_answered_by_every_endpoint_of_accounts(live, method):
    with live.unharmed():
        for lines in bearers(live).values():
            for path in _ENDPOINTS + _PAGES:
                if method == "DELETE" and path.endswith("auth/session"):
                    continue
                told(live, live.http(method, path, *lines), (method, path), is_page=path in _PAGES)


@pytest.mark.parametrize("content_type", _TYPES)
def test_a_body_that_calls_itself_something_else_is_no_call(live, content_type):
    body = b"email=x%40example.org&username=ada&password=x"
    with live.unharmed():
        for lines in bearers(live).values():
            for path in _ENDPOINTS + _PAGES:
                answer = live.http("POST", path, f"Content-Type: {content_type}", *lines, body=body)
                told(live, answer, (content_type, path), is_page=path in _PAGES)


_HEADERS = {
    "a flow that is none": ["X-Session-Token: nonsense"],
    "a flow of bytes": ["X-Session-Token: \xff\xfe\xfd"],
    "a flow of 8,000 letters": ["X-Session-Token: " + "x" * 8_000],
    "two flows": ["X-Session-Token: a", "X-Session-Token: b"],
    "a bearer that is none": ["Authorization: Bearer a.b.c"],
    "a bearer of bytes": ["Authorization: Bearer \xff\xfe"],
    "another scheme": ["Authorization: Basic YTpi"],
    "no scheme": ["Authorization:"],
    "a cookie of bytes": ["Cookie: keyturn_flow=\xff; csrftoken=\xfe"],
    "cookies without end": ["Cookie: " + "; ".join(f"a{n}=b" for n in range(900))],
    "a link's key of bytes": ["X-Email-Verification-Key: \xff\xfe", "X-Password-Reset-Key: \xff\xfe"],
    "a link's key of 8,000 letters": [
        "X-Email-Verification-Key: " + "x" * 8_000,
        "X-Password-Reset-Key: " + "x" * 8_000,
    ],
    "another host before": [
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-For: 1.2.3.4, nonsense",
        "Forwarded: for=_x",
    ],
    "languages without end": ["Accept-Language: " + ",".join(["xx-" + "y" * 8] * 600)],
    "a language that is none": ["Accept-Language: ../../etc/passwd;q=nan"],
    "an encoding that is none": ["Accept: application/json; charset*=none'x'%FF"],
    "another origin": ["Origin: https://evil.example"],
    "an origin that is none": ["Origin: http://[::1", "Referer: http://[::1"],
}


@pytest.mark.parametrize("lines", _HEADERS.values(), ids=_HEADERS)
def test_no_header_breaks_an_endpoint_of_accounts(live, lines):
    body = json.dumps({"email": "nobody@example.org", "username": "nobody", "password": "x", "key": "x"}).encode()
    with live.unharmed():
        for path in _ENDPOINTS + _PAGES:
            for method in ("GET", "POST", "DELETE"):
                content = body if method == "POST" else b""
                answer = live.http(method, path, "Content-Type: application/json", *lines, body=content)
                told(live, answer, (method, path, lines), is_page=path in _PAGES)


_QUERIES = [
    *("?", "?key=", "?key=%00", "?key=%ff%fe", "?key=" + "x" * 4_000, "?key=a&key=b", "?next=https://evil.example/"),
    *("?key=x&next=//evil.example", "?next=%5C%5Cevil.example", "?next=javascript:alert(1)", "?next=http://[::1"),
    *(
        "?key=x&next=%0d%0aSet-Cookie:%20a=b",
        "?cursor=x",
        "?cursor=%00",
        "?cursor=" + "9" * 3_000,
        "?limit=-1",
        "?limit=x",
    ),
    *("?cursor=cD0yMDI2", "?cursor=%ff", "?page=1&page=2", "?format=xml", "?" + "a=b&" * 1_500),
]


@pytest.mark.parametrize("query", _QUERIES, ids=lambda query: query[:40])
def test_no_query_breaks_an_endpoint_of_accounts(live, query):
    with live.unharmed():
        for lines in bearers(live).values():
            for path in _ENDPOINTS + _PAGES:
                answer = live.http("GET", path + query, *lines)
                told(live, answer, (path, query), is_page=path in _PAGES)
                assert b"\r\nlocation: http://evil" not in answer.lower()
                assert b"\r\nlocation: //evil" not in answer.lower()
                assert b"\r\nset-cookie: a=b" not in answer.lower()

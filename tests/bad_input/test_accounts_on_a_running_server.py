"""Malformed calls of every endpoint of accounts, ``/auth/`` and ``/me/``, of a real server, signed in and not."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from keyturn.conf.limits import DEFAULTS
from tests.bad_input.catalogue.accounts import BODIES, ENDPOINTS, HEADERS, METHODS, PAGES, QUERIES, TYPES
from tests.bad_input.live import Live, serve, status_of

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.once]


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
        # Nobody listens there.
        "KEYTURN_OIDC_ISSUER": "http://127.0.0.1:9",
        "KEYTURN_OIDC_CLIENT_ID": "keyturn",
    }
    with ExitStack() as stack:
        if db_vendor == "postgres":
            database = stack.enter_context(request.getfixturevalue("postgres_server").new_database())
        else:
            database = f"sqlite:///{directory / 'accounts.sqlite3'}"
        yield stack.enter_context(serve(directory, database, env))


def told(answer: bytes, what: Any, *, is_page: bool = False) -> int:
    """The status of an answer, which must be no 5xx and, being a refusal, JSON with words for people and programs."""
    status = status_of(answer)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert 200 <= status < 500, (what, answer[:600])
    assert b"Traceback" not in answer, what
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


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_no_body_breaks_an_endpoint_of_accounts(live, body):
    with live.unharmed():
        for who, lines in bearers(live).items():
            for path in ENDPOINTS:
                for method in ("POST", "PUT", "PATCH", "DELETE"):
                    if (method, who) == ("DELETE", "a user") and path.endswith("auth/session"):
                        continue  # a good call, whatever its body
                    answer = live.http(method, path, "Content-Type: application/json", *lines, body=body)
                    status = told(answer, (method, path, who))
                    assert status >= 400 or (path, method) in _FINE, (method, path, who, answer[:600])


# A profile may be told nothing new.
_FINE = {("/me/", "PATCH")}


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_answered_by_every_endpoint_of_accounts(live, method):
    with live.unharmed():
        for lines in bearers(live).values():
            for path in ENDPOINTS + PAGES:
                if method == "DELETE" and path.endswith("auth/session"):
                    continue
                told(live.http(method, path, *lines), (method, path), is_page=path in PAGES)


@pytest.mark.parametrize("content_type", TYPES)
def test_a_body_that_calls_itself_something_else_is_no_call(live, content_type):
    body = b"email=x%40example.org&username=ada&password=x"
    with live.unharmed():
        for lines in bearers(live).values():
            for path in ENDPOINTS + PAGES:
                answer = live.http("POST", path, f"Content-Type: {content_type}", *lines, body=body)
                told(answer, (content_type, path), is_page=path in PAGES)


@pytest.mark.parametrize("lines", HEADERS.values(), ids=HEADERS)
def test_no_header_breaks_an_endpoint_of_accounts(live, lines):
    body = json.dumps({"email": "nobody@example.org", "username": "nobody", "password": "x", "key": "x"}).encode()
    with live.unharmed():
        for path in ENDPOINTS + PAGES:
            for method in ("GET", "POST", "DELETE"):
                content = body if method == "POST" else b""
                answer = live.http(method, path, "Content-Type: application/json", *lines, body=content)
                told(answer, (method, path, lines), is_page=path in PAGES)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:40])
def test_no_query_breaks_an_endpoint_of_accounts(live, query):
    with live.unharmed():
        for lines in bearers(live).values():
            for path in ENDPOINTS + PAGES:
                answer = live.http("GET", path + query, *lines)
                told(answer, (path, query), is_page=path in PAGES)
                assert b"\r\nlocation: http://evil" not in answer.lower()
                assert b"\r\nlocation: //evil" not in answer.lower()
                assert b"\r\nset-cookie: a=b" not in answer.lower()

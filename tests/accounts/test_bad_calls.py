"""What is no call at all is answered in JSON with 4xx, and changes nothing."""

import json

import pytest
from django.urls import get_resolver

from keyturn.accounts.models import Flow
from keyturn.sessions.models import Session
from tests.accounts.engine import PASSWORD, AuthClient

pytestmark = pytest.mark.django_db

DEEP = '{"email":' + "[" * 20_000 + "]" * 20_000 + "}"
BODIES = {
    "no JSON": "nonsense",
    "an array": "[]",
    "a number": "1",
    "null": "null",
    "text": '"text"',
    "a name twice": '{"email": "a@example.com", "email": "b@example.com", "password": "x"}',
    "NaN": '{"email": NaN}',
    "nested deeply": DEEP,
    "a NUL byte": json.dumps(
        {"email": "a\0@example.com", "username": "a\0", "password": "a\0bcdefghijkl", "key": "\0"}
    ),
    "half a surrogate pair": '{"email": "\\ud800@example.com", "username": "\\ud800", "password": "\\ud800aaaaaaaa"}',
    "bad UTF-8": b'{"email": "\xff\xfe"}',
    "UTF-16": '{"email": "a@example.com"}'.encode("utf-16"),
    "a long number": '{"email": ' + "9" * 5_000 + "}",
    "lists for text": json.dumps({"email": ["a@example.com"], "username": ["ada"], "password": [PASSWORD], "key": [1]}),
    "objects for text": json.dumps({"email": {}, "username": {"a": 1}, "password": {}, "key": {}}),
    "numbers for text": json.dumps({"email": 1, "username": 1, "password": 12345678901, "key": 1, "refresh_token": 1}),
    "nulls for text": json.dumps({"email": None, "username": None, "password": None, "key": None}),
    "nothing in it": "{}",
    "nothing": "",
}
TOO_LONG = json.dumps({"email": "a@example.com", "username": "a", "password": "x" * 70_000, "key": "x"})


def endpoints(kind: str = "app") -> list[str]:
    """All paths that clients of a kind have under ``/auth/``."""
    found: list[str] = []

    def walk(patterns, prefix):
        for pattern in patterns:
            path = prefix + str(pattern.pattern).removeprefix("^")
            if hasattr(pattern, "url_patterns"):
                walk(pattern.url_patterns, path)
            elif path.startswith(f"auth/{kind}/v1/") and not {"(", "<"} & set(path):
                found.append(path.removeprefix(f"auth/{kind}/v1/"))

    walk(get_resolver().url_patterns, "")
    assert len(found) > 10
    return sorted(set(found))


def assert_told(answer) -> None:
    """An answer of ours: JSON with words for people and for programs."""
    assert answer["Content-Type"] == "application/json", answer.content[:300]
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["detail"]
    assert body["code"]
    assert answer["Cache-Control"] == "no-store"
    if answer.status_code == 401:
        assert answer["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("kind", ["app", "browser"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_no_body_whatever_is_taken_for_a_call(ada, kind, body, django_user_model):
    for path in endpoints(kind):
        if kind == "browser" and path.startswith("tokens/"):
            continue
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            client = AuthClient(kind)
            answer = client.call(method, path, body)
            assert 400 <= answer.status_code < 500, (method, path, answer.status_code, answer.content[:300])
            assert_told(answer)
    assert django_user_model.objects.count() == 1
    assert not Session.objects.exists()
    assert not Flow.objects.exists()


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_no_body_whatever_of_a_signed_in_client_breaks_anything(ada, body):
    client = AuthClient()
    client.log_in()
    for path in endpoints():
        if path == "auth/session":
            continue
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = client.call(method, path, body)
            assert answer.status_code < 500, (method, path, answer.content[:300])
            if answer.status_code >= 400:
                assert_told(answer)
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
    assert Session.objects.filter(revoked_at=None).count() == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_every_method_is_answered(ada, method):
    for path in endpoints():
        answer = AuthClient().call(method, path)
        assert answer.status_code < 500, (path, answer.content[:300])
        if answer.status_code == 405:
            assert_told(answer)
            assert method not in answer["Allow"].split(", ")
    assert not Flow.objects.exists()


def test_a_password_sent_by_the_wrong_method_is_not_looked_at(ada):
    answer = AuthClient().call("PUT", "auth/login", {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 405
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", "", "application/xml"]
)
def test_only_json_is_read(ada, content_type):
    body = json.dumps({"username": "ada", "password": PASSWORD})
    answer = AuthClient().http.generic("POST", "/auth/app/v1/auth/login", body, content_type=content_type)
    assert answer.status_code == 415
    assert_told(answer)
    assert not Session.objects.exists()


def test_a_body_that_is_too_long_is_refused(ada):
    answer = AuthClient().call("POST", "auth/login", TOO_LONG)
    assert answer.status_code == 413
    assert_told(answer)


@pytest.mark.parametrize("path", ["nothing", "auth", "auth/login/", "auth/login/more", "../admin/", "auth/%00"])
def test_unknown_paths_are_answered_in_json(path):
    answer = AuthClient().http.get(f"/auth/app/v1/{path}")
    assert answer.status_code == 404
    assert_told_not_found(answer)


def assert_told_not_found(answer) -> None:
    """What a path that is none is told."""
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "\xff" * 43, "é" * 43, "x" * 10_000, "a" * 42 + "\x00"])
def test_a_token_that_is_none_is_a_flow_that_has_ended(token):
    client = AuthClient()
    client.flow = token
    answer = client.call("POST", "auth/email/verify", {"key": "BBBB-BBBB"})
    assert answer.status_code == (409 if not token else 410)
    assert_told(answer)


@pytest.mark.parametrize("bearer", ["nonsense", "a.b.c", "", "x y"])
def test_an_access_token_that_is_none_is_refused(bearer):
    client = AuthClient()
    client.access = bearer
    answer = client.call("GET", "auth/session")
    assert answer.status_code == 401
    assert_told(answer)
    assert answer.json()["meta"]["is_authenticated"] is False


def test_a_flow_is_not_opened_by_the_id_of_a_session(ada):
    client = AuthClient()
    client.log_in()
    client.call("POST", "auth/reauthenticate", {"password": PASSWORD})
    assert Flow.objects.count() == 1
    thief = AuthClient()
    for name in (str(Session.objects.get().pk), f"session {Session.objects.get().pk}", Flow.objects.get().pk[:43]):
        thief.flow = name
        assert thief.call("GET", "auth/session").status_code == 410

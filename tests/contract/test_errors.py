"""What every answer has, whatever went wrong: JSON, ``detail``, ``code``, and the headers that its status asks for."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from keyturn.sessions.models import Session
from tests.contract.caller import PASSWORD, Caller, Tokens, session_of

TOKEN_PATHS = ["/token/", "/token/refresh/", "/token/verify/", "/token/blacklist/"]
PATHS = [*TOKEN_PATHS, "/token/sliding/", "/token/sliding/refresh/", "/logout/", "/logout/all/"]


@pytest.fixture(autouse=True)
def _sliding(settings):
    settings.KEYTURN = {"SLIDING_TOKENS": True}


def assert_error(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content[:500]
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    body: dict[str, Any] = answer.json()
    assert body["code"] == code, body
    assert isinstance(body["detail"], str)
    assert body["detail"]
    return body


@contextlib.contextmanager
def database_gone() -> Iterator[None]:
    """Every statement fails as it does when the server has hung up."""

    def refuse(*_: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(refuse):
        yield


CALLS: dict[str, Callable[[Caller, Tokens], Any]] = {
    "log in": lambda caller, tokens: caller.try_log_in(),
    "log in, sliding": lambda caller, tokens: caller.call(
        "POST", "/token/sliding/", {"username": "ada", "password": PASSWORD}
    ),
    "refresh": lambda caller, tokens: caller.try_refresh(tokens.refresh),
    "verify": lambda caller, tokens: caller.verify(tokens.refresh),
    "verify access": lambda caller, tokens: caller.verify(tokens.access),
    "blacklist": lambda caller, tokens: caller.call("POST", "/token/blacklist/", {"refresh": tokens.refresh}),
    "log out": lambda caller, tokens: caller.log_out(tokens.refresh, tokens.access),
    "log out everywhere": lambda caller, tokens: caller.call("POST", "/logout/all/", {}, access=tokens.access),
    "list sessions": lambda caller, tokens: caller.call("GET", "/sessions/", access=tokens.access),
    "end other sessions": lambda caller, tokens: caller.call("DELETE", "/sessions/", access=tokens.access),
    "end a session": lambda caller, tokens: caller.call(
        "DELETE", f"/sessions/{session_of(tokens.access).pk}/", access=tokens.access
    ),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_answer_is_never_stored_by_a_cache(ada, caller, call):
    answer = call(caller, caller.log_in())

    assert answer.status_code in {200, 204, 205}
    assert answer["Cache-Control"] == "no-store"
    assert answer["Pragma"] == "no-cache"


@pytest.mark.parametrize("name", [name for name in CALLS if name != "end a session"])
def test_a_database_that_is_gone_is_503_and_says_when_to_retry(ada, caller, name):
    tokens = caller.log_in()

    with database_gone():
        answer = CALLS[name](caller, tokens)

    assert_error(answer, 503, "unavailable")
    assert answer["Retry-After"] == "1"
    assert caller.try_refresh(tokens.refresh).status_code == 200, "nothing was decided"


def test_ending_a_session_with_the_database_gone_is_503_too(ada, caller):
    tokens = caller.log_in()
    path = f"/sessions/{session_of(tokens.access).pk}/"

    with database_gone():
        answer = caller.call("DELETE", path, access=tokens.access)

    assert_error(answer, 503, "unavailable")
    assert answer["Retry-After"] == "1"


def test_a_view_of_the_project_answers_503_where_its_caller_cannot_be_told(ada, caller):
    tokens = caller.log_in()

    with database_gone():
        answer = caller.home(tokens.access)

    assert answer.status_code == 503
    assert answer["Retry-After"] == "1"
    assert answer.json() == {"detail": "Temporarily unavailable, try again.", "code": "unavailable"}


class OneAnHour(SimpleRateThrottle):
    """A project's own throttle."""

    rate = "1/hour"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return f"throttle-{view.__class__.__name__}"


@pytest.fixture
def throttled(monkeypatch):
    """The project throttles, as ``DEFAULT_THROTTLE_CLASSES`` read by REST framework at import would."""
    monkeypatch.setattr(APIView, "throttle_classes", [OneAnHour])
    cache.clear()
    yield
    cache.clear()


def test_a_throttle_of_the_project_answers_429_and_says_when_to_retry(ada, caller, throttled):
    assert caller.try_log_in().status_code == 200

    answer = caller.try_log_in()

    body = assert_error(answer, 429, "throttled")
    assert body["detail"].startswith("Request was throttled.")
    assert 3_500 < int(answer["Retry-After"]) <= 3_600
    assert Session.objects.count() == 1


@pytest.mark.parametrize("path", PATHS)
def test_a_wrong_method_is_405_in_json(db, caller, path):
    for method in ("PUT", "DELETE", "PATCH"):
        answer = caller.call(method, path, {})
        if path == "/logout/all/":
            assert answer.status_code == 401, "who calls is asked first"
        else:
            assert_error(answer, 405, "method_not_allowed")
            assert "POST" in answer["Allow"]


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("path", TOKEN_PATHS)
def test_bad_json_is_400_in_json_in_development_too(db, settings, path, debug):
    settings.DEBUG = debug
    for body in (b"{", b"\xff\xfe", b"{'a': 1}", b'{"a": NaN}', b'"\\'):
        answer = Client().post(path, body, content_type="application/json")
        assert_error(answer, 400, "parse_error")


@pytest.mark.parametrize("path", TOKEN_PATHS)
def test_a_body_that_is_no_object_is_told_so_in_stocks_words(db, path):
    for body in ("[]", "[1]", '"text"', "7", "true"):
        answer = Client().post(path, body, content_type="application/json")
        assert "Invalid data. Expected a dictionary" in assert_error(answer, 400, "invalid")["non_field_errors"][0]


@pytest.mark.parametrize("path", [*TOKEN_PATHS, "/logout/"])
def test_another_media_type_is_415(ada, caller, path):
    access = caller.log_in().access
    answer = Client().post(
        path, b"<token/>", content_type="application/xml", headers={"authorization": f"Bearer {access}"}
    )

    assert_error(answer, 415, "unsupported_media_type")


def test_a_multipart_form_does_as_well(ada):
    answer = Client().post("/token/", {"username": "ada", "password": PASSWORD})

    assert answer.wsgi_request.META["CONTENT_TYPE"].startswith("multipart/form-data")
    assert answer.status_code == 200


def test_a_urlencoded_form_does_as_well(ada):
    answer = Client().post(
        "/token/",
        "username=ada&password=correct+horse+battery+staple",
        content_type="application/x-www-form-urlencoded",
    )

    assert answer.status_code == 200


def test_options_describe_a_call_and_make_none(ada, caller):
    answer = caller.call("OPTIONS", "/token/")

    assert answer.status_code == 200
    assert set(answer.json()["actions"]["POST"]) >= {"username", "password"}
    assert not Session.objects.exists()

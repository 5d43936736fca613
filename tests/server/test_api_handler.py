"""What the handler of the API's paths leaves out of Django's way, and that nobody can tell the difference."""

import io
from typing import Any

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.urls import get_resolver, path

from keyturn_server.api_handler import ApiHandler
from keyturn_server.api_request import ApiRequest
from keyturn_server.api_security import ApiSecurityMiddleware
from keyturn_server.observing.watching import ARRIVED


class ClosingCache(LocMemCache):
    closed = 0

    def close(self, **_: Any) -> None:
        self.closed += 1


def _answer(request: HttpRequest, **captured: str) -> HttpResponse:
    answer = HttpResponse(f"{request.path} {captured}")
    answer.set_cookie("first", "1", httponly=True)
    answer.set_cookie("second", "2")
    return answer


def _fails(request: HttpRequest) -> HttpResponse:
    raise ValueError("a view of no good")


def _forgets(request: HttpRequest) -> Any:
    return None


urlpatterns = [
    path("plain/", _answer),
    path("of/<str:name>/", _answer),
    path("fails/", _fails),
    path("forgets/", _forgets),
]


@pytest.fixture
def handler(settings) -> ApiHandler:
    settings.ROOT_URLCONF = __name__
    settings.ALLOWED_HOSTS = ["*"]
    settings.KEYTURN_SERVER_API_MIDDLEWARE = ["keyturn_server.api_security.ApiSecurityMiddleware"]
    return ApiHandler()


def environ_of(where: str, *, arrived: bool = True, **more: Any) -> dict[str, Any]:
    environ = {
        "PATH_INFO": where,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "REQUEST_METHOD": "GET",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(b"{}"),
        **more,
    }
    return {**environ, ARRIVED: 0.0} if arrived else environ


def asked(handler: ApiHandler, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
    begun: list[Any] = []
    parts = handler(environ, lambda status, headers: begun.append((status, headers)))
    body = b"".join(parts)
    parts.close()
    return *begun[0], body


@pytest.mark.parametrize("where", ["/plain/", "/of/someone/", "/nowhere/"])
def test_a_request_is_answered_as_by_djangos_own_handler(handler, where):
    ours = asked(handler, environ_of(where))
    theirs = asked(handler, environ_of(where, arrived=False))
    assert (ours[0], ours[2]) == (theirs[0], theirs[2])
    # Versions of Django differ in a blank before a cookie.
    assert [(name, value.strip()) for name, value in theirs[1]] == ours[1]


def test_a_view_that_fails_is_answered_500(handler, settings):
    settings.DEBUG_PROPAGATE_EXCEPTIONS = False
    assert asked(handler, environ_of("/fails/"))[0] == "500 Internal Server Error"


def test_a_view_without_an_answer_is_a_mistake_that_is_named(handler, caplog):
    assert asked(handler, environ_of("/forgets/"))[0] == "500 Internal Server Error"
    assert "didn't return an HttpResponse object" in caplog.text


def test_paths_that_vary_are_not_remembered(handler):
    for name in ("/plain/", "/of/one/", "/of/other/", "/nowhere/", "/plain/"):
        asked(handler, environ_of(name))
    assert set(handler._matches) == {"/plain/"}
    assert handler._match("/of/one/").kwargs == {"name": "one"}


def test_the_view_found_is_the_resolvers(handler):
    asked(handler, environ_of("/plain/"))
    assert repr(handler._match("/plain/")) == repr(get_resolver().resolve("/plain/"))


def test_who_listens_to_djangos_signals_is_told_from_then_on(handler):
    told: list[str] = []

    def began(sender: Any, environ: dict[str, Any], **_: Any) -> None:
        told.append(f"began {environ['PATH_INFO']} {sender.__name__}")

    def ended(sender: Any, **_: Any) -> None:
        told.append(f"ended {sender.__name__}")

    asked(handler, environ_of("/plain/"))
    request_started.connect(began)
    request_finished.connect(ended)
    try:
        asked(handler, environ_of("/plain/"))
    finally:
        request_started.disconnect(began)
        request_finished.disconnect(ended)
    asked(handler, environ_of("/plain/"))
    assert told == ["began /plain/ ApiHandler", "ended ApiHandler"]


@pytest.mark.parametrize("moment", ["begin", "end"])
def test_a_connection_past_its_time_is_closed_at_either_end_of_a_request(handler, monkeypatch, moment):
    closed: list[str] = []
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: closed.append("closed"))
    if moment == "begin":
        handler._signals.begin(environ_of("/plain/"))
    else:
        handler._signals.end()
    assert closed == ["closed"]


def test_a_cache_that_wants_to_be_closed_is_closed(settings, handler):
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.ClosingCache"}}
    anew = ApiHandler()
    caches["default"].get("anything")
    asked(anew, environ_of("/plain/"))
    assert vars(caches["default"])["closed"] == 1


def test_what_a_request_holds_is_let_go_once_it_is_answered(handler, monkeypatch):
    let_go: list[str] = []
    monkeypatch.setattr(ApiRequest, "close", lambda self: let_go.append(self.path))
    asked(handler, environ_of("/plain/"))
    assert let_go == ["/plain/"]


ENVIRONS = [
    {},
    {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "2"},
    {"CONTENT_TYPE": "application/json; charset=latin-1", "CONTENT_LENGTH": ""},
    {"CONTENT_TYPE": "text/plain; charset=nonsense", "CONTENT_LENGTH": "two"},
    {"CONTENT_LENGTH": "+1", "REQUEST_METHOD": "post"},
    {"CONTENT_LENGTH": "9" * 5000},
    {"CONTENT_LENGTH": "²"},
    {"PATH_INFO": ""},
    {"PATH_INFO": "//evil.example/home"},
    {"PATH_INFO": "without/a/slash"},
    {"PATH_INFO": "/caf\u00c3\u00a9/%ff"},
    {"PATH_INFO": "/\u00ff\u00fe/"},
    {"PATH_INFO": "/below/", "SCRIPT_NAME": "/mounted"},
]


@pytest.mark.parametrize("more", ENVIRONS, ids=lambda more: str(more)[:60])
def test_a_request_looks_as_djangos_own_does(more):
    def seen(kind: type[WSGIRequest]) -> dict[str, Any]:
        request = kind(environ_of("/plain/") | more)
        stream = vars(request).pop("_stream")
        del request.META["wsgi.input"]
        return {**vars(request), "reads": stream.read(), "limit": stream.limit, "encoding": request.encoding}

    assert seen(ApiRequest) == seen(WSGIRequest)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("hsts", [0, 3600])
@pytest.mark.parametrize("redirects", [False, True])
@pytest.mark.parametrize("policy", ["same-origin", "no-referrer, origin", None])
def test_security_headers_are_djangos(settings, rf, scheme, hsts, redirects, policy):
    settings.SECURE_HSTS_SECONDS, settings.SECURE_SSL_REDIRECT = hsts, redirects
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SECURE_REFERRER_POLICY = policy

    def headers(kind: type[Any]) -> tuple[int, list[tuple[str, str]]]:
        middleware = kind(lambda _: HttpResponse(headers={"X-Content-Type-Options": "mine"}))
        answer = middleware(rf.get("/plain/", secure=scheme == "https"))
        return answer.status_code, sorted(answer.items())

    assert headers(ApiSecurityMiddleware) == headers(SecurityMiddleware)


def test_nothing_is_put_into_an_answer_that_was_not_asked_for(settings, rf):
    settings.SECURE_CONTENT_TYPE_NOSNIFF, settings.SECURE_REFERRER_POLICY = False, None
    settings.SECURE_CROSS_ORIGIN_OPENER_POLICY = None
    answer = ApiSecurityMiddleware(lambda _: HttpResponse())(rf.get("/"))
    assert list(answer.headers) == ["Content-Type"]

"""Django mails a crash to the administrators: where it was, and nothing of what the client has sent."""

import json
import logging
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.test import Client
from django.utils.log import AdminEmailHandler
from django.views.debug import SafeExceptionReporterFilter, get_default_exception_reporter_filter

from keyturn.api import account_views, admin_login, base, provider_callback
from keyturn.defence import limits
from keyturn.errors import Reason, RefusedError
from tests.accounts.engine import PASSWORD

pytestmark = pytest.mark.django_db

CANARY: Final = "canary-8f1c2e"
"""In each place with a word of its own behind it, so that a failure says which of them was told."""

FIELDS: Final = (
    "password",
    "repeated",
    "code",
    "mfa_token",
    "refresh",
    "token",
    "key",
    "username",
    "credential",
    "id_token",
    "state",
    "keyturn_code",
)
HEADERS: Final = (
    "Authorization",
    "DPoP",
    "X-Session-Token",
    "X-Email-Verification-Key",
    "X-Password-Reset-Key",
    "X-CSRFToken",
    "Idempotency-Key",
    "Referer",
    "X-Of-The-Project",
)
TEXT: Final[dict[str, Any]] = {"HTTP_ACCEPT": "text/html"}


class Handler(AdminEmailHandler):
    """Keeps what would be mailed, text and page."""

    def __init__(self) -> None:
        super().__init__(include_html=True)
        self.sent: list[str] = []

    def send_mail(self, subject: Any, message: Any, *args: Any, **kwargs: Any) -> None:
        """Note it."""
        self.sent.append(f"{subject}\n{message}\n{kwargs.get('html_message', '')}")


@pytest.fixture
def handler() -> Iterator[Handler]:
    """Of Django's own, on the logger that reports failed requests."""
    found, logger = Handler(), logging.getLogger("django.request")
    found.setLevel(logging.ERROR)
    logger.addHandler(found)
    yield found
    logger.removeHandler(found)


class Crash(RuntimeError):
    """Nothing that anybody expects."""


def _crash(*arguments: Any, **named: Any) -> Any:
    for one in arguments:
        if hasattr(one, "body") or hasattr(one, "data"):
            # What a view reads before it fails is in the variables of the functions that are under way.
            sent = getattr(one, "data", None) or one.body
            raise Crash("in the middle of it", len(sent))
    raise Crash("in the middle of it")


def _send(client: Client, path: str, *, method: str = "POST", form: bool = False, **more: Any) -> Any:
    values = {name: f"{CANARY}-body-{name}" for name in FIELDS}
    sent: dict[str, Any] = {f"HTTP_{name.upper().replace('-', '_')}": f"{CANARY}-header-{name}" for name in HEADERS}
    sent["HTTP_AUTHORIZATION"] = f"Bearer {CANARY}.header.authorization"
    if form:
        sent |= {"content_type": "application/x-www-form-urlencoded"}
        data = "&".join(f"{name}={value}" for name, value in values.items())
    else:
        sent |= {"content_type": "application/json"}
        data = json.dumps(values)
    for name in ("keyturn_refresh", "__Host-keyturn-flow", "sessionid", "of_the_project"):
        client.cookies[name] = f"{CANARY}-cookie-{name}"
    query = "&".join(f"{name}={CANARY}-query-{name}" for name in ("key", "code", "state", "token"))
    return client.generic(method, f"{path}?{query}", "" if method == "GET" else data, **{**sent, **more})


def _told(handler: Handler, caplog: pytest.LogCaptureFixture, *, crashed: bool = True) -> str:
    """What the administrators are told, once nothing of the client's is in it."""
    (report,) = handler.sent
    for found in (report, caplog.text):
        at = found.find(CANARY)
        assert at < 0, found[max(0, at - 200) : at + 60]
    assert ("in the middle of it" in report) is crashed
    return report


def _client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("form", [False, True], ids=["json", "form"])
@pytest.mark.parametrize(
    "path",
    [
        "/token/",
        "/token/refresh/",
        "/token/verify/",
        "/token/blacklist/",
        "/token/mfa/",
        "/token/mfa/options/",
        "/token/mfa/setup/",
        "/logout/",
        "/introspect/",
        "/revoke/",
    ],
)
def test_a_crash_at_a_token_endpoint_tells_nothing_of_the_request(
    handler: Handler, caplog: Any, monkeypatch: pytest.MonkeyPatch, path: str, form: bool
) -> None:
    monkeypatch.setattr(base, "check_length", lambda request: request.POST)
    monkeypatch.setattr(base, "read_body", _crash)
    # Whoever fails before the body was read has not told it either.
    monkeypatch.setattr(base.KeyturnView, "perform_authentication", lambda *_: None)
    monkeypatch.setattr(base.KeyturnView, "check_permissions", lambda *_: None)
    answer = _send(_client(), path, form=form, HTTP_DPOP="")
    assert answer.status_code == 500
    report = _told(handler, caplog)
    assert path in report
    if form:
        assert "mfa_token" in report, "the names are told"


@pytest.mark.parametrize("kind", ["app", "browser"])
@pytest.mark.parametrize(
    "path", ["auth/login", "auth/signup", "auth/email/verify", "auth/password/reset", "auth/2fa/authenticate"]
)
def test_a_crash_at_an_endpoint_of_accounts_tells_nothing_of_the_request(
    handler: Handler, caplog: Any, monkeypatch: pytest.MonkeyPatch, kind: str, path: str
) -> None:
    monkeypatch.setattr(account_views, "check_length", _crash)
    assert _send(_client(), f"/auth/{kind}/v1/{path}").status_code == 500
    assert path in _told(handler, caplog)


@pytest.mark.parametrize("page", ["/auth/verify-email/", "/auth/reset-password/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_crash_at_a_page_behind_a_link_tells_nothing_of_the_request(
    handler: Handler, caplog: Any, monkeypatch: pytest.MonkeyPatch, page: str, method: str
) -> None:
    monkeypatch.setattr(limits, "take", _crash)
    assert _send(_client(), page, method=method, form=True, **TEXT).status_code == 500
    assert page in _told(handler, caplog)


def test_a_crash_at_a_providers_callback_tells_no_code(
    handler: Handler, caplog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_callback, "find", _crash)
    path = "/auth/browser/v1/auth/provider/callback/acme"
    assert _send(_client(), path, method="GET", **TEXT).status_code == 500
    assert "callback/acme" in _told(handler, caplog)


@pytest.mark.parametrize("field", ["username", "keyturn_code"])
def test_a_crash_at_the_admins_login_tells_nothing_of_the_request(
    handler: Handler, caplog: Any, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    monkeypatch.setattr(admin_login, "identify", _crash)
    monkeypatch.setattr(admin_login, "_LATER_STEPS", {"keyturn_code": _crash} if field == "keyturn_code" else {})
    assert _send(_client(), "/admin/login/", form=True, **TEXT).status_code == 500
    assert "/admin/login/" in _told(handler, caplog)


def test_an_answer_that_says_that_something_is_down_tells_nothing_either(
    handler: Handler, caplog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Django reports each answer of 500 and above."""

    def down(*_: Any, **__: Any) -> Any:
        raise RefusedError(Reason.PROVIDER_UNAVAILABLE)

    monkeypatch.setattr(limits, "take", down)
    assert _send(_client(), "/auth/reset-password/", form=True, **TEXT).status_code == 503
    _told(handler, caplog, crashed=False)


def test_without_all_this_the_report_would_tell_them(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the tests above could not fail."""
    monkeypatch.setattr(base, "unreported", lambda _, answer: answer())
    monkeypatch.setattr(base, "check_length", lambda request: request.POST)
    monkeypatch.setattr(base, "read_body", _crash)
    assert _send(_client(), "/token/", form=True, HTTP_DPOP="").status_code == 500
    (report,) = handler.sent
    for place in ("body-password", "body-mfa_token", "header-Referer", "cookie-of_the_project", "query-code"):
        assert f"{CANARY}-{place}" in report, place


class OfTheProject(SafeExceptionReporterFilter):
    """A project's own filter, that hides a setting of its own."""

    def get_safe_settings(self) -> dict[str, Any]:
        """Hide it."""
        return {**super().get_safe_settings(), "ROOT_URLCONF": "hidden by the project"}


@pytest.fixture
def filter_of_project(settings: Any) -> Iterator[Any]:
    """Set another filter, and forget it again."""
    remembering: Any = get_default_exception_reporter_filter

    def chosen(path: str) -> None:
        settings.DEFAULT_EXCEPTION_REPORTER_FILTER = path
        remembering.cache_clear()

    yield chosen
    remembering.cache_clear()


def test_what_a_projects_own_filter_hides_of_the_settings_stays_hidden(
    handler: Handler, caplog: Any, monkeypatch: pytest.MonkeyPatch, filter_of_project: Any
) -> None:
    filter_of_project(f"{__name__}.OfTheProject")
    monkeypatch.setattr(base, "read_body", _crash)
    assert _send(_client(), "/token/", HTTP_DPOP="").status_code == 500
    assert "hidden by the project" in _told(handler, caplog)


def _broken(get_response: Any) -> Any:
    """A middleware."""

    def answer(request: Any) -> Any:
        typed = request.POST
        raise Crash("in the middle of it", len(typed))

    return answer


@pytest.mark.parametrize("is_chosen", [True, False])
def test_a_project_hides_as_much_of_a_crash_in_its_middleware(
    handler: Handler, caplog: Any, settings: Any, filter_of_project: Any, is_chosen: bool
) -> None:
    """Which no view has a say in."""
    if is_chosen:
        filter_of_project("keyturn.api.error_reports.ReportFilter")
    settings.MIDDLEWARE = [f"{__name__}._broken"]
    client = _client()
    client.cookies["of_the_project"] = f"{CANARY}-cookie"
    sent: dict[str, Any] = {"HTTP_DPOP": f"{CANARY}-header", "HTTP_REFERER": f"{CANARY}-header"}
    assert client.post("/token/", {"password": f"{CANARY}-body"}, **sent).status_code == 500
    (report,) = handler.sent
    assert ("in the middle of it" in report, CANARY in report) == (True, not is_chosen)


def test_in_development_the_report_is_djangos_own(
    handler: Handler, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = True
    monkeypatch.setattr(base, "read_body", _crash)
    assert _send(_client(), "/token/", form=True, HTTP_DPOP="").status_code == 500
    assert f"{CANARY}-query-code" in handler.sent[0]


seen: Final[list[Any]] = []


def _noting(get_response: Any) -> Any:
    """A middleware."""

    def answer(request: Any) -> Any:
        response = get_response(request)
        seen.append((request.GET.get("a"), request.META["QUERY_STRING"]))
        return response

    return answer


def test_a_right_answer_keeps_its_query(ada: Any, settings: Any) -> None:
    """What stands around the view may want to know it."""
    seen.clear()
    settings.MIDDLEWARE = [f"{__name__}._noting"]
    assert Client().post("/token/?a=b", {"username": "ada", "password": PASSWORD}).status_code == 200
    assert seen == [("b", "a=b")]

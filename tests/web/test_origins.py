"""The proof that a page of ours asks: exact origins, Fetch Metadata, and something that no form can send."""

from typing import Any

import pytest
from django.test import override_settings

from keyturn.defence.models import AttemptCounter
from keyturn.sessions.models import Session
from tests.contract.caller import PASSWORD, Caller
from tests.web.page import ORIGIN, SECURE_ORIGIN, Page

pytestmark = pytest.mark.django_db

APP = "https://app.example.com"
WEB = {"WEB_ORIGINS": [APP]}
BY_HEADER = {"WEB_ORIGINS_BY_HEADER": [APP]}
FORM = "application/x-www-form-urlencoded"

LOOK_ALIKES = [
    None,
    "",
    "null",
    "NULL",
    "*",
    "testserver",
    "//testserver",
    "http://testserver:80",
    "http://testserver:8080",
    "http://testserver.",
    "http://testserver/",
    "http://testserver/x",
    "http://testserver?",
    "http://testserver#",
    " http://testserver",
    "http://testserver ",
    "HTTP://TESTSERVER",
    "https://testserver",
    "ws://testserver",
    "file://",
    "http://evil.example",
    "http://testserver.evil.example",
    "http://eviltestserver",
    "http://testserver@evil.example",
    "http://evil.example/http://testserver",
    "http://xn--testserver-.example",
    "http://127.0.0.1",
    "http://[::1]",
    f"{ORIGIN} {ORIGIN}",
    f"{ORIGIN}, http://evil.example",
    f"http://evil.example, {ORIGIN}",
    "http://testserver\x00",
    "http://testserv\u00e9r",
    "chrome-extension://abcdefgh",
    "capacitor://localhost",
    "x" * 8000,
]


def assert_refused_unread(answer: Any) -> None:
    """403 in our words; no cookie, no session, nothing counted."""
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")
    assert set(answer.json()) == {"detail", "code"}
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies
    assert not Session.objects.exists()
    assert not AttemptCounter.objects.exists()


@pytest.mark.parametrize("origin", LOOK_ALIKES)
def test_only_our_very_own_origin_may_sign_in(page, ada, origin):
    assert_refused_unread(page.try_sign_in(HTTP_ORIGIN=origin))


@pytest.mark.parametrize("origin", LOOK_ALIKES)
@pytest.mark.parametrize("path", ["/token/refresh/", "/token/blacklist/"])
def test_only_our_very_own_origin_may_use_the_cookie(page, ada, origin, path):
    page.sign_in()
    answer = page.call("POST", path, {}, HTTP_ORIGIN=origin)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")
    assert not answer.cookies
    assert Session.objects.filter(generation=0, revoked_at=None).count() == 1


@pytest.mark.parametrize(
    "origin",
    [
        *LOOK_ALIKES[1:4],
        "https://app.example.com.evil.example",
        "https://evil.app.example.com",
        "https://app.example.com:444",
        "https://app.example.com:443",
        "http://app.example.com",
        "https://APP.example.com",
        "https://app.example.com/",
        "https://app-example.com",
        "https://appXexample.com",
        "https://example.com",
    ],
)
@pytest.mark.parametrize("keyturn", [WEB, BY_HEADER])
def test_only_the_configured_origin_itself_may_sign_in_from_elsewhere(page, ada, settings, origin, keyturn):
    settings.KEYTURN = keyturn
    assert_refused_unread(page.try_sign_in(HTTP_ORIGIN=origin, HTTP_SEC_FETCH_SITE="same-site"))


@pytest.mark.parametrize("site", ["same-site", "cross-site", "same-origin", None])
@pytest.mark.parametrize("keyturn", [WEB, BY_HEADER])
def test_a_page_of_a_configured_origin_is_a_web_client(page, ada, settings, site, keyturn):
    settings.KEYTURN = keyturn
    page.headers |= {"HTTP_ORIGIN": APP, "HTTP_SEC_FETCH_SITE": site}
    page.sign_in()
    page.refresh()


def test_a_configured_origin_needs_no_header_of_ours_where_its_body_is_json(page, ada, settings):
    settings.KEYTURN = WEB
    page.headers |= {"HTTP_ORIGIN": APP, "HTTP_X_KEYTURN_CLIENT": None, "HTTP_SEC_FETCH_SITE": "same-site"}
    page.sign_in()
    page.refresh()
    assert page.call("POST", "/token/blacklist/", {}).status_code == 200
    assert page.cookie("refresh") is None


def test_a_configured_origin_may_be_a_bearer_client_if_it_says_so(page, ada, settings):
    settings.KEYTURN = WEB
    answer = page.try_sign_in(HTTP_ORIGIN=APP, HTTP_X_KEYTURN_CLIENT="bearer")
    assert set(answer.json()) == {"access", "refresh"}
    assert not answer.cookies


def test_an_origin_that_must_say_so_is_a_bearer_client_until_it_does(page, ada, settings):
    settings.KEYTURN = BY_HEADER
    answer = page.try_sign_in(HTTP_ORIGIN=APP, HTTP_X_KEYTURN_CLIENT=None)
    assert set(answer.json()) == {"access", "refresh"}
    assert not answer.cookies


@pytest.mark.parametrize(
    "content_type",
    [FORM, "multipart/form-data; boundary=x", "text/plain", "text/plain; application/json", "application/jsonp", ""],
)
@pytest.mark.parametrize("path", ["/token/", "/token/refresh/", "/token/blacklist/"])
def test_what_a_form_can_send_is_refused_even_from_a_configured_origin(page, ada, settings, content_type, path):
    settings.KEYTURN = WEB
    answer = page.call(
        "POST",
        path,
        f"username=ada&password={PASSWORD}",
        content_type=content_type,
        HTTP_ORIGIN=APP,
        HTTP_X_KEYTURN_CLIENT=None,
    )
    assert_refused_unread(answer)


def test_an_empty_header_is_none(page, ada, settings):
    settings.KEYTURN = WEB
    answer = page.call("POST", "/token/refresh/", "", content_type=FORM, HTTP_ORIGIN=APP, HTTP_X_KEYTURN_CLIENT="")
    assert_refused_unread(answer)


def test_our_own_origin_called_cross_site_is_refused(page, ada):
    assert_refused_unread(page.try_sign_in(HTTP_SEC_FETCH_SITE="cross-site"))


def test_a_browser_without_fetch_metadata_is_judged_by_its_origin(page, ada):
    page.headers |= {"HTTP_SEC_FETCH_SITE": None, "HTTP_SEC_FETCH_MODE": None}
    page.sign_in()
    page.refresh()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/me/", "/sessions/", "/logout/", "/logout/all/", "/token/verify/", "/revoke/"])
def test_every_call_of_a_web_client_that_may_change_something_gives_the_proof(page, ada, method, path):
    access = page.sign_in()
    answer = page.call(method, path, {}, access=access, HTTP_ORIGIN="https://evil.example")
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")
    assert not Session.objects.exclude(revoked_at=None).exists()


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("origin", [None, "null", "https://evil.example"])
def test_calls_that_only_read_are_asked_nothing(page, ada, method, origin):
    access = page.sign_in()
    assert page.call(method, "/me/", access=access, HTTP_ORIGIN=origin).status_code == 200


def test_over_tls_the_origin_of_the_same_host_without_tls_is_another(ada):
    page = Page(secure=True)
    answer = page.try_sign_in(HTTP_ORIGIN=ORIGIN)
    assert_refused_unread(answer)
    page.headers["HTTP_ORIGIN"] = SECURE_ORIGIN
    page.sign_in()


@pytest.mark.parametrize(
    "public", ["https://auth.example.com", "https://auth.example.com/accounts", "https://AUTH.example.com:443"]
)
def test_the_public_url_is_our_own_origin_whatever_a_proxy_makes_of_the_host(page, ada, settings, public):
    settings.KEYTURN = {"PUBLIC_URL": public}
    page.headers["HTTP_ORIGIN"] = "https://auth.example.com"
    page.sign_in()
    page.refresh()


@override_settings(ALLOWED_HOSTS=["good.example"])
def test_a_host_that_is_none_of_ours_makes_no_origin_ours(page, ada):
    answer = page.try_sign_in(HTTP_HOST="evil.example", HTTP_ORIGIN="http://evil.example")
    assert answer.status_code == 400
    assert not answer.cookies
    assert not Session.objects.exists()


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("mode", ["navigate", "no-cors", "nested-navigate"])
@pytest.mark.parametrize("path", ["/token/", "/token/refresh/", "/token/blacklist/", "/token/verify/"])
def test_a_form_of_another_site_cannot_use_up_a_visitors_attempts(ada, site, mode, path):
    answer = Caller().form(
        path,
        {"username": "ada", "password": "wrong"},
        HTTP_ORIGIN="https://evil.example",
        HTTP_SEC_FETCH_SITE=site,
        HTTP_SEC_FETCH_MODE=mode,
    )
    assert_refused_unread(answer)


def test_a_link_from_another_site_leads_to_the_browsable_page_as_before(ada, settings):
    settings.DEBUG = True
    link = {"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_SEC_FETCH_MODE": "navigate", "HTTP_ACCEPT": "text/html"}
    answer = Caller().call("GET", "/token/", **link)
    assert answer.status_code == 405
    assert "<form" in answer.content.decode()


@pytest.mark.parametrize(
    ("site", "mode"),
    [
        ("cross-site", "cors"),
        ("same-site", "cors"),
        ("same-origin", "navigate"),
        ("none", "navigate"),
        ("cross-site", None),
        (None, "navigate"),
        ("nonsense", "nonsense"),
    ],
)
def test_scripts_and_forms_of_our_own_pages_are_answered_as_before(ada, site, mode):
    fetch = {"HTTP_SEC_FETCH_SITE": site, "HTTP_SEC_FETCH_MODE": mode}
    sent = {name: value for name, value in fetch.items() if value is not None}
    answer = Caller().form("/token/", {"username": "ada", "password": PASSWORD}, **sent)
    assert set(answer.json()) == {"access", "refresh"}


def test_the_refusal_is_logged_with_where_it_came_from_and_where_to_name_it(page, ada, caplog):
    page.try_sign_in(HTTP_ORIGIN="https://app.example.net")
    told = [record.getMessage() for record in caplog.records if record.name == "keyturn.api"]
    assert any("https://app.example.net" in line and "WEB_ORIGINS" in line for line in told)
    assert PASSWORD not in "".join(told)

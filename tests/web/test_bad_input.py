"""Whatever is sent to a web client's doors: 4xx in JSON with ``detail`` and ``code``, no cookie, nothing changed."""

import json
from typing import Any

import pytest

from keyturn.sessions.models import Session
from tests.contract.caller import claims
from tests.web.page import Page

pytestmark = pytest.mark.django_db

JSON = "application/json"
DEEP = "[" * 20_000 + "]" * 20_000
REFUSED_AS_JSON = {
    "no JSON": b"{",
    "trailing text": b"{} {}",
    "single quotes": b"{'optional': true}",
    "NaN": b'{"optional": NaN}',
    "a name twice": b'{"optional": true, "optional": false}',
    "bad UTF-8": b'{"optional": "\xff\xfe"}',
    "UTF-16": '{"optional": true}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"optional": true}',
    "deep": DEEP.encode(),
    "deep objects": (b'{"a":' * 5_000) + b"1" + b"}" * 5_000 + b"]",
    "a control character": b'{"optional": "\x01"}',
}
ODD_BUT_JSON = {
    "null": b"null",
    "a list": b"[]",
    "a number": b"7",
    "a text": b'"refresh"',
    "false": b"false",
}
OPTIONAL = {
    "a list": [True],
    "an object": {"optional": True},
    "a text": "true",
    "a NUL": "\0",
    "half a surrogate pair": "\ud800",
    "a number": 1,
    "null": None,
    "a long text": "x" * 10_000,
}


def assert_told(answer: Any, *statuses: int) -> dict[str, Any]:
    """A refusal in our form, which leaves all cookies as they are."""
    assert answer.status_code in statuses, (answer.status_code, answer.content[:300])
    body: dict[str, Any] = answer.json()
    assert isinstance(body["detail"], str)
    assert isinstance(body["code"], str)
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"
    return body


@pytest.fixture
def signed_in(page: Page, ada: Any) -> Page:
    """A page with a session at generation 0."""
    page.sign_in()
    return page


@pytest.fixture
def unchanged(signed_in: Page) -> Any:
    """After the test the session is as it was, and its cookie still works."""
    yield
    session = Session.objects.get()
    assert (session.generation, session.revoked_at) == (0, None)
    signed_in.refresh()


DOORS = pytest.mark.parametrize("path", ["/token/refresh/", "/token/blacklist/"])


@DOORS
@pytest.mark.parametrize("what", REFUSED_AS_JSON)
def test_a_body_that_is_no_json_is_refused_unused(signed_in, unchanged, path, what):
    assert assert_told(signed_in.call("POST", path, REFUSED_AS_JSON[what]), 400)["code"] == "parse_error"


@DOORS
@pytest.mark.parametrize("what", ODD_BUT_JSON)
def test_a_body_that_is_no_object_is_refused_unused(signed_in, unchanged, path, what):
    assert assert_told(signed_in.call("POST", path, ODD_BUT_JSON[what]), 400)["code"] == "invalid"


@pytest.mark.parametrize("what", OPTIONAL)
def test_an_optional_of_another_kind_is_refused(page, ada, what):
    body = assert_told(page.call("POST", "/token/refresh/", json.dumps({"optional": OPTIONAL[what]}).encode()), 400)
    assert body["optional"] == ["Must be a valid boolean."]


@DOORS
def test_a_body_too_long_is_refused_unread(signed_in, unchanged, path, settings):
    settings.KEYTURN = {"MAX_BODY_BYTES": 1024}
    assert_told(signed_in.call("POST", path, {"refresh": "x" * 2_000}), 413)


@DOORS
@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "image/png"])
def test_another_content_type_is_refused(signed_in, unchanged, path, content_type):
    assert_told(signed_in.call("POST", path, b"{}", content_type=content_type), 415)


@DOORS
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_another_method_is_refused(signed_in, unchanged, path, method):
    answer = signed_in.call(method, path, {} if method != "GET" else None)
    assert assert_told(answer, 405)["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    "raw",
    [
        "x",
        ".",
        "..",
        "a.b.c",
        "e30.e30.",
        "e30.bnVsbA.e30",
        "e30.W10.e30",
        "e30.eyJzaWQiOiBbXX0.e30",
        "eyJhbGciOiJub25lIn0.eyJnZW4iOjB9.",
        "\x00",
        "\x7f",
        "\xff" * 40,
        "é.é.é",
        "x" * 8_000,
        "%00",
        '"quoted"',
        "true",
        "undefined",
        "null",
    ],
)
def test_a_cookie_that_is_no_token_of_ours_is_refused_and_left(signed_in, raw):
    good = signed_in.held("refresh")
    signed_in.hold("refresh", raw)
    body = assert_told(signed_in.try_refresh(), 401)
    assert body["reason"] in {"malformed", "bad_signature", "unknown_key", "refresh_missing"}
    signed_in.browser.cookies[signed_in.cookie("refresh").key] = good
    signed_in.refresh()


def test_an_access_token_in_the_cookie_is_none_to_refresh_with(signed_in, unchanged):
    good = signed_in.held("refresh")
    access = signed_in.try_sign_in(HTTP_X_KEYTURN_CLIENT="bearer").json()["access"]
    Session.objects.filter(pk=claims(access)["sid"]).delete()
    signed_in.hold("refresh", access)
    assert assert_told(signed_in.try_refresh(), 401)["reason"] == "wrong_type"
    signed_in.hold("refresh", good)


@pytest.mark.parametrize(
    "header",
    [
        "=",
        ";;;;",
        "keyturn_refresh",
        "keyturn_refresh_=; =x",
        "\xff=\xfe",
        "a=b" * 3_000,
        "; ".join(f"c{number}=x" for number in range(500)),
        'keyturn_refresh_00000000="\\000"',
        "$Version=1; $Path=/",
        "keyturn_refresh_\x00=x",
    ],
)
def test_a_cookie_header_that_no_browser_writes_holds_no_token(page, ada, header):
    answer = page.browser.post(
        "/token/refresh/", b"{}", content_type=JSON, HTTP_COOKIE=header, **{k: v for k, v in page.headers.items() if v}
    )
    assert assert_told(answer, 401)["reason"] == "refresh_missing"


@pytest.mark.parametrize("device", ["x", "\xff" * 43, "", "a" * 8_000, "null"])
def test_a_device_that_is_none_of_ours_does_not_open_a_bound_session(signed_in, device):
    signed_in.hold("device", device)
    answer = signed_in.try_refresh()
    assert (answer.status_code, answer.json()["reason"]) == (401, "refresh_reused")
    assert signed_in.cookie("refresh") is None


@pytest.mark.parametrize(
    "header",
    [
        {"HTTP_SEC_FETCH_SITE": "Cross-Site"},
        {"HTTP_SEC_FETCH_SITE": ""},
        {"HTTP_SEC_FETCH_SITE": "x" * 5_000},
        {"HTTP_SEC_FETCH_MODE": "\xff"},
        {"HTTP_REFERER": "https://evil.example/"},
    ],
)
def test_other_words_in_fetch_metadata_change_nothing_for_a_page_of_ours(page, ada, header):
    page.headers |= header
    page.sign_in()
    page.refresh()


def test_what_a_user_is_called_does_not_reach_a_header(db, django_user_model):
    name = 'x"><script>alert(1)</script>'
    django_user_model.objects.create_user(name, password="correct horse battery staple")
    page = Page(user_agent='<script>"\u00e9\r')
    answer = page.try_sign_in(name)
    assert answer.status_code == 200
    assert "script" not in str(answer.cookies)
    page.refresh()

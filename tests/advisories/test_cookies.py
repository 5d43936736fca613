"""Tokens in cookies, and requests forged from other sites, elsewhere. A web client of Keyturn's is tried on each."""

import pytest
from django.contrib.auth import get_user_model

from keyturn.sessions.models import Session
from tests.contract.caller import PASSWORD, claims
from tests.web.page import Page

pytestmark = pytest.mark.django_db

EVIL = "https://evil.example"
FORM = "application/x-www-form-urlencoded"
CHANGES = [
    ("POST", "/token/refresh/"),
    ("POST", "/token/blacklist/"),
    ("POST", "/logout/"),
    ("POST", "/logout/all/"),
    ("DELETE", "/sessions/"),
    ("DELETE", "/me/"),
    ("PATCH", "/me/"),
]


@pytest.fixture
def victim():
    """A page of ours in which somebody is signed in."""
    for name in ("ada", "eve"):
        get_user_model().objects.create_user(name, password=PASSWORD)
    page = Page()
    page.sign_in("ada")
    return page


def forged(victim, method, path, body="", **headers):
    """What a form or a script on another site makes the victim's browser send, were the cookie not ``SameSite``."""
    told: dict[str, str | None] = {
        "HTTP_ORIGIN": EVIL,
        "HTTP_SEC_FETCH_SITE": "cross-site",
        "HTTP_SEC_FETCH_MODE": "no-cors",
    }
    told["HTTP_X_KEYTURN_CLIENT"] = None
    return victim.call(method, path, body, content_type=FORM, **{**told, **headers})


def assert_nothing_happened(victim, answer):
    assert 400 <= answer.status_code < 500
    assert not answer.cookies
    session = Session.objects.get()
    assert (session.generation, session.revoked_at) == (0, None)
    victim.refresh()


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_drf_jwt_338_a_token_in_a_cookie_is_no_leave_for_other_sites(victim, method, path):
    """django-rest-framework-jwt with ``JWT_AUTH_COOKIE`` took the cookie of any request, whoever had sent it."""
    assert_nothing_happened(victim, forged(victim, method, path))


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize("origin", [EVIL, "null", None])
def test_cve_2011_0696_a_header_alone_is_no_proof_of_a_page_of_ours(victim, method, path, origin):
    """Django up to 1.2.4 let requests with ``X-Requested-With`` pass, which plug-ins and redirects could forge."""
    answer = forged(
        victim, method, path, HTTP_X_KEYTURN_CLIENT="web", HTTP_X_REQUESTED_WITH="XMLHttpRequest", HTTP_ORIGIN=origin
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")
    assert_nothing_happened(victim, answer)


def test_cve_2016_7401_a_cookie_inside_of_another_ones_value_is_none(victim):
    """Django up to 1.9.9 read cookies that a tracker's cookie had been made to contain."""
    refresh = victim.cookie("refresh")
    attacker = Page()
    sid = claims(attacker.sign_in("eve"))["sid"]
    Session.objects.filter(pk=sid).update(revoked_at=None)
    held = f"{refresh.key}={attacker.held('refresh')}"
    for header in (f"__utmz=x]{held}", f"__utmz=x,{held}", f'__utmz="x; {held}"', f"__utmz=x {held}"):
        answer = victim.call("POST", "/token/refresh/", {"optional": True}, HTTP_COOKIE=header)
        assert answer.status_code in {204, 401}, header
        assert not answer.cookies
    assert Session.objects.get(pk=sid).generation == 0


def test_owasp_login_csrf_nobody_is_signed_in_as_somebody_else_by_another_site(victim):
    """A forged sign-in puts the victim into the thief's account, who later reads what the victim did there."""
    before = victim.held("refresh")
    answer = forged(victim, "POST", "/token/", f"username=eve&password={PASSWORD}")
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")
    assert victim.held("refresh") == before
    assert_nothing_happened(victim, answer)


@pytest.mark.parametrize("tree", ["app", "browser"])
@pytest.mark.parametrize("kind", ["web", None])
@pytest.mark.parametrize("content_type", [FORM, "text/plain", "multipart/form-data; boundary=x"])
def test_owasp_login_csrf_nor_at_the_other_doors(victim, tree, kind, content_type):
    """The same, with a body of JSON that calls itself what a form may send."""
    body = '{"username": "eve", "password": "' + PASSWORD + '"}'
    answer = victim.call(
        "POST",
        f"/auth/{tree}/v1/auth/login",
        body,
        content_type=content_type,
        HTTP_ORIGIN=EVIL,
        HTTP_SEC_FETCH_SITE="cross-site",
        HTTP_SEC_FETCH_MODE="no-cors",
        HTTP_X_KEYTURN_CLIENT=kind,
    )
    assert answer.status_code in {403, 415}
    assert_nothing_happened(victim, answer)


@pytest.mark.parametrize("kind", ["web", "bearer", None])
def test_dj_rest_auth_383_the_refresh_token_is_in_one_place(victim, kind):
    """dj-rest-auth wrote the refresh token into an ``HttpOnly`` cookie, and into the body for every script to read."""
    answer = victim.try_sign_in("eve", HTTP_X_KEYTURN_CLIENT=kind)
    in_cookies = any("refresh" in name for name in answer.cookies)
    assert in_cookies == (kind == "web")
    assert ("refresh" in answer.json()) == (kind != "web")


def test_rfc_6265_another_host_of_the_site_cannot_plant_a_cookie_of_ours():
    """Section 8.6: a cookie with a ``Domain`` comes along like one's own. No browser takes one named ``__Host-``."""
    get_user_model().objects.create_user("ada", password=PASSWORD)
    page = Page(secure=True)
    page.sign_in("ada")
    planted, real = page.held("refresh"), page.cookie("refresh").key
    page.call("POST", "/token/blacklist/", {})
    page.browser.cookies[real.removeprefix("__Host-")] = planted
    page.browser.cookies["keyturn_refresh"] = planted
    assert page.try_refresh().json()["reason"] == "refresh_missing"


def test_cors_misconfiguration_an_origin_is_not_trusted_for_being_reflected(settings):
    """django-cors-headers set to answer all origins, with credentials: the doors still know whom they serve."""
    settings.CORS_ALLOW_ALL_ORIGINS = settings.CORS_ALLOW_CREDENTIALS = True
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "corsheaders"]
    settings.MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *settings.MIDDLEWARE]
    get_user_model().objects.create_user("ada", password=PASSWORD)
    page = Page()
    page.sign_in("ada")
    answer = page.call("POST", "/token/refresh/", {}, HTTP_ORIGIN=EVIL, HTTP_SEC_FETCH_SITE="cross-site")
    assert answer["Access-Control-Allow-Origin"] == EVIL
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")
    page.refresh()

"""Cookies know no ports and no paths: two Keyturns on one host must not touch each other's."""

import pytest
from django.test import Client
from django.urls import set_script_prefix
from django.utils import translation

from keyturn.api.web_cookies import _prefix, tag_of
from tests.contract.caller import claims
from tests.web.page import Page

pytestmark = pytest.mark.django_db


def on_port(page: Page, port: int) -> dict[str, str]:
    return {"HTTP_HOST": f"localhost:{port}", "HTTP_ORIGIN": f"http://localhost:{port}"}


def held(browser: Client) -> dict[str, str]:
    return {name: one.value for name, one in browser.cookies.items() if "refresh" in name and one.value}


def test_servers_on_two_ports_have_cookies_of_their_own(page, ada, eve):
    first, second = on_port(page, 8000), on_port(page, 8001)
    page.try_sign_in("ada", **first)
    page.try_sign_in("eve", **second)
    assert len(held(page.browser)) == 2
    one = page.try_refresh(**first).json()["access"]
    other = page.try_refresh(**second).json()["access"]
    assert (claims(one)["user_id"], claims(other)["user_id"]) == (str(ada.pk), str(eve.pk))
    page.call("POST", "/token/blacklist/", {}, **first)
    assert page.try_refresh(**first).json()["reason"] == "refresh_missing"
    assert page.try_refresh(**second).status_code == 200


def test_two_public_urls_have_cookies_of_their_own_whatever_host_is_asked(page, ada, settings):
    settings.KEYTURN = {"PUBLIC_URL": "http://localhost:8000"}
    page.try_sign_in(**on_port(page, 8000))
    assert page.try_refresh(**on_port(page, 5173)).status_code == 200
    settings.KEYTURN = {"PUBLIC_URL": "http://localhost:8001"}
    assert page.try_refresh(**on_port(page, 8001)).json()["reason"] == "refresh_missing"


@pytest.mark.urls("tests.contract.prefixed_urls")
def test_the_prefix_that_keyturn_is_mounted_at_tells_its_cookies_apart(page, ada, settings, rf):
    prefixed = tag_of(rf.get("/"))
    settings.ROOT_URLCONF = "tests.urls"
    assert tag_of(rf.get("/")) != prefixed


def test_a_script_name_tells_cookies_apart(ada, rf):
    before = tag_of(rf.get("/"))
    set_script_prefix("/accounts/")
    try:
        assert tag_of(rf.get("/")) != before
    finally:
        set_script_prefix("/")


@pytest.mark.urls("tests.web.urls_by_language")
def test_the_tag_is_the_same_in_every_language(rf):
    found = set()
    for language in ("en", "de", None):
        _prefix.cache_clear()
        with translation.override(language):
            found.add(tag_of(rf.get("/")))
    assert len(found) == 1


def test_over_tls_a_cookie_of_the_plain_name_is_not_read(ada):
    page = Page(secure=True)
    page.sign_in()
    cookie = page.cookie("refresh")
    page.browser.cookies[cookie.key.removeprefix("__Host-")] = cookie.value
    del page.browser.cookies[cookie.key]
    assert page.try_refresh().json()["reason"] == "refresh_missing"


@pytest.mark.parametrize("what", ["refresh", "device"])
@pytest.mark.parametrize("name", ["keyturn_{}", "__Host-keyturn_{}_00000000", "KEYTURN_{}", "keyturn_{}_"])
def test_cookies_of_other_names_are_not_looked_at(page, ada, what, name):
    page.sign_in()
    page.browser.cookies[name.format(what)] = "somebody else's"
    page.refresh()


@pytest.mark.parametrize("blank", ["\u2000", "\u3000", "\xa0", "\x85", "\x1c", "\x0b"])
@pytest.mark.parametrize("what", ["refresh", "device"])
def test_a_name_that_python_strips_to_ours_was_written_by_a_subdomain_and_is_not_read(ada, eve, blank, what):
    page, tossed = Page(secure=True), Page(secure=True)
    page.sign_in()
    tossed.sign_in("eve")
    ours, theirs = page.cookie(what), tossed.cookie(what)
    header = "; ".join(
        [
            *(f"{cookie.key}={cookie.value}" for cookie in map(page.cookie, ("refresh", "device"))),
            f"{blank}{theirs.key}={theirs.value}",
        ]
    )
    assert ours.key == theirs.key
    # As WSGI has it: bytes in Latin-1 (PEP 3333).
    answer = page.try_refresh(HTTP_COOKIE=header.encode().decode("latin-1"))
    assert answer.status_code == 200
    assert claims(answer.json()["access"])["sub"] == str(ada.pk)

"""Web clients that hold a key: the refresh token is in the cookie, and the cookie alone is worth nothing."""

import pytest

from tests.contract.caller import PASSWORD, claims, session_of, turn_back
from tests.dpop.key import DpopKey
from tests.web.page import ORIGIN, Page

KEY = DpopKey()


class KeyPage(Page):
    """A page that sends a proof with each call."""

    def call(self, method, path, body=None, *, access=None, **more):
        if access is not None:
            more["HTTP_AUTHORIZATION"] = f"DPoP {access}"
        more.setdefault("HTTP_DPOP", KEY.proof(method, ORIGIN + path, token=access))
        return super().call(method, path, body, **more)


@pytest.fixture
def page(ada):
    return KeyPage()


def signed_in(page):
    answer = page.try_sign_in()
    assert answer.status_code == 200, answer.content
    assert set(answer.json()) == {"access", "token_type"}
    return answer.json()["access"]


def test_a_page_with_a_key_is_bound_to_the_key_and_not_to_its_device_cookie(page):
    access = signed_in(page)
    session = session_of(access)
    assert session.binding_kind == "dpop"
    assert claims(access)["cnf"] == {"jkt": KEY.thumbprint}
    assert page.call("GET", "/me/", access=access).status_code == 200
    page.lose("device")
    again = page.try_refresh()
    assert set(again.json()) == {"access", "token_type"}


def test_a_lost_reply_is_recovered_hours_later(page):
    access = signed_in(page)
    for _ in range(3):
        held = page.held("refresh")
        assert page.try_refresh().status_code == 200
        page.hold("refresh", held)
        turn_back(access, hours=9)
        assert page.try_refresh().status_code == 200
    assert session_of(access).revoked_at is None


@pytest.mark.parametrize("theft", ["no proof", "a key of its own", "no proof, as a bearer client"])
def test_the_stolen_cookies_are_dead_at_their_first_use_and_the_victim_hears_why(page, theft):
    access = signed_in(page)
    thief = Page(user_agent="Other/1")
    thief.browser.cookies = page.browser.cookies.copy()
    if theft == "a key of its own":
        proof = DpopKey().proof("POST", f"{ORIGIN}/token/refresh/")
        answer = thief.try_refresh(HTTP_DPOP=proof)
    elif theft == "no proof":
        answer = thief.try_refresh()
    else:
        body = {"refresh": page.held("refresh")}
        answer = thief.try_refresh(body, HTTP_X_KEYTURN_CLIENT="bearer")
    assert (answer.status_code, answer.json()["reason"]) == (401, "refresh_reused")
    assert session_of(access).revoked_reason == "refresh_reused"
    told = page.try_refresh()
    assert (told.status_code, told.json()["reason"]) == (401, "refresh_reused")
    assert page.cookie("refresh") is None


def test_a_broken_proof_takes_no_cookie_and_ends_nothing(page):
    access = signed_in(page)
    held = page.held("refresh")
    for proof in ("x", KEY.proof("POST", f"{ORIGIN}/token/refresh/", iat=1)):
        answer = page.try_refresh(HTTP_DPOP=proof)
        assert answer.status_code == 400
        assert answer.json()["code"] in {"invalid_dpop_proof", "use_dpop_nonce"}
        assert len(answer["DPoP-Nonce"]) == 32
        assert page.held("refresh") == held
    assert session_of(access).generation == 0
    assert page.try_refresh().status_code == 200


def test_a_browser_may_gain_a_key_later(ada):
    plain = Page()
    access = plain.sign_in()
    page = KeyPage()
    page.browser.cookies = plain.browser.cookies
    answer = page.try_refresh()
    assert set(answer.json()) == {"access"}
    assert "cnf" not in claims(answer.json()["access"])
    assert session_of(access).binding_kind == "cookie"
    assert Page.call(page, "GET", "/me/", access=answer.json()["access"]).status_code == 200


def test_signing_in_by_a_flow_and_changing_the_password_keep_the_key(page):
    answer = page.call("POST", "/auth/browser/v1/auth/login", {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    meta = answer.json()["meta"]
    assert meta["token_type"] == "DPoP"
    assert "refresh_token" not in meta
    changed = page.call(
        "POST",
        "/auth/browser/v1/account/password/change",
        {"current_password": PASSWORD, "new_password": "another horse battery staple"},
        access=meta["access_token"],
    )
    assert changed.status_code == 200, changed.content
    access = changed.json()["meta"]["access_token"]
    assert claims(access)["cnf"] == {"jkt": KEY.thumbprint}
    assert page.try_refresh().status_code == 200


def test_a_browser_without_a_cookie_is_told_so_with_a_proof_too(page):
    assert page.try_refresh({"optional": True}).status_code == 204
    assert page.try_refresh().json()["reason"] == "refresh_missing"

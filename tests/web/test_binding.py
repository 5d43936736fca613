"""A web client's session is bound to the browser's device cookie: the refresh token alone is worth nothing."""

import hashlib

import pytest

from keyturn.sessions.models import Session
from tests.contract.caller import CHROME, Caller, assert_refused, session_of, turn_back
from tests.web.page import Page

pytestmark = pytest.mark.django_db


def stolen(page: Page, *, user_agent: str = CHROME) -> Page:
    """Another browser with the refresh cookie of this one, and nothing else."""
    thief = Page(user_agent=user_agent)
    cookie = page.cookie("refresh")
    thief.browser.cookies[cookie.key] = cookie.value
    return thief


def test_the_session_holds_the_hash_of_the_device_and_never_the_device(page, ada):
    page.sign_in()
    session = session_of(page.held("refresh"))
    assert session.binding_kind == "cookie"
    assert session.binding_hash == hashlib.sha256(page.held("device").encode()).hexdigest()


def test_a_stolen_refresh_cookie_is_dead_at_its_first_use_and_the_victim_hears_why(page, ada):
    page.sign_in()
    assert_refused(stolen(page).try_refresh(), "refresh_reused")
    assert_refused(page.try_refresh(), "refresh_reused")
    assert page.cookie("refresh") is None
    assert session_of_only().revoked_reason == "refresh_reused"


def session_of_only() -> Session:
    return Session.objects.get()


def test_a_stolen_refresh_cookie_is_dead_with_the_same_user_agent_and_within_the_grace_time_too(page, ada):
    page.sign_in()
    thief = stolen(page, user_agent=page.browser.defaults["HTTP_USER_AGENT"])
    page.refresh()
    assert_refused(thief.try_refresh(), "refresh_reused")


def test_a_device_of_the_thiefs_own_is_none_of_the_victims(page, ada, eve):
    page.sign_in()
    thief = Page()
    thief.sign_in("eve")
    thief.hold("refresh", page.held("refresh"))
    assert_refused(thief.try_refresh(), "refresh_reused")
    assert session_of(page.held("refresh")).is_revoked


def test_a_stolen_refresh_token_is_dead_as_a_bearer_clients_too(page, ada):
    page.sign_in()
    assert_refused(Caller().try_refresh(page.held("refresh")), "refresh_reused")


def test_not_even_with_the_device_cookie_does_a_bearer_client_refresh_a_web_clients_session(page, ada):
    page.sign_in()
    body = {"refresh": page.held("refresh")}
    answer = page.call("POST", "/token/refresh/", body, HTTP_X_KEYTURN_CLIENT=None)
    assert_refused(answer, "refresh_reused")


def test_asking_whether_a_stolen_token_is_good_ends_nothing(page, ada):
    page.sign_in()
    assert_refused(Caller().verify(page.held("refresh")), "refresh_reused")
    page.refresh()


def test_a_browser_that_lost_a_reply_hours_ago_is_forgiven_after_two_clean_rotations_each_time(page, ada):
    page.sign_in()
    for _ in range(3):
        page.refresh()
        page.refresh()
        before = page.held("refresh")
        page.refresh()
        turn_back(before, hours=3)
        page.hold("refresh", before)
        page.refresh()


def test_a_browser_that_updates_itself_between_two_tries_converges(page, ada):
    page.sign_in()
    before = page.held("refresh")
    page.refresh()
    after = page.held("refresh")
    page.hold("refresh", before)
    page.browser.defaults["HTTP_USER_AGENT"] = CHROME
    page.refresh()
    assert page.held("refresh") == after


def test_a_session_of_a_bearer_client_stays_unbound_in_a_browser_with_a_device(page, ada):
    page.sign_in()
    pair = page.try_sign_in(HTTP_X_KEYTURN_CLIENT="bearer").json()
    assert session_of(pair["refresh"]).binding_kind == ""


def test_a_sliding_token_is_bound_to_nothing(page, ada, settings):
    settings.KEYTURN = {"SLIDING_TOKENS": True}
    token = page.call("POST", "/token/sliding/", {"username": "ada", "password": "correct horse battery staple"})
    assert set(token.json()) == {"token"}
    assert not token.cookies
    assert session_of(token.json()["token"]).binding_kind == ""
    again = Caller().call("POST", "/token/sliding/refresh/", {"token": token.json()["token"]})
    assert again.status_code == 200

"""Signing in over a live cookie: the session that nobody can show any more ends, and nobody else's does."""

import pytest

from keyturn.sessions.models import Session
from keyturn.trail.models import AuditEvent
from tests.contract.caller import PASSWORD, Caller, assert_refused, session_of, turn_back
from tests.web.page import Page

pytestmark = pytest.mark.django_db


def test_the_session_before_ends_and_says_why(page, ada):
    before = page.sign_in()
    after = page.sign_in()
    assert session_of(before).revoked_reason == "signed_in_again"
    assert not session_of(after).is_revoked
    page.refresh()
    event = AuditEvent.objects.get(event="session_revoked")
    assert (event.session_id, event.reason) == (session_of(before).pk, "signed_in_again")
    activity = page.call("GET", "/me/activity/", access=after).json()["results"]
    assert [one["message"] for one in activity if one["event"] == "session_revoked"] == [
        "Firefox on Windows was signed out: somebody signed in there anew."
    ]


def test_somebody_else_who_signs_in_ends_it_too(page, ada, eve):
    before = page.sign_in()
    after = page.sign_in("eve")
    assert session_of(before).revoked_reason == "signed_in_again"
    assert not session_of(after).is_revoked
    assert_refused(page.call("GET", "/me/", access=before), "session_revoked")


def test_by_the_doors_of_accounts_as_well(page, ada):
    before = page.sign_in()
    answer = page.call("POST", "/auth/app/v1/auth/login", {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    assert session_of(before).revoked_reason == "signed_in_again"
    assert Session.objects.filter(revoked_at=None).count() == 1


def test_a_refresh_ends_nothing(page, ada):
    page.sign_in()
    for _ in range(3):
        page.refresh()
    assert not Session.objects.exclude(revoked_at=None).exists()


def test_a_wrong_password_ends_nothing(page, ada):
    before = page.sign_in()
    assert page.try_sign_in(password="wrong").status_code == 401
    assert not session_of(before).is_revoked


@pytest.mark.parametrize("kind", [None, "bearer"])
def test_a_bearer_client_ends_nothing_with_a_cookie_that_happens_to_come_along(page, ada, kind):
    before = page.sign_in()
    assert page.try_sign_in(HTTP_X_KEYTURN_CLIENT=kind).status_code == 200
    assert not session_of(before).is_revoked


def test_an_older_generation_ends_nothing(page, ada):
    before = page.sign_in()
    old = page.held("refresh")
    page.refresh()
    page.hold("refresh", old)
    page.sign_in()
    assert not session_of(before).is_revoked


def test_a_token_that_was_reused_elsewhere_is_not_judged_by_this(page, ada):
    before = page.sign_in()
    old = page.held("refresh")
    for _ in range(3):
        page.refresh()
    turn_back(before, minutes=5)
    page.hold("refresh", old)
    page.sign_in()
    assert not session_of(before).is_revoked
    assert session_of(before).generation == 3


def test_without_the_sessions_device_it_ends_nothing(page, ada):
    before = page.sign_in()
    thief = Page()
    thief.sign_in()
    thief.hold("refresh", page.held("refresh"))
    thief.sign_in()
    assert not session_of(before).is_revoked
    page.refresh()


def test_a_bearers_token_planted_in_the_cookie_ends_a_session_only_as_a_log_out_with_it_would(page, ada, eve):
    planted = Caller().log_in("eve").refresh
    page.sign_in()
    page.hold("refresh", planted)
    page.sign_in()
    assert session_of(planted).revoked_reason == "signed_in_again"


@pytest.mark.parametrize("raw", ["garbage", "a.b.c", "e30.e30.e30", "x" * 4000])
def test_a_cookie_that_holds_no_token_of_ours_is_passed_over(page, ada, raw):
    page.sign_in()
    page.hold("refresh", raw)
    page.sign_in()
    assert not Session.objects.exclude(revoked_at=None).exists()


def test_a_session_that_has_ended_is_passed_over(page, ada):
    before = page.sign_in()
    Caller().call("POST", "/logout/all/", access=before)
    page.sign_in()
    assert session_of(before).revoked_reason == "logout_all"


def test_a_sign_in_without_the_cookie_costs_what_it_did(ada, count_statements):
    Caller().log_in()
    with count_statements() as bearer:
        Caller().log_in()
    with count_statements() as web:
        Page().sign_in()
    assert len(web) == len(bearer), list(web)


def test_a_refresh_that_was_overtaken_by_the_sign_in_does_not_take_the_new_cookie(page, ada):
    page.sign_in()
    late = Page()
    for name, cookie in page.browser.cookies.items():
        late.browser.cookies[name] = cookie.value
    page.sign_in()
    answer = late.try_refresh()
    assert_refused(answer, "session_revoked")
    # The two share a jar: what this answer took back would be gone for both.
    assert not answer.cookies
    page.refresh()


def test_a_cookie_of_a_session_that_ended_otherwise_is_taken_back_as_before(page, ada):
    access = page.sign_in()
    Caller().call("POST", "/logout/all/", access=access)
    assert_refused(page.try_refresh(), "session_revoked")
    assert page.cookie("refresh") is None

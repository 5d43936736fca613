"""The page of a user: live sessions, last events, the account's state, and links to what can be done."""

import html
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from keyturn.clock import utc_now
from keyturn.mfa.enrolling import enrol_totp
from keyturn.mfa.totp import code_at, new_secret, step_at
from keyturn.sessions.models import Session
from keyturn.signin.models import AccountState
from keyturn.signin.users import locked_user
from keyturn.tokens.impersonating import impersonate
from keyturn.trail.events import Event
from keyturn.trail.recording import record
from tests.admin.conftest import allow, browser_of
from tests.contract.caller import CHROME, Caller, claims, session_of

HIDDEN = ("keyturn-acts", "live session", "Last events")


def page(browser: Any, user: Any) -> str:
    answer = browser.get(f"/admin/auth/user/{user.pk}/change/")
    assert answer.status_code == 200, answer.content[:500]
    return html.unescape(answer.content.decode())


def test_the_page_shows_where_the_user_is_signed_in(ada, eve, browser, caller):
    mine, ended = caller.log_in(), caller.log_in()
    Caller(user_agent=CHROME, ip="203.0.113.77").log_in("eve")
    caller.log_out(ended.refresh, ended.access)

    text = page(browser, ada)

    assert "1 live session" in text
    assert "Firefox on Windows" in text
    assert "192.0.2.7" in text
    assert f"/admin/keyturn/session/{session_of(mine.access).pk}/change/" in text
    assert f"/admin/keyturn/session/{session_of(ended.access).pk}/change/" not in text
    assert "203.0.113.77" not in text


def test_the_page_shows_what_happened_last_and_why(ada, eve, root, browser):
    record(Event.LOGIN_FAILED, user_id=ada.pk, reason="bad_credentials")
    record(Event.CODE_REJECTED, user_id=eve.pk, reason="login")
    impersonate(actor=root, user=ada, reason="ticket 4711", now=utc_now())

    text = page(browser, ada)

    assert "login_failed: bad_credentials" in text
    assert "An administrator signed in as you. <q>ticket 4711</q>" in text
    assert "<td>root</td>" in text
    assert "An administrator, acting as the user" in text
    assert "code_rejected" not in text


def test_no_more_than_ten_of_each_are_shown(ada, browser, caller):
    for _ in range(12):
        caller.log_in()
        record(Event.DATA_EXPORTED, user_id=ada.pk)

    text = page(browser, ada)

    assert "12 live sessions" in text
    assert text.count("Firefox on Windows</a>") == 10
    assert text.count("data_exported") == 5


def test_the_state_of_the_account_is_shown(ada, browser):
    long_ago = utc_now() - timedelta(days=40)
    AccountState.objects.create(user=ada, signed_up_at=long_ago, reset_required_at=long_ago)

    text = page(browser, ada)

    assert f"Signed up {long_ago:%Y-%m-%d}" in text
    assert "E-mail not verified" in text
    assert "Must reset the password" in text


def test_what_somebody_wrote_into_the_trail_is_text_and_no_markup(ada, root, browser):
    impersonate(actor=root, user=ada, reason="<script>alert(1)</script>", now=utc_now())
    caller = Caller(user_agent="<img src=x onerror=alert(1)>/1")
    caller.log_in()

    raw = browser.get(f"/admin/auth/user/{ada.pk}/change/").content.decode()

    assert "<script>alert" not in raw
    assert "<img src=x" not in raw
    assert "&lt;script&gt;alert(1)" in raw


def test_no_token_and_no_hash_is_on_the_page(ada, browser, caller):
    tokens = caller.log_in()
    row = Session.objects.get()

    text = page(browser, ada)

    for secret in (
        tokens.access,
        tokens.refresh,
        row.password_fingerprint,
        ada.password,
        claims(tokens.refresh)["jti"],
    ):
        assert secret not in text


def test_the_administrator_sees_no_more_than_the_permissions_allow(ada, support, caller):
    caller.log_in()
    support.user_permissions.clear()
    allow(support, "auth.view_user")

    text = page(browser_of(support), ada)
    assert not [word for word in HIDDEN if word in text]

    allow(support, "keyturn.view_session", "keyturn.view_auditevent", "keyturn.impersonate_user")
    text = page(browser_of(support), ada)
    assert [word for word in HIDDEN if word in text] == list(HIDDEN)
    assert "Act as this user" in text
    assert "End all sessions" not in text


def test_the_factors_are_shown_to_those_who_may_see_them(ada, support, browser):
    secret = new_secret()
    with transaction.atomic():
        code = code_at(secret, step_at(utc_now()))
        codes = enrol_totp(user=locked_user(ada.pk), secrets=[secret], code=code, now=utc_now())

    text = page(browser, ada)

    assert "TOTP Authenticator" in text
    assert "10 of 10 left" in text
    assert not [word for word in (secret, *codes) if word in text]
    assert "TOTP Authenticator" not in page(browser_of(support), ada)


def test_acting_as_the_user_is_offered_only_where_it_is_allowed(root, ada, browser):
    assert "Act as this user" in page(browser, ada)
    assert "Act as this user" not in page(browser, root)


def test_the_page_for_a_new_user_is_djangos_own(browser):
    text = browser.get("/admin/auth/user/add/").content.decode()

    assert "keyturn-user" not in text


def test_saving_the_page_still_saves_the_user(ada, browser, caller):
    tokens = caller.log_in()
    form = {
        "username": "ada",
        "email": "new@example.com",
        "is_active": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
    }

    assert browser.post(f"/admin/auth/user/{ada.pk}/change/", form).status_code == 302

    ada.refresh_from_db()
    assert ada.email == "new@example.com"
    assert caller.home(tokens.access).status_code == 200


def test_a_form_with_mistakes_is_shown_with_the_panel(ada, browser):
    answer = browser.post(f"/admin/auth/user/{ada.pk}/change/", {"username": ""})

    assert answer.status_code == 200
    assert "keyturn-user" in answer.content.decode()


def test_the_page_takes_as_many_statements_for_many_sessions_as_for_one(ada, browser, caller, count_statements):
    caller.log_in()
    page(browser, ada)
    with count_statements() as one:
        page(browser, ada)
    for _ in range(4):
        caller.log_in()
    with count_statements(exactly=len(one)):
        page(browser, ada)


def test_what_the_panel_shows_is_read_once(ada, browser, caller, count_statements):
    caller.log_in()
    page(browser, ada)

    with count_statements() as seen:
        page(browser, ada)

    for table in ('FROM "keyturn_session"', 'FROM "keyturn_audit_event"', 'FROM "keyturn_account"'):
        assert len([statement for statement in seen.statements if table in statement]) == 1, table


def test_the_style_sheet_is_where_the_pages_look_for_it(ada, browser):
    from django.contrib.staticfiles import finders

    assert "static/keyturn/admin.css" in page(browser, ada)
    assert finders.find("keyturn/admin.css") is not None


@override_settings(LANGUAGE_CODE="de")
def test_the_page_works_in_another_language(ada, browser):
    assert "keyturn-user" in page(browser, ada)


@pytest.mark.parametrize("path", ["change", "keyturn/impersonate", "keyturn/unlock"])
def test_the_pages_do_without_scripts_of_ours(ada, browser, path):
    text = browser.get(f"/admin/auth/user/{ada.pk}/{path}/").content.decode()

    assert "keyturn" in text
    assert "onclick=" not in text
    assert 'style="' not in text.partition('<div class="keyturn-user">')[2].partition("</fieldset>")[0]


def test_the_trail_leads_to_the_dashboard(browser):
    assert '<a href="/admin/keyturn/tally/">Dashboard</a>' in browser.get("/admin/keyturn/auditevent/").content.decode()


def test_the_links_to_all_sessions_and_events_show_this_users(ada, eve, browser, caller):
    caller.log_in()
    record(Event.DATA_EXPORTED, user_id=ada.pk)
    record(Event.PROFILE_CHANGED, user_id=eve.pk)

    assert f"/admin/keyturn/session/?q={ada.pk}" in page(browser, ada)
    assert f"/admin/keyturn/auditevent/?q={ada.pk}" in page(browser, ada)
    listed = browser.get(f"/admin/keyturn/auditevent/?q={ada.pk}").content.decode()
    rows = listed.partition('id="result_list"')[2].partition("</table>")[0]
    assert "data_exported" in rows
    assert "profile_changed" not in rows

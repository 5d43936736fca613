"""Accounts, factors and outgoing mail in the admin: to look at, with no secret, code or message on any page."""

import html
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.mail import EmailMessage

from keyturn.clock import stored, utc_now
from keyturn.mail import outbox
from keyturn.mail.models import OutgoingMail
from keyturn.signin.models import AccountState
from tests.admin.conftest import allow, browser_of

ACCOUNTS = "/admin/keyturn/accountstate/"
MAIL = "/admin/keyturn/outgoingmail/"
FACTORS = "/admin/mfa/authenticator/"


@pytest.fixture
def queued(db: None, monkeypatch: pytest.MonkeyPatch) -> OutgoingMail:
    """A mail with a code in it."""
    monkeypatch.setattr(outbox, "is_configured", lambda: True)
    outbox.enqueue(EmailMessage("Your code", "It is CANARY-9417.", to=["ada@example.com"]), kind="email_confirmation")
    return OutgoingMail.objects.get()


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.content[:500]
    return html.unescape(answer.content.decode())


def act(browser: Any, path: str, action: str, *chosen: Any) -> Any:
    return browser.post(path, {"action": action, "_selected_action": [str(one) for one in chosen]}, follow=True)


def test_accounts_are_listed_with_what_stands_between_password_and_session(ada, eve, browser):
    AccountState.objects.create(user=ada, signed_up_at=stored(utc_now()))
    AccountState.objects.create(user=eve, reset_required_at=stored(utc_now()))

    assert "ada" in text_of(browser.get(ACCOUNTS))
    shown = text_of(browser.get(f"{ACCOUNTS}?reset_required_at__isempty=0"))
    assert f"{ACCOUNTS}{eve.pk}/change/" in shown
    assert f"{ACCOUNTS}{ada.pk}/change/" not in shown
    assert f"{ACCOUNTS}{ada.pk}/change/" in text_of(browser.get(f"{ACCOUNTS}?q=ada"))


def test_an_account_can_neither_be_made_nor_changed_nor_lost_by_a_click(ada, browser):
    AccountState.objects.create(user=ada, signed_up_at=stored(utc_now()))
    before = AccountState.objects.values().get()

    assert browser.get(f"{ACCOUNTS}add/").status_code == 403
    browser.post(f"{ACCOUNTS}{ada.pk}/change/", {"verified_at_0": "2026-01-01", "verified_at_1": "00:00", "_save": "1"})
    browser.post(ACCOUNTS, {"action": "delete_selected", "_selected_action": [ada.pk], "post": "yes"})
    assert browser.post(f"{ACCOUNTS}{ada.pk}/delete/", {"post": "yes"}).status_code == 403

    assert AccountState.objects.values().get() == before


def test_deleting_the_user_still_works_with_the_account_and_sessions(ada, browser, caller):
    caller.log_in()
    AccountState.objects.create(user=ada)

    answer = browser.post(f"/admin/auth/user/{ada.pk}/delete/", {"post": "yes"}, follow=True)

    assert "was deleted successfully" in text_of(answer)
    assert not AccountState.objects.exists()


@pytest.mark.parametrize("query", ["user__password__startswith=md5", "user__password__regex=.", "user__is_superuser=1"])
def test_no_filter_tells_of_the_users_own_columns(ada, browser, query):
    AccountState.objects.create(user=ada)

    answer = browser.get(f"{ACCOUNTS}?{query}")

    assert answer.status_code == 400


@pytest.mark.parametrize("path", [f"{MAIL}?kind=%00", "/admin/keyturn/session/?revoked_reason=%00"])
def test_a_filter_that_no_row_can_match_is_refused(browser, path):
    assert browser.get(path).status_code == 400


@pytest.mark.parametrize("path", [ACCOUNTS, MAIL])
@pytest.mark.parametrize("chosen", ["x", "\x00", "9" * 40, "1 OR 1=1", "²"])
def test_what_cannot_be_a_row_is_refused(browser, path, chosen):
    action = "lift_reset" if path == ACCOUNTS else "try_now"

    assert act(browser, path, action, chosen).status_code == 400


@pytest.mark.parametrize("path", [ACCOUNTS, MAIL])
@pytest.mark.parametrize("pk", ["0", "x", "%00", "9" * 30])
def test_a_row_that_is_not_there_leads_back_to_the_list(browser, path, pk):
    assert browser.get(f"{path}{pk}/change/").status_code == 302


def test_a_queued_mail_is_shown_without_what_is_in_it(queued, browser):
    for path in (MAIL, f"{MAIL}{queued.pk}/change/", f"{MAIL}{queued.pk}/history/", f"{MAIL}{queued.pk}/delete/"):
        text = text_of(browser.get(path))
        assert queued.sealed not in text
        for secret in ("CANARY-9417", "Your code", "ada@example.com"):
            assert secret not in text, path
    assert "email_confirmation" in text_of(browser.get(MAIL))
    assert "waiting" in text_of(browser.get(MAIL))


def test_a_mail_that_waits_is_made_due_and_one_that_was_given_up_is_not(queued, browser):
    later = utc_now() + timedelta(hours=1)
    OutgoingMail.objects.update(due_at=stored(later), attempts=3, last_error="connection refused")
    given_up = OutgoingMail.objects.create(
        kind="password_reset",
        created_at=stored(utc_now()),
        due_at=stored(later),
        failed_at=stored(utc_now()),
        sealed="",
    )

    answer = act(browser, MAIL, "try_now", queued.pk, given_up.pk)

    assert "1 mail will be tried." in text_of(answer)
    assert "given up" in text_of(browser.get(MAIL))
    assert OutgoingMail.objects.get(pk=queued.pk).due_at <= stored(utc_now())
    assert OutgoingMail.objects.get(pk=given_up.pk).due_at == stored(later)


def test_a_mail_cannot_be_written_here(queued, browser):
    before = OutgoingMail.objects.values().get()

    assert browser.get(f"{MAIL}add/").status_code == 403
    browser.post(f"{MAIL}{queued.pk}/change/", {"kind": "x", "sealed": "x", "attempts": "7", "_save": "1"})

    assert OutgoingMail.objects.values().get() == before


@pytest.mark.parametrize("query", ["sealed__startswith=a", "sealed__regex=.", "leased_until__isnull=1"])
def test_no_filter_tells_of_a_mails_content(queued, browser, query):
    assert browser.get(f"{MAIL}?{query}").status_code == 400


def test_these_pages_take_their_permissions(queued, ada, support):
    AccountState.objects.create(user=ada, reset_required_at=stored(utc_now()))
    browser = browser_of(support)
    for path in (ACCOUNTS, MAIL, FACTORS):
        assert browser.get(path).status_code == 403

    allow(support, "keyturn.view_accountstate", "keyturn.view_outgoingmail")
    for path in (ACCOUNTS, MAIL):
        assert browser.get(path).status_code == 200
    act(browser, ACCOUNTS, "lift_reset", ada.pk)
    assert AccountState.objects.get().reset_required_at is not None


def test_a_factors_secret_is_on_no_page(ada, browser):
    factor = Authenticator.objects.create(user=ada, type="totp", data={"secret": "CANARYSECRET234"})

    for path in (FACTORS, f"{FACTORS}{factor.pk}/change/", f"{FACTORS}{factor.pk}/delete/"):
        text = text_of(browser.get(path))
        assert "CANARYSECRET" not in text
    assert "totp" in text_of(browser.get(FACTORS)).lower()


@pytest.mark.parametrize("query", ["data__startswith=x", "data__secret__startswith=C", "data__contains=C"])
def test_no_filter_tells_of_a_factors_secret(ada, browser, query):
    Authenticator.objects.create(user=ada, type="totp", data={"secret": "CANARYSECRET234"})

    assert browser.get(f"{FACTORS}?{query}").status_code == 400


def test_a_factor_can_be_neither_made_nor_changed_here(ada, browser):
    factor = Authenticator.objects.create(user=ada, type="totp", data={"secret": "CANARYSECRET234"})

    assert browser.get(f"{FACTORS}add/").status_code == 403
    browser.post(f"{FACTORS}{factor.pk}/change/", {"data": "{}", "type": "webauthn", "_save": "1"})

    factor.refresh_from_db()
    assert (factor.type, factor.data) == ("totp", {"secret": "CANARYSECRET234"})

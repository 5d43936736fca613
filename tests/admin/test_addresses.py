"""E-mail addresses in the admin: added, marked as verified with all that follows from it, and never rewritten."""

import html
from typing import Any

import pytest
from allauth.account.admin import EmailAddressAdmin
from allauth.account.models import EmailAddress
from django.contrib import admin as django_admin
from django.core import mail

from keyturn.api.email_admin import AddressAdmin, install
from keyturn.clock import stored, utc_now
from keyturn.signin.models import AccountState
from keyturn.trail.models import AuditEvent
from tests.admin.conftest import ADMIN_ADDRESS, allow, browser_of
from tests.contract.caller import PASSWORD

LIST = "/admin/account/emailaddress/"


def own(user: Any, email: str, **more: Any) -> EmailAddress:
    return EmailAddress.objects.create(user=user, email=email, **{"verified": True, "primary": True, **more})


def mark(browser: Any, *chosen: Any) -> str:
    form = {"action": "make_verified", "_selected_action": [str(one) for one in chosen]}
    return html.unescape(browser.post(LIST, form, follow=True).content.decode())


def addresses(user: Any) -> list[tuple[str, bool, bool]]:
    return list(EmailAddress.objects.filter(user=user).order_by("pk").values_list("email", "verified", "primary"))


def test_marking_an_address_as_verified_lets_its_account_in(ada, browser, caller):
    AccountState.objects.create(user=ada, signed_up_at=stored(utc_now()))
    address = own(ada, "ada@example.com", verified=False)
    assert caller.try_log_in().json()["code"] == "email_not_verified"

    assert "You have confirmed ada@example.com." in mark(browser, address.pk)

    caller.log_in()
    assert AccountState.objects.get().verified_at is not None


def test_an_address_that_an_administrator_adds_is_not_verified(ada, browser):
    browser.post(f"{LIST}add/", {"user": ada.pk, "email": "Ada@New.Example.com", "verified": "on", "primary": "on"})

    assert addresses(ada) == [("ada@new.example.com", False, False)]


def test_once_verified_it_takes_the_place_of_the_address_before(ada, root, browser, caller):
    own(ada, "ada@example.com")
    fresh = own(ada, "ada@new.example.com", verified=False, primary=False)

    mark(browser, fresh.pk)

    assert addresses(ada) == [("ada@new.example.com", True, True)]
    ada.refresh_from_db()
    assert ada.email == "ada@new.example.com"
    caller.log_in("ada@new.example.com", PASSWORD)
    told = AuditEvent.objects.get(event="email_changed")
    assert (told.user_id, told.actor_id, told.ip) == (str(ada.pk), str(root.pk), ADMIN_ADDRESS)


def test_an_address_of_another_account_stays_there(ada, eve, browser):
    own(eve, "shared@example.com")
    own(ada, "ada@example.com")
    wanted = own(ada, "shared@example.com", verified=False, primary=False)

    assert "already confirmed by a different account" in mark(browser, wanted.pk)

    assert addresses(eve) == [("shared@example.com", True, True)]
    assert ("ada@example.com", True, True) in addresses(ada)


def test_an_address_is_never_rewritten_nor_handed_to_somebody_else(ada, eve, browser):
    address = own(ada, "ada@example.com", verified=False)
    form = {"user": eve.pk, "email": "eve@example.com", "verified": "on", "primary": "", "_save": "Save"}

    browser.post(f"{LIST}{address.pk}/change/", form)

    assert addresses(ada) == [("ada@example.com", False, True)]
    assert addresses(eve) == []


@pytest.mark.parametrize(
    "email",
    [
        "",
        "x",
        "a@b",
        "@example.com",
        "a b@example.com",
        "ad\u0430@example.com",
        "a@example.com\r\nBcc: x@y.z",
        "\x00@x.yz",
    ],
    ids=["empty", "word", "no domain", "no local part", "space", "look-alike", "header", "NUL"],
)
def test_what_is_no_address_is_not_added(ada, browser, email):
    answer = browser.post(f"{LIST}add/", {"user": ada.pk, "email": email})

    assert answer.status_code in {200, 400}
    assert addresses(ada) == []


def test_a_user_does_not_get_one_address_twice(ada, browser):
    own(ada, "ada@example.com")

    answer = browser.post(f"{LIST}add/", {"user": ada.pk, "email": "ADA@example.com"})

    assert "The user has this address." in answer.content.decode()
    assert len(addresses(ada)) == 1


@pytest.mark.parametrize("user", ["", "0", "x", "9" * 30, "\x00", "-1"])
def test_an_address_of_nobody_is_not_added(browser, user):
    answer = browser.post(f"{LIST}add/", {"user": user, "email": "ada@example.com"})

    assert answer.status_code in {200, 400}
    assert not EmailAddress.objects.exists()


@pytest.mark.parametrize("chosen", ["x", "\x00", "9" * 40, "²", "-1"])
def test_what_cannot_be_an_address_is_refused(browser, chosen):
    assert browser.post(LIST, {"action": "make_verified", "_selected_action": [chosen]}).status_code == 400
    assert browser.get(f"{LIST}{'9' * 30}/change/").status_code == 302


def test_it_takes_permissions(ada, support):
    address = own(ada, "ada@example.com", verified=False)
    assert browser_of(support).get(LIST).status_code == 403

    allow(support, "account.view_emailaddress")
    mark(browser_of(support), address.pk)

    assert addresses(ada) == [("ada@example.com", False, True)]
    assert browser_of(support).get(LIST).status_code == 200


def test_support_gets_no_hold_of_an_account_with_more_rights(ada, root, support):
    allow(support, *(f"account.{verb}_emailaddress" for verb in ("view", "add", "change")))
    browser = browser_of(support)
    waiting = own(root, "support@example.org", verified=False)

    assert browser.post(f"{LIST}add/", {"user": root.pk, "email": "other@example.org"}).status_code == 403
    assert "This user has permissions that you do not have." in mark(browser, waiting.pk)
    assert addresses(root) == [("support@example.org", False, True)]

    assert browser.post(f"{LIST}add/", {"user": ada.pk, "email": "ada@new.example.com"}).status_code == 302
    mark(browser, EmailAddress.objects.get(user=ada).pk)
    assert addresses(ada) == [("ada@new.example.com", True, True)]


def test_nothing_is_sent_before_anything_was_verified(ada, browser):
    browser.post(f"{LIST}add/", {"user": ada.pk, "email": "ada@new.example.com"})

    assert mail.outbox == []


def test_a_page_of_the_projects_own_is_kept():
    site = django_admin.site
    ours = type(site._registry[EmailAddress])
    assert ours is AddressAdmin

    class Own(EmailAddressAdmin):  # type: ignore[misc] # django-allauth has no types
        """A project's."""

    try:
        for page, stays in ((Own, Own), (EmailAddressAdmin, AddressAdmin)):
            site.unregister(EmailAddress)
            site.register(EmailAddress, page)
            install()
            assert type(site._registry[EmailAddress]) is stays
    finally:
        site.unregister(EmailAddress)
        site.register(EmailAddress, ours)

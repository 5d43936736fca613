"""Somebody signs up with an address that is not theirs, and its owner confirms it: what they are told, and what holds.

The same is asked of both ways to sign up, by a password and by a provider, since both leave a way in.
"""

from functools import partial
from typing import Any, Final

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model
from django.test import Client

from keyturn.accounts.left_behind import UNPROVEN
from keyturn.sessions.models import Session
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import NEW_PASSWORD, AuthClient, Letter, last_letter, letters
from tests.accounts.racing import at_once
from tests.social.engine import Browser
from tests.social.liar import Liar

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS: Final = "owner@example.com"
BY_PROVIDER: Final = "The account signs in with an account at The liar. Confirm the address only if that is yours."
BY_PASSWORD: Final = "The account signs in with a password. Confirm the address only if it was you who chose it."


def _begin(liar: Liar) -> Browser:
    """Sign up, or in, by the provider."""
    browser = Browser()
    liar.claims = {"email": ADDRESS, "email_verified": False}
    assert liar.leads_back(browser, browser.location("liar")).status_code == 303
    browser.finish()
    return browser


def _by_provider(liar: Liar) -> Any:
    return _begin(liar)


def _by_password(liar: Liar) -> Any:
    client = AuthClient()
    assert client.sign_up(ADDRESS, username="somebody").status_code == 401
    return client


WAYS: Final = pytest.mark.parametrize(
    ("sign_up", "sentence"), [(_by_provider, BY_PROVIDER), (_by_password, BY_PASSWORD)], ids=["provider", "password"]
)


def _comes_in(liar: Liar, sign_up: Any) -> bool:
    """Whether whoever signed up comes in again by what they left."""
    if sign_up is _by_provider:
        return _begin(liar).access is not None
    return AuthClient().log_in("somebody").status_code == 200


def _confirm_elsewhere(letter: Letter) -> None:
    """Another client than the one that signed up."""
    assert AuthClient().verify(letter.key).status_code == 200
    assert EmailAddress.objects.get(email=ADDRESS).verified


def _reset() -> None:
    AuthClient().call("POST", "auth/password/request", {"email": ADDRESS})
    body = {"key": last_letter(ADDRESS).key, "password": NEW_PASSWORD}
    assert AuthClient().call("POST", "auth/password/reset", body).status_code == 200


@WAYS
def test_the_mail_and_the_page_say_by_what_the_account_signs_in(liar: Liar, sign_up: Any, sentence: str) -> None:
    sign_up(liar)
    letter = last_letter(ADDRESS)
    assert sentence in letter.text
    page = Client(HTTP_ACCEPT="text/html").get("/auth/verify-email/", {"key": letter.key})
    assert sentence in page.content.decode()
    assert sum(one in letter.text for one in (BY_PROVIDER, BY_PASSWORD)) == 1
    told = AuthClient().call("GET", "auth/email/verify", X_Email_Verification_Key=letter.key).json()["data"]
    assert told == {
        "email": ADDRESS,
        "verified": False,
        "has_password": sign_up is _by_password,
        "providers": ["The liar"] if sign_up is _by_provider else [],
    }


def test_nothing_that_whoever_signed_up_calls_themselves_is_in_the_mail(liar: Liar) -> None:
    """It goes to somebody who may have nothing to do with them, and in the site's name."""
    browser = Browser()
    liar.claims = {"email": ADDRESS, "email_verified": False}
    liar.claims |= dict.fromkeys(("name", "given_name", "preferred_username"), "evil.example")
    liar.leads_back(browser, browser.location("liar"))
    browser.finish()
    assert "evil" not in last_letter(ADDRESS).text


def test_who_changes_an_address_later_is_told_nothing_of_it(liar: Liar, settings: Any) -> None:
    client = AuthClient().signed_up(ADDRESS, username="somebody")
    assert client.call("POST", "account/email", {"email": "next@example.com"}).status_code == 200
    letter = last_letter("next@example.com")
    assert not [one for one in (BY_PROVIDER, BY_PASSWORD) if one in letter.text]
    told = AuthClient().call("GET", "auth/email/verify", X_Email_Verification_Key=letter.key).json()["data"]
    assert told == {"email": "next@example.com", "verified": False}


@WAYS
def test_an_honest_click_on_another_device_is_enough(liar: Liar, sign_up: Any, sentence: str) -> None:
    sign_up(liar)
    assert not _comes_in(liar, sign_up)
    _confirm_elsewhere(last_letter(ADDRESS))
    assert _comes_in(liar, sign_up)
    assert _comes_in(liar, sign_up)


@WAYS
def test_what_was_left_is_gone_once_the_owner_sets_a_password(liar: Liar, sign_up: Any, sentence: str) -> None:
    sign_up(liar)
    _confirm_elsewhere(last_letter(ADDRESS))
    assert _comes_in(liar, sign_up)
    user = get_user_model().objects.get()
    opened = set(Session.objects.filter(user=user).values_list("pk", flat=True))
    _reset()
    assert not Session.objects.filter(pk__in=opened, revoked_at__isnull=True).exists()
    assert not SocialAccount.objects.exists()
    live = Session.objects.filter(user=user, revoked_at__isnull=True).count()
    assert not _comes_in(liar, sign_up)
    assert Session.objects.filter(user=user, revoked_at__isnull=True).count() == live
    assert AuthClient().log_in(ADDRESS, NEW_PASSWORD).status_code == 200
    if sign_up is _by_provider:
        assert AuditEvent.objects.filter(event="provider_unlinked", user_id=str(user.pk)).count() == 1
        assert "The liar" in [one for one in letters(ADDRESS) if "The liar" in one.text][-1].text


@pytest.mark.parametrize("how", ["code", "link"])
def test_who_shows_both_at_once_keeps_the_providers_account(liar: Liar, how: str) -> None:
    browser = _begin(liar)
    assert SocialAccount.objects.get().extra_data[UNPROVEN] == ADDRESS
    letter = last_letter(ADDRESS)
    assert browser.verify(letter.code if how == "code" else letter.key).status_code == 200
    assert browser.access
    assert UNPROVEN not in SocialAccount.objects.get().extra_data
    _reset()
    assert _comes_in(liar, _by_provider)


def test_who_shows_the_code_after_a_click_elsewhere_keeps_it_too(liar: Liar) -> None:
    browser = _begin(liar)
    letter = last_letter(ADDRESS)
    _confirm_elsewhere(letter)
    assert browser.verify(letter.code).status_code == 200
    _reset()
    assert _comes_in(liar, _by_provider)


def test_no_other_code_shows_both(liar: Liar, settings: Any) -> None:
    """Who is signed in by the provider and shows the code of another mailbox has shown one of them."""
    settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
    _begin(liar)
    _confirm_elsewhere(last_letter(ADDRESS))
    stranger = _begin(liar)
    assert SocialAccount.objects.get().extra_data[UNPROVEN] == ADDRESS, "also after a sign-in"
    assert stranger.call("POST", "auth/code/reauthenticate", {}).status_code == 200
    code = last_letter(ADDRESS).code
    assert stranger.call("POST", "auth/code/reauthenticate", {"code": code}).status_code == 200
    assert stranger.call("POST", "account/email", {"email": "evil@example.com"}).status_code == 200
    assert stranger.verify(last_letter("evil@example.com").code).status_code == 200
    assert SocialAccount.objects.get().extra_data[UNPROVEN] == ADDRESS


def test_a_provider_that_named_no_address_leaves_its_mark_too(liar: Liar, settings: Any) -> None:
    settings.ACCOUNT_SIGNUP_FIELDS = ["email", "username*", "password1*"]
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    settings.ACCOUNT_LOGIN_METHODS = {"username"}
    liar.further = {"sub": "somebody"}
    liar.claims = {"email": None}

    stranger = Browser()
    assert liar.leads_back(stranger, stranger.location("liar")).status_code == 303
    stranger.finish()
    assert stranger.call("POST", "auth/provider/signup", {"username": "somebody"}).status_code == 200
    assert stranger.access
    assert stranger.call("POST", "account/email", {"email": ADDRESS}).status_code == 200
    _confirm_elsewhere(last_letter(ADDRESS))
    assert SocialAccount.objects.get().extra_data[UNPROVEN] == ""
    _reset()
    assert not SocialAccount.objects.exists()


def test_a_reset_and_sign_ins_at_the_same_moment_stand_in_nobodys_way(liar: Liar) -> None:
    _begin(liar)
    _confirm_elsewhere(last_letter(ADDRESS))
    strangers = []
    for _ in range(4):
        browser = Browser()
        assert liar.leads_back(browser, browser.location("liar")).status_code == 303
        strangers.append(browser)
    AuthClient().call("POST", "auth/password/request", {"email": ADDRESS})
    body = {"key": last_letter(ADDRESS).key, "password": NEW_PASSWORD}
    owner, *_ = at_once(
        [partial(AuthClient().call, "POST", "auth/password/reset", body), *(one.finish for one in strangers)]
    )
    assert owner.status_code == 200
    assert not SocialAccount.objects.exists()
    live = Session.objects.filter(revoked_at__isnull=True)
    assert live.count() == 1, "the owner's"


def test_an_account_whose_provider_vouches_for_the_address_is_never_in_doubt(liar: Liar) -> None:
    browser = Browser()
    liar.claims = {"email": ADDRESS}
    liar.leads_back(browser, browser.location("liar"))
    assert browser.finish().status_code == 200
    assert UNPROVEN not in SocialAccount.objects.get().extra_data
    _reset()
    assert SocialAccount.objects.count() == 1


def test_a_row_of_before_stays(liar: Liar) -> None:
    """Of an account that was confirmed before the upgrade, nobody knows how."""
    _begin(liar)
    _confirm_elsewhere(last_letter(ADDRESS))
    kept: tuple[Any, ...] = ({"email": ADDRESS}, [], "text")
    for before in kept:
        SocialAccount.objects.update(extra_data=before)
        _reset()
        assert SocialAccount.objects.count() == 1


def test_a_provider_that_is_configured_no_longer_is_named_by_its_id(liar: Liar) -> None:
    _begin(liar)
    letter = last_letter(ADDRESS)
    SocialAccount.objects.update(provider="gone")
    told = AuthClient().call("GET", "auth/email/verify", X_Email_Verification_Key=letter.key).json()["data"]
    assert told["providers"] == ["gone"]

"""Somebody signs up by a provider with an address of somebody else, and leaves all doors ajar; then its owner comes."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client

from keyturn.accounts.half_signed_in import HalfSignedIn, begin
from keyturn.clock import utc_now
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.client import Client as Caller
from keyturn.sessions.models import Session
from keyturn.signin.models import AccountState
from tests.accounts.engine import NEW_PASSWORD, AuthClient, last_letter, letters
from tests.mfa.door import code_of, enrol
from tests.social.engine import Browser
from tests.social.liar import Liar

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS: Final = "owner@example.com"
SQUATTER: Final = Caller(ip="198.51.100.66", user_agent="x")


@pytest.fixture(autouse=True)
def with_mail(liar: Liar, settings: Any) -> None:
    """Mails sign in here, too."""
    settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
    pages = {"sign_in_link": "https://app.example.com/sign-in/link?key={key}"}
    settings.KEYTURN = {**settings.KEYTURN, "FRONTEND_URLS": pages}


def _come_back(liar: Liar, browser: Browser) -> Browser:
    """As far as the provider's word, which waits to be used."""
    liar.claims = {"email": ADDRESS, "email_verified": False}
    assert liar.leads_back(browser, browser.location("liar")).status_code == 303
    return browser


def _pending(answer: Any) -> list[str]:
    return [flow["id"] for flow in answer.json()["data"]["flows"] if flow.get("is_pending")]


def _by_reset_code() -> AuthClient:
    client = AuthClient()
    client.call("POST", "auth/password/request", {"email": ADDRESS})
    body = {"key": last_letter(ADDRESS).code, "password": NEW_PASSWORD}
    assert client.call("POST", "auth/password/reset", body).status_code == 200
    return client


def _by_reset_link() -> AuthClient:
    AuthClient().call("POST", "auth/password/request", {"email": ADDRESS})
    client, body = AuthClient(), {"key": last_letter(ADDRESS).key, "password": NEW_PASSWORD}
    assert client.call("POST", "auth/password/reset", body).status_code == 200
    return client


def _by_mailed_code() -> AuthClient:
    client = AuthClient()
    client.call("POST", "auth/code/request", {"email": ADDRESS})
    assert client.call("POST", "auth/code/confirm", {"code": last_letter(ADDRESS).code}).status_code == 200
    return client


def _by_mailed_link() -> AuthClient:
    AuthClient().call("POST", "auth/code/request", {"email": ADDRESS})
    client = AuthClient()
    assert client.call("POST", "auth/code/link", {"key": last_letter(ADDRESS).key}).status_code == 200
    return client


ARRIVALS: Final = (_by_reset_code, _by_reset_link, _by_mailed_code, _by_mailed_link)
ARRIVES: Final = pytest.mark.parametrize("arrive", ARRIVALS, ids=lambda one: one.__name__.removeprefix("_by_"))
Arrival = Callable[[], AuthClient]


def _live(user: Any) -> int:
    return Session.objects.filter(user=user, revoked_at__isnull=True).count()


@ARRIVES
def test_what_was_open_half_open_or_begun_is_dead_once_the_owner_came(
    liar: Liar, settings: Any, arrive: Arrival
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    inside = _come_back(liar, Browser())
    assert inside.finish().status_code == 200
    user = get_user_model().objects.get()
    assert not user.has_usable_password()
    assert not EmailAddress.objects.get().verified
    assert AccountState.objects.get().verified_at is None
    held = AuthClient(ip="198.51.100.66")
    held.call("POST", "auth/code/request", {"email": ADDRESS})
    code = last_letter(ADDRESS).code
    secret = enrol(user)
    waits = _come_back(liar, Browser())
    assert _pending(waits.finish()) == ["mfa_authenticate"]
    tokens = [begin(user=user, must_set_up=up, door={}, client=SQUATTER, now=utc_now()) for up in (True, False)]
    parked = _come_back(liar, Browser())
    for token in tokens:
        with transaction.atomic():
            assert HalfSignedIn.of(token, client=SQUATTER, now=utc_now()).user == user
    assert _live(user) == 1

    owner = arrive()

    mine = _live(user)
    assert mine <= 1
    assert (mine == 1) is (owner.access is not None)
    assert not SocialAccount.objects.exists()
    assert not Authenticator.objects.exists()
    assert EmailAddress.objects.get().verified
    for token in tokens:
        with transaction.atomic(), pytest.raises(RefusedError) as refused:
            HalfSignedIn.of(token, client=SQUATTER, now=utc_now())
        assert refused.value.reason is Reason.MFA_TOKEN_INVALID
        for path, body in (("", {"code": code_of(secret)}), ("setup/", {})):
            assert Client().post(f"/token/mfa/{path}", {"mfa_token": token, **body}).status_code == 401
    assert waits.call("POST", "auth/2fa/authenticate", {"code": code_of(secret)}).status_code >= 400
    assert held.call("POST", "auth/code/confirm", {"code": code}).status_code >= 400
    assert parked.finish().status_code in {401, 409}
    assert inside.call("GET", "auth/session").status_code == 401
    assert _live(user) == mine
    assert get_user_model().objects.count() == 1


@ARRIVES
def test_the_sign_up_that_waits_for_its_code_is_dead_once_the_owner_came(liar: Liar, arrive: Arrival) -> None:
    """Also where whoever signed up has learned the code."""
    waits = _come_back(liar, Browser())
    assert _pending(waits.finish()) == ["verify_email"]
    user = get_user_model().objects.get()
    code = letters(ADDRESS)[0].code
    arrive()
    mine = _live(user)
    assert waits.verify(code).status_code >= 400
    assert waits.call("GET", "auth/session").status_code in {401, 410}
    assert _live(user) == mine
    assert not SocialAccount.objects.exists()


@ARRIVES
def test_who_has_shown_their_address_before_loses_nothing_by_coming_so(liar: Liar, arrive: Arrival) -> None:
    """The same ways in; but for the password, and what a new one ends."""
    browser = _come_back(liar, Browser())
    assert _pending(browser.finish()) == ["verify_email"]
    assert browser.verify(last_letter(ADDRESS).code).status_code == 200
    arrive()
    assert SocialAccount.objects.count() == 1
    assert _come_back(liar, Browser()).finish().status_code == 200

"""What clients of OpenID providers, django-allauth 65.21.1 among them, read too generously: nobody comes in by it."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.contrib.auth import get_user_model

from keyturn.sessions.models import Session
from keyturn.signin.models import AccountState
from tests.accounts.engine import PASSWORD
from tests.social.conftest import liar, nothing_known
from tests.social.engine import BACK_AT, Browser, error_of
from tests.social.liar import Liar

__all__ = ["liar", "nothing_known"]

pytestmark = pytest.mark.django_db(transaction=True)


def led_back(liar: Liar, **claims: Any) -> tuple[Any, Browser]:
    """Go to the liar and back."""
    browser = Browser()
    liar.claims = claims
    return liar.leads_back(browser, browser.location("liar")), browser


def test_every_sign_in_has_a_state_a_nonce_and_a_verifier_of_its_own(liar: Liar) -> None:
    """django-allauth sends no nonce, and a PKCE challenge only where it is turned on."""
    seen: set[str] = set()
    for _ in range(3):
        asked = parse_qs(urlsplit(Browser().location("liar")).query)
        assert asked["code_challenge_method"] == ["S256"]
        seen |= {asked[name][0] for name in ("state", "nonce", "code_challenge")}
    assert len(seen) == 9


def test_an_id_token_of_another_sign_in_is_not_taken_for_this_one(liar: Liar) -> None:
    """Without a nonce, a code or a token that was stolen is put into somebody's own sign-in."""
    led, _ = led_back(liar, nonce="of another sign-in")
    assert error_of(led) == "provider_refused"


def test_the_signature_of_an_id_token_counts_in_the_code_flow_too(liar: Liar) -> None:
    """django-allauth skips it there, and trusts the connection."""
    head, body, mark = liar.id_token().split(".")
    liar.answers["/token"] = {"access_token": "a", "id_token": f"{head}.{body}.{mark[:-4]}AAAA"}
    led, _ = led_back(liar)
    assert error_of(led) == "provider_refused"


def test_what_userinfo_says_never_goes_before_what_was_signed(liar: Liar) -> None:
    """django-allauth takes the subject from userinfo, and does not compare it."""
    liar.further = {"sub": "the victim", "email": "victim@liar.example", "email_verified": True}
    led, browser = led_back(liar)
    assert error_of(led) == ""
    assert browser.finish().status_code == 200
    assert SocialAccount.objects.get().uid == "somebody"
    assert get_user_model().objects.get().email == "somebody@liar.example"


def test_the_text_false_does_not_verify_an_address(liar: Liar) -> None:
    """In Python it is true: django-allauth stores what an OpenID provider says as it is."""
    led, browser = led_back(liar, email_verified="false")
    assert error_of(led) == ""
    assert browser.finish().status_code == 401
    assert not EmailAddress.objects.get().verified


def test_a_verified_address_at_a_provider_opens_no_account_here(liar: Liar, settings: Any) -> None:
    """Known as nOAuth: whoever runs a directory writes any address into it. No setting turns it on by mistake."""
    settings.SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
    settings.SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
    user = get_user_model().objects.create_user("ada", "somebody@liar.example", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    _, browser = led_back(liar)
    assert browser.finish().json()["reason"] == "email_taken"
    assert not SocialAccount.objects.exists()
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_provider_sends_our_requests_nowhere_else(liar: Liar) -> None:
    """Redirects are what turns a provider that was taken over into a look at one's own network."""
    for path in ("/token", "/keys"):
        liar.statuses = {path: 302}
        led, _ = led_back(liar)
        assert error_of(led) in {"provider_refused", "provider_unavailable"}
    assert {path for path, _, _ in liar.asked} <= {"/.well-known/openid-configuration", "/token", "/keys"}


@pytest.mark.parametrize("missing", ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_a_document_that_lacks_something_is_no_error_of_ours(liar: Liar, missing: str) -> None:
    """A KeyError, and so a 500, in django-allauth."""
    liar.document = {missing: None}
    answer = Browser().begin("liar")
    assert (answer.status_code, answer.json()["reason"]) == (503, "provider_unavailable")


def test_a_callback_signs_nobody_in_by_itself(liar: Liar) -> None:
    """It is a navigation, with no proof of any key: a session that it opened would be bound to nothing."""
    led, browser = led_back(liar)
    assert led.status_code == 303
    assert led.content == b""
    assert not Session.objects.exists()
    assert not get_user_model().objects.exists()
    assert browser.finish().status_code == 200
    assert Session.objects.count() == 1


def test_who_signs_up_at_a_provider_keeps_the_rules_of_who_signs_up_here(liar: Liar) -> None:
    """An account that nobody noted as signed up would be asked for no verified address, ever."""
    led_back(liar, email_verified=False)[1].finish()
    state = AccountState.objects.get()
    assert state.signed_up_at is not None
    assert state.verified_at is None


def test_rows_of_apps_in_the_database_configure_nothing(liar: Liar) -> None:
    """Their secrets lie in plain text, and whoever may edit them in the admin chooses who signs in."""
    SocialApp.objects.create(provider="google", name="Google", client_id="a", secret="b")
    browser = Browser()
    known = browser.call("GET", "config").json()["data"]["socialaccount"]["providers"]
    assert [one["id"] for one in known] == ["liar"]
    assert browser.begin("google").status_code == 400


def test_the_page_that_a_callback_shows_holds_nothing_of_what_came(liar: Liar) -> None:
    """The words of an error are the provider's, or anybody's who made the link."""
    browser = Browser()
    evil = "%3Cscript%3Ealert(1)%3C/script%3E"
    answer = browser.come_back(f"{BACK_AT}liar?state={evil}&error={evil}&error_description={evil}&code={evil}")
    assert answer.status_code == 400
    assert b"alert(1)" not in answer.content
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["Referrer-Policy"] == "no-referrer"

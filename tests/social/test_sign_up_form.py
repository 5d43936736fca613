"""A sign-up that needs more than the provider said, or that is not wanted at all."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model

from keyturn.signin.models import AccountState
from tests.accounts.engine import PASSWORD, last_letter, letters
from tests.services.openid_provider import OpenIdProvider, Person
from tests.social.engine import Browser
from tests.social.liar import Liar

pytestmark = pytest.mark.django_db(transaction=True)


def pending(answer: Any) -> list[str]:
    """The steps that wait."""
    return [flow["id"] for flow in answer.json()["data"]["flows"] if flow.get("is_pending")]


def nameless(liar: Liar, **more: Any) -> Browser:
    """A browser whose sign-up waits for an address."""
    browser = Browser()
    liar.claims, liar.further = {"email": None, "preferred_username": "somebody", **more}, {"sub": "somebody"}
    liar.leads_back(browser, browser.location("liar"))
    assert pending(browser.finish()) == ["provider_signup"]
    return browser


@pytest.mark.needs("oidc-provider")
def test_who_has_no_address_at_the_real_provider_is_asked_for_one(acme: OpenIdProvider) -> None:
    browser = Browser()
    answer = browser.go_through(Person("nameless-ada"))
    assert answer.status_code == 401
    assert pending(answer) == ["provider_signup"]
    shown = browser.call("GET", "auth/provider/signup").json()["data"]
    assert shown["user"]["username"] == "nameless-ada"
    assert shown["account"]["uid"] == "nameless-ada"
    assert shown["email"] == []
    answer = browser.call("POST", "auth/provider/signup", {"email": "ada@example.com"})
    assert pending(answer) == ["verify_email"]
    assert browser.verify(last_letter("ada@example.com").code).status_code == 200
    user = get_user_model().objects.get()
    assert EmailAddress.objects.get(user=user).verified
    assert SocialAccount.objects.get(user=user).uid == "nameless-ada"
    assert AccountState.objects.get(user=user).verified_at is not None


@pytest.mark.needs("oidc-provider")
def test_an_address_that_the_real_provider_has_not_verified_is_verified_here(acme: OpenIdProvider) -> None:
    browser = Browser()
    answer = browser.go_through(Person("unverified-ada"))
    assert pending(answer) == ["verify_email"]
    assert browser.access is None
    email = "unverified-ada@provider.example"
    # Who comes again before that is asked for the same.
    assert pending(Browser().go_through(Person("unverified-ada"))) == ["verify_email"]
    assert not EmailAddress.objects.get(email=email).verified
    assert browser.verify(letters(email)[0].code).status_code == 200
    assert Browser().go_through(Person("unverified-ada")).status_code == 200


def test_a_user_name_can_be_chosen(liar: Liar) -> None:
    browser = nameless(liar)
    browser.call("POST", "auth/provider/signup", {"email": "a@example.com", "username": "chosen"})
    assert get_user_model().objects.get().username == "chosen"


def test_a_user_name_that_is_taken_is_refused_and_can_be_chosen_again(liar: Liar) -> None:
    get_user_model().objects.create_user("chosen")
    browser = nameless(liar)
    answer = browser.call("POST", "auth/provider/signup", {"email": "a@example.com", "username": "CHOSEN"})
    assert (answer.status_code, answer.json()["reason"]) == (400, "username_taken")
    answer = browser.call("POST", "auth/provider/signup", {"email": "a@example.com", "username": "other"})
    assert pending(answer) == ["verify_email"]


def test_a_name_at_the_provider_that_is_taken_here_gives_way(liar: Liar) -> None:
    get_user_model().objects.create_user("somebody")
    browser = Browser()
    liar.claims = {"preferred_username": "somebody"}
    liar.leads_back(browser, browser.location("liar"))
    assert browser.finish().status_code == 200
    user = get_user_model().objects.get(email="somebody@liar.example")
    assert user.username
    assert user.username != "somebody"


def test_a_name_that_only_looks_like_one_that_is_taken_gives_way(liar: Liar) -> None:
    """CVE-2019-19844's kind: the provider's text is nobody's name here before it was judged like any other."""
    get_user_model().objects.create_user("admin")
    browser = Browser()
    liar.claims = {"preferred_username": "\u0430dmin"}
    liar.leads_back(browser, browser.location("liar"))
    assert browser.finish().status_code == 200
    assert get_user_model().objects.get(email="somebody@liar.example").username.isascii()


def test_an_address_that_is_taken_is_told_to_its_owner_alone(liar: Liar) -> None:
    user = get_user_model().objects.create_user("ada", "ada@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    answer = nameless(liar).call("POST", "auth/provider/signup", {"email": "Ada@example.com"})
    assert pending(answer) == ["verify_email"]
    assert get_user_model().objects.count() == 1
    assert not SocialAccount.objects.exists()
    assert len(letters("ada@example.com")) == 1


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"email": 7}',
        '{"email": ["a@example.com"]}',
        '{"email": "no address"}',
        '{"email": "a\\u0000@example.com"}',
        '{"email": "a@example.com", "username": 7}',
        '{"email": "a@example.com", "username": "\\ud800"}',
        '{"email": "a@example.com", "username": "' + "x" * 5_000 + '"}',
        '{"email": "' + "x" * 5_000 + '@example.com"}',
    ],
    ids=lambda body: f"{body[:40]} {len(body)}",
)
def test_what_is_no_form_is_refused_and_the_sign_up_still_waits(liar: Liar, body: str) -> None:
    browser = nameless(liar)
    answer = browser.call("POST", "auth/provider/signup", body)
    assert answer.status_code == 400, answer.content
    assert not get_user_model().objects.exists()
    assert browser.call("GET", "auth/provider/signup").status_code == 200


def test_without_a_sign_up_that_waits_there_is_nothing_to_do(liar: Liar) -> None:
    browser = Browser()
    assert browser.call("GET", "auth/provider/signup").status_code == 409
    assert browser.call("POST", "auth/provider/signup", {"email": "a@example.com"}).status_code == 409


def test_nobody_signs_up_where_sign_up_is_closed(liar: Liar, settings: Any) -> None:
    browser = nameless(liar)
    settings.KEYTURN = {**settings.KEYTURN, "SIGN_UP": False}
    assert browser.call("POST", "auth/provider/signup", {"email": "a@example.com"}).status_code == 403
    other = Browser()
    liar.claims = {"sub": "another"}
    liar.leads_back(other, other.location("liar"))
    answer = other.finish()
    assert (answer.status_code, answer.json()["reason"]) == (403, "sign_up_closed")
    assert not get_user_model().objects.exists()


def test_who_is_known_signs_in_where_sign_up_is_closed(liar: Liar, settings: Any) -> None:
    user = get_user_model().objects.create_user("ada")
    SocialAccount.objects.create(user=user, provider="liar", uid="somebody")
    settings.KEYTURN = {**settings.KEYTURN, "SIGN_UP": False}
    browser = Browser()
    liar.leads_back(browser, browser.location("liar"))
    assert browser.finish().status_code == 200


def test_who_must_choose_a_name_is_asked_for_it(liar: Liar, settings: Any) -> None:
    settings.ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
    browser = Browser()
    liar.leads_back(browser, browser.location("liar"))
    assert pending(browser.finish()) == ["provider_signup"]
    answer = browser.call("POST", "auth/provider/signup", {"email": "somebody@liar.example", "username": "chosen"})
    assert answer.status_code == 200, answer.content
    assert EmailAddress.objects.get().verified


def test_a_second_factor_is_asked_for_as_after_a_password(liar: Liar) -> None:
    from allauth.mfa.models import Authenticator

    user = get_user_model().objects.create_user("ada")
    SocialAccount.objects.create(user=user, provider="liar", uid="somebody")
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})
    browser = Browser()
    liar.leads_back(browser, browser.location("liar"))
    answer = browser.finish()
    assert (answer.status_code, answer.json()["code"]) == (401, "mfa_required")
    assert pending(answer) == ["mfa_authenticate"]
    assert browser.access is None


@pytest.mark.parametrize("by", ["password", "code"])
def test_who_signed_up_with_somebody_elses_address_is_out_once_its_owner_comes(
    liar: Liar, settings: Any, by: str
) -> None:
    """Known as pre-hijacking: an account lies in wait under an address until its owner resets the password."""
    settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
    squatter = Browser()
    liar.claims = {"email": "victim@example.com", "email_verified": False}
    liar.leads_back(squatter, squatter.location("liar"))
    assert pending(squatter.finish()) == ["verify_email"]
    user = get_user_model().objects.get()

    owner = Browser()
    if by == "password":
        owner.call("POST", "auth/password/request", {"email": "victim@example.com"})
        key = last_letter("victim@example.com").code
        answer = owner.call("POST", "auth/password/reset", {"key": key, "password": PASSWORD})
    else:
        assert pending(owner.call("POST", "auth/code/request", {"email": "victim@example.com"})) == ["login_by_code"]
        answer = owner.call("POST", "auth/code/confirm", {"code": last_letter("victim@example.com").code})
    assert answer.status_code == 200, answer.content
    assert EmailAddress.objects.get(user=user).verified
    assert not SocialAccount.objects.exists()

    back = Browser()
    liar.claims.pop("nonce", None)
    liar.leads_back(back, back.location("liar"))
    assert pending(back.finish()) == ["verify_email"]
    assert back.access is None
    assert not SocialAccount.objects.filter(user=user).exists()

"""Somebody comes with an account at a real provider: signed up the first time, signed in from then on."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model

from tests.accounts.engine import claims
from tests.services.openid_provider import OpenIdProvider, Person
from tests.social.engine import Browser

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs("oidc-provider")]


def test_who_comes_first_with_a_verified_address_is_signed_up_and_in(acme: OpenIdProvider) -> None:
    browser = Browser()
    answer = browser.go_through(Person("ada"))
    assert answer.status_code == 200, answer.content
    assert claims(browser.access or "")["amr"] == ["fed"]
    user = get_user_model().objects.get()
    assert not user.has_usable_password()
    assert (user.username, user.email, user.first_name) == ("ada", "ada@provider.example", "Ada")
    address = EmailAddress.objects.get(user=user)
    assert (address.email, address.verified, address.primary) == ("ada@provider.example", True, True)
    account = SocialAccount.objects.get(user=user)
    assert (account.provider, account.uid) == ("acme", "ada")


def test_who_comes_again_is_the_same_user(acme: OpenIdProvider) -> None:
    person = Person("ada")
    assert Browser().go_through(person).status_code == 200
    assert Browser().go_through(person).status_code == 200
    assert get_user_model().objects.count() == SocialAccount.objects.count() == 1

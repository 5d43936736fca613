"""Whatever the user model: sign up and in by an account elsewhere, link one, see it and take it away."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model

from keyturn.accounts.social import discovery
from tests.accounts.engine import PASSWORD, AuthClient, claims, last_letter
from tests.social.engine import PUBLIC_URL, Browser, error_of
from tests.social.liar import Liar, lying

pytestmark = pytest.mark.django_db


@pytest.fixture
def liar(settings: Any) -> Iterator[Liar]:
    discovery.forget()
    with lying() as running:
        settings.KEYTURN = {"PUBLIC_URL": PUBLIC_URL, "PROVIDERS": {"liar": running.configured}}
        yield running
    discovery.forget()


def test_who_comes_is_signed_up_and_the_next_time_in(liar: Liar) -> None:
    browsers = [Browser(), Browser()]
    for browser in browsers:
        liar.claims = {"name": "Some Body", "preferred_username": "somebody"}
        assert error_of(liar.leads_back(browser, browser.location("liar"))) == ""
        answer = browser.finish()
        assert answer.status_code == 200, answer.content
    user = get_user_model()._default_manager.get()
    assert user.email == "somebody@liar.example"
    assert not user.has_usable_password()
    assert claims(browsers[0].access or "")["user_id"] == str(user.pk)
    assert SocialAccount.objects.get().user == user
    refused = browsers[1].call("DELETE", "account/providers", {"provider": "liar", "account": "somebody"})
    assert refused.json()["reason"] == "last_way_in"


def test_who_has_no_address_there_is_asked_for_one(liar: Liar) -> None:
    browser = Browser()
    liar.claims, liar.further = {"email": None}, {"sub": "somebody"}
    liar.leads_back(browser, browser.location("liar"))
    assert browser.finish().status_code == 401
    assert browser.call("GET", "auth/provider/signup").status_code == 200
    assert browser.call("POST", "auth/provider/signup", {"email": "new@example.com"}).status_code == 401
    assert browser.verify(last_letter("new@example.com").code).status_code == 200
    assert SocialAccount.objects.get().user.email == "new@example.com"


def test_an_account_is_linked_and_taken_away(liar: Liar) -> None:
    AuthClient().signed_up("ada@example.com")
    browser = Browser()
    assert browser.call("POST", "auth/login", {"email": "ada@example.com", "password": PASSWORD}).status_code == 200
    liar.leads_back(browser, browser.location("liar", process="connect"))
    answer = browser.finish()
    assert answer.status_code == 200, answer.content
    assert [one["uid"] for one in browser.call("GET", "account/providers").json()["data"]] == ["somebody"]
    answer = browser.call("DELETE", "account/providers", {"provider": "liar", "account": "somebody"})
    assert answer.status_code == 200, answer.content
    assert not SocialAccount.objects.exists()

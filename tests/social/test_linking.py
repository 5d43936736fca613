"""Linking an account elsewhere to one's own, and taking it away again."""

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model
from django.utils import timezone

from keyturn.sessions.models import Session
from keyturn.signin.models import AccountState
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import PASSWORD, claims, last_letter, letters
from tests.services.openid_provider import OpenIdProvider, Person
from tests.social.engine import Browser
from tests.social.liar import Liar

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada() -> Any:
    """A user with a password and a verified address."""
    user = get_user_model().objects.create_user("ada", "ada@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def signed_in(**options: Any) -> Browser:
    """Ada, who has typed her password just now."""
    browser = Browser(**options)
    assert browser.log_in().status_code == 200
    return browser


def link(browser: Browser, liar: Liar, **said: Any) -> Any:
    """Go to the liar and back."""
    liar.claims = dict(said)
    led = liar.leads_back(browser, browser.location("liar", process="connect"))
    assert led.status_code == 303, led.content
    return browser.finish()


def make_old() -> None:
    """Let it be an hour since anybody has shown who they are."""
    Session.objects.update(auth_time=timezone.now() - timedelta(hours=1))


@pytest.mark.needs("oidc-provider")
def test_an_account_at_the_real_provider_is_linked_and_signs_in(acme: OpenIdProvider, ada: Any) -> None:
    browser, person = signed_in(), Person("countess")
    answer = browser.go_through(person, process="connect")
    assert answer.status_code == 200, answer.content
    assert answer.json()["meta"]["is_authenticated"] is True
    assert "access_token" not in answer.json()["meta"]
    listed = browser.call("GET", "account/providers").json()["data"]
    assert [(one["provider"]["id"], one["provider"]["name"], one["uid"], one["display"]) for one in listed] == [
        ("acme", "Acme", "countess", "countess@provider.example")
    ]
    other = Browser()
    assert other.go_through(person).status_code == 200
    assert claims(other.access or "")["user_id"] == str(ada.pk)
    assert get_user_model().objects.count() == 1
    assert "Acme" in last_letter("ada@example.com").text
    event = AuditEvent.objects.get(event="provider_linked")
    assert (event.user_id, event.details) == (str(ada.pk), {"provider": "acme"})


def test_linking_asks_for_a_proof_that_is_recent(liar: Liar, ada: Any) -> None:
    browser = signed_in()
    make_old()
    answer = browser.begin("liar", process="connect")
    assert answer.status_code == 401
    assert answer.json()["reason"] == "reauthentication_required"
    assert "insufficient_user_authentication" in answer["WWW-Authenticate"]
    assert browser.call("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    assert browser.begin("liar", process="connect").status_code == 200


def test_linking_is_for_those_who_are_signed_in(liar: Liar) -> None:
    assert Browser().begin("liar", process="connect").status_code == 401


def test_signing_in_is_for_those_who_are_not(liar: Liar, ada: Any) -> None:
    assert signed_in().begin("liar").status_code == 409


def test_an_account_whose_address_the_provider_does_not_vouch_for_is_not_linked(liar: Liar, ada: Any) -> None:
    for said in ({"email_verified": False}, {"email_verified": None}, {"email": None}, {"email_verified": "true"}):
        liar.further = {"sub": "somebody"}
        answer = link(signed_in(), liar, **said)
        assert answer.status_code == 400
        assert answer.json()["reason"] == "provider_email_unverified"
    assert not SocialAccount.objects.exists()


def test_nothing_is_linked_to_an_account_without_a_verified_address(liar: Liar, ada: Any) -> None:
    EmailAddress.objects.update(verified=False)
    answer = link(signed_in(), liar)
    assert answer.status_code == 400
    assert answer.json()["reason"] == "no_verified_email"
    assert not SocialAccount.objects.exists()


def test_an_account_that_is_somebody_elses_is_not_linked(liar: Liar, ada: Any) -> None:
    other = get_user_model().objects.create_user("other")
    SocialAccount.objects.create(user=other, provider="liar", uid="somebody")
    answer = link(signed_in(), liar)
    assert answer.status_code == 409
    assert answer.json()["reason"] == "provider_account_taken"
    assert SocialAccount.objects.get().user_id == other.pk


def test_what_is_linked_already_stays_linked(liar: Liar, ada: Any) -> None:
    browser = signed_in()
    assert [link(browser, liar).status_code for _ in range(2)] == [200, 200]
    assert SocialAccount.objects.get().user_id == ada.pk
    assert AuditEvent.objects.filter(event="provider_linked").count() == 1


def test_what_one_session_began_another_cannot_finish(liar: Liar, ada: Any) -> None:
    """Whoever is signed in as somebody else in the same browser meanwhile gets no account of a stranger's linked."""
    get_user_model().objects.create_user("eve", password=PASSWORD)
    browser = signed_in()
    liar.leads_back(browser, browser.location("liar", process="connect"))
    browser.access = None
    assert browser.finish().status_code == 401
    flow = deepcopy(browser.http.cookies)
    eve = Browser()
    assert eve.log_in("eve").status_code == 200
    eve.http.cookies = flow
    assert eve.finish().status_code in {403, 409}
    assert not SocialAccount.objects.exists()


def test_what_was_begun_to_sign_in_links_nothing(liar: Liar, ada: Any) -> None:
    browser = Browser()
    liar.leads_back(browser, browser.location("liar"))
    assert browser.log_in().status_code == 200
    assert browser.finish().status_code == 409
    assert not SocialAccount.objects.exists()


def test_a_verified_address_that_has_an_account_is_never_taken_over(liar: Liar, ada: Any) -> None:
    """Who owns an address at a provider may link it after signing in here; the address alone opens nothing."""
    browser = Browser()
    liar.claims = {"email": "Ada@Example.com"}
    liar.leads_back(browser, browser.location("liar"))
    answer = browser.finish()
    assert answer.status_code == 400
    assert answer.json()["reason"] == "email_taken"
    assert not SocialAccount.objects.exists()
    assert get_user_model().objects.count() == 1
    assert ada.check_password(PASSWORD)


def test_an_unverified_address_tells_nobody_whether_it_has_an_account(liar: Liar, ada: Any) -> None:
    told = []
    for email in ("ada@example.com", "nobody@example.com"):
        browser = Browser()
        liar.claims = {"email": email, "email_verified": False, "sub": f"of-{email}"}
        liar.leads_back(browser, browser.location("liar"))
        answer = browser.finish()
        told.append((answer.status_code, answer.json()["code"], answer.json()["data"]["flows"]))
    assert told[0] == told[1]
    assert told[0][:2] == (401, "email_not_verified")
    assert not SocialAccount.objects.filter(user=ada).exists()
    # Its owner is told, and gets no code.
    (letter,) = letters("ada@example.com")
    assert "already" in letter.text


def test_unlinking_takes_the_account_away_and_says_so(liar: Liar, ada: Any) -> None:
    browser = signed_in()
    link(browser, liar)
    answer = browser.call("DELETE", "account/providers", {"provider": "liar", "account": "somebody"})
    assert answer.status_code == 200
    assert answer.json()["data"] == []
    assert not SocialAccount.objects.exists()
    assert "The liar" in last_letter("ada@example.com").text
    event = AuditEvent.objects.get(event="provider_unlinked")
    assert (event.user_id, event.details) == (str(ada.pk), {"provider": "liar"})


def test_unlinking_asks_for_a_proof_that_is_recent(liar: Liar, ada: Any) -> None:
    browser = signed_in()
    link(browser, liar)
    make_old()
    answer = browser.call("DELETE", "account/providers", {"provider": "liar", "account": "somebody"})
    assert answer.status_code == 401
    assert answer.json()["reason"] == "reauthentication_required"
    assert SocialAccount.objects.exists()


def test_the_last_way_in_is_not_taken_away(liar: Liar) -> None:
    browser = Browser()
    liar.leads_back(browser, browser.location("liar"))
    assert browser.finish().status_code == 200
    answer = browser.call("DELETE", "account/providers", {"provider": "liar", "account": "somebody"})
    assert answer.status_code == 409
    assert answer.json()["reason"] == "last_way_in"
    assert SocialAccount.objects.exists()


def test_an_account_at_a_provider_that_is_configured_no_longer_is_no_way_in(liar: Liar) -> None:
    browser = Browser()
    liar.leads_back(browser, browser.location("liar"))
    assert browser.finish().status_code == 200
    SocialAccount.objects.create(user=get_user_model().objects.get(), provider="gone", uid="somebody")
    # A database that is not asked for an order gives a row that was written again last.
    SocialAccount.objects.get(provider="liar").save()
    listed = browser.call("GET", "account/providers").json()["data"]
    assert [one["provider"]["id"] for one in listed] == ["liar", "gone"]
    assert listed[1]["provider"]["flows"] == []
    assert (
        browser.call("DELETE", "account/providers", {"provider": "liar", "account": "somebody"}).json()["reason"]
        == "last_way_in"
    )
    assert browser.call("DELETE", "account/providers", {"provider": "gone", "account": "somebody"}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"provider": "liar"},
        {"account": "somebody"},
        {"provider": "liar", "account": "another"},
        {"provider": "liar", "account": 7},
        {"provider": ["liar"], "account": "somebody"},
        {"provider": {"liar": 1}, "account": None},
        {"provider": "liar", "account": "x" * 10_000},
        {"provider": "x" * 10_000, "account": "somebody"},
        "[]",
        "{",
        '{"provider": "liar", "account": "\\u0000"}',
        '{"provider": "liar", "account": "\\udc00"}',
    ],
    ids=lambda body: str(body)[:60],
)
def test_unlinking_what_is_none_of_ones_own_changes_nothing(liar: Liar, ada: Any, body: Any) -> None:
    browser = signed_in()
    link(browser, liar)
    other = get_user_model().objects.create_user("other")
    SocialAccount.objects.create(user=other, provider="liar", uid="another")
    answer = browser.call("DELETE", "account/providers", body)
    assert 400 <= answer.status_code < 500, answer.content
    assert SocialAccount.objects.count() == 2


def nobody(user: Any) -> bool:
    """A rule of a project's own."""
    return user is None


def _inactive(settings: Any) -> None:
    get_user_model().objects.update(is_active=False)


def _against_the_rule(settings: Any) -> None:
    settings.SIMPLE_JWT = {"USER_AUTHENTICATION_RULE": "tests.social.test_linking.nobody"}


def _to_be_reset(settings: Any) -> None:
    AccountState.objects.create(user=get_user_model().objects.get(), reset_required_at=timezone.now())


@pytest.mark.parametrize(
    ("keep_out", "reason"),
    [
        (_inactive, "bad_credentials"),
        (_against_the_rule, "bad_credentials"),
        (_to_be_reset, "password_reset_required"),
    ],
)
def test_who_may_not_sign_in_is_not_let_in_by_a_provider(
    liar: Liar, ada: Any, settings: Any, keep_out: Any, reason: str
) -> None:
    link(signed_in(), liar)
    keep_out(settings)
    browser = Browser()
    liar.claims.clear()
    liar.leads_back(browser, browser.location("liar"))
    answer = browser.finish()
    assert answer.status_code == 401
    assert answer.json()["reason"] == reason
    assert browser.access is None
    event = AuditEvent.objects.get(event="login_failed")
    assert (event.user_id, event.reason, event.details) == (str(ada.pk), reason, {"provider": "liar"})

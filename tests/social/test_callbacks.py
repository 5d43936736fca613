"""The way back from a provider: who was not sent there from this very browser gets nowhere, and nobody twice."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model

from keyturn.accounts.models import Flow
from keyturn.accounts.social import starts
from tests.services.openid_provider import OpenIdProvider, Person
from tests.social.engine import BACK_AT, CALLBACK_PAGE, Browser, error_of
from tests.social.liar import Liar

pytestmark = pytest.mark.django_db(transaction=True)


def _answer(location: str, *, provider: str = "liar", **said: Any) -> str:
    asked = parse_qs(urlsplit(location).query)
    return f"{BACK_AT}{provider}?{urlencode({'code': 'a-code', 'state': asked['state'][0], **said}, doseq=True)}"


def _unknown(answer: Any) -> None:
    assert answer.status_code == 400
    assert b'data-reason="provider_refused"' in answer.content
    assert "Location" not in answer
    assert not get_user_model().objects.exists()


def test_an_address_that_is_opened_without_having_been_sent_leads_nowhere(liar: Liar) -> None:
    _unknown(Browser().come_back(f"{BACK_AT}liar?code=a-code&state=a-state"))
    assert liar.asked == []


def test_the_answer_for_another_browser_leads_nowhere(liar: Liar) -> None:
    """Somebody who is led to the answer of a stranger would be signed in as the stranger (RFC 6749 section 10.12)."""
    stranger, victim = Browser(), Browser()
    victim.location("liar")
    _unknown(victim.come_back(_answer(stranger.location("liar"))))
    assert not [path for path, _, _ in liar.asked if path == "/token"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=a",
        "state=",
        "code=a&state=",
        "code=a&state=wrong",
        "code=a&state=%00",
        "code=a&state=%ED%A0%80",
        "code=a&state=%C3%A9",
        "code=a&state=" + "x" * 9_000,
        "code=" + "x" * 9_000 + "&state=a",
        "state[]=a&code=b",
        "code=a&state=a&iss=%0d%0aX:y",
    ],
    ids=lambda query: f"{query[:25]} {len(query)}",
)
def test_an_answer_that_is_none_leads_nowhere(liar: Liar, query: str) -> None:
    browser = Browser()
    browser.location("liar")
    _unknown(browser.come_back(f"{BACK_AT}liar?{query}"))


@pytest.mark.parametrize("name", ["code", "state", "iss", "error"])
def test_an_answer_that_says_something_twice_leads_nowhere(liar: Liar, name: str) -> None:
    browser = Browser()
    location = browser.location("liar")
    _unknown(browser.come_back(f"{_answer(location)}&{name}=a&{name}=b"))


def test_an_answer_to_the_address_of_another_provider_leads_nowhere(liar: Liar, settings: Any) -> None:
    settings.KEYTURN["PROVIDERS"]["other"] = liar.configured
    settings.KEYTURN = dict(settings.KEYTURN)
    browser = Browser()
    location = browser.location("liar")
    _unknown(browser.come_back(_answer(location, provider="other")))
    _unknown(browser.come_back(_answer(location, provider="nobody")))
    _unknown(browser.come_back(_answer(location, provider="a%00b")))
    assert error_of(liar.leads_back(browser, location)) == ""


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_use_nothing_up(liar: Liar, method: str) -> None:
    browser = Browser()
    location = browser.location("liar")
    address = _answer(location)
    assert browser.http.generic(method, address.removeprefix("http://localhost:8000")).status_code == 405
    assert error_of(liar.leads_back(browser, location)) == ""


def test_an_answer_counts_once(liar: Liar) -> None:
    browser = Browser()
    location = browser.location("liar")
    assert error_of(liar.leads_back(browser, location)) == ""
    again = liar.leads_back(browser, location)
    assert again.status_code == 400
    assert [path for path, _, _ in liar.asked].count("/token") == 1


def test_what_the_provider_said_counts_once(liar: Liar) -> None:
    browser = Browser()
    liar.leads_back(browser, browser.location("liar"))
    assert browser.finish().status_code == 200
    browser.access = None
    assert browser.finish().status_code == 409


def test_nothing_is_left_where_a_browser_was_signed_in(liar: Liar) -> None:
    browser = Browser()
    liar.leads_back(browser, browser.location("liar"))
    assert browser.finish().status_code == 200
    assert not Flow.objects.exists()


def test_who_was_away_for_too_long_begins_again(liar: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser()
    location = browser.location("liar")
    monkeypatch.setattr(starts, "_AWAY", timedelta(seconds=-1))
    _unknown(liar.leads_back(browser, location))


def test_what_the_provider_said_waits_for_a_while_only(liar: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser()
    liar.leads_back(browser, browser.location("liar"))
    monkeypatch.setattr(starts, "_WAITING", timedelta(seconds=-1))
    assert browser.finish().status_code == 409


def test_two_tabs_at_the_provider_both_come_back(liar: Liar) -> None:
    browser = Browser()
    first, second = browser.location("liar"), browser.location("liar")
    assert error_of(liar.leads_back(browser, first)) == ""
    liar.claims.clear()
    assert error_of(liar.leads_back(browser, second)) == ""
    assert browser.finish().status_code == 200


def test_a_post_becomes_a_get_and_uses_nothing_up(liar: Liar) -> None:
    """Apple answers by a form on its own page, with which no cookie of ours comes."""
    browser = Browser()
    location = browser.location("liar")
    address = _answer(location)
    path, _, query = address.removeprefix("http://localhost:8000").partition("?")
    said = {name: values[0] for name, values in parse_qs(query).items()}
    led = Browser().http.post(path, {**said, "user": '{"name": {}}'}, HTTP_ORIGIN="https://appleid.apple.com")
    assert led.status_code == 303
    assert led["Location"] == f"{path}?{query}"
    assert error_of(liar.leads_back(browser, location)) == ""


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example/",
        "http://localhost:8000@elsewhere.example/",
        "http://localhost:8000.elsewhere.example/",
        "http:elsewhere.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "https:///elsewhere.example",
        " /sign-in",
        "/sign\tin",
        "\u2215elsewhere.example",
        "",
        None,
        7,
        ["/sign-in"],
        {"a": 1},
        "/" + "\0",
        "http://localhost:8000\r\nX: y",
    ],
    ids=repr,
)
def test_nobody_is_led_to_a_foreign_site(liar: Liar, address: Any) -> None:
    answer = Browser().begin("liar", callback_url=address)
    assert answer.status_code == 400, answer.content
    assert "location" not in answer.json().get("data", {})
    assert not Flow.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "{",
        '{"provider": "nobody", "callback_url": "/"}',
        '{"provider": 7, "callback_url": "/"}',
        '{"provider": ["liar"], "callback_url": "/"}',
        '{"provider": {"liar": 1}, "callback_url": "/"}',
        '{"provider": null, "callback_url": "/"}',
        '{"provider": "a\\u0000", "callback_url": "/"}',
        '{"provider": "\\ud800", "callback_url": "/"}',
        '{"provider": "liar", "process": "redirect", "callback_url": "/"}',
        '{"provider": "liar", "process": 7, "callback_url": "/"}',
        '{"provider": "liar", "process": ["login"], "callback_url": "/"}',
        '{"provider": "' + "x" * 50_000 + '", "callback_url": "/"}',
        '{"provider": "' + "x" * 70_000 + '", "callback_url": "/"}',
    ],
    ids=lambda body: f"{body[:50]} {len(body)}",
)
def test_a_beginning_that_makes_no_sense_begins_nothing(liar: Liar, body: str) -> None:
    answer = Browser().call("POST", "auth/provider/redirect", body)
    assert 400 <= answer.status_code < 500, answer.content
    assert answer.json()["code"]
    assert not Flow.objects.exists()


def test_a_provider_whose_document_cannot_be_had_begins_nothing(liar: Liar) -> None:
    for answer in (None, b"no JSON", b"[]", b"{}", {"issuer": "http://localhost:1"}):
        liar.answers["/.well-known/openid-configuration"] = answer
        refused = Browser().begin("liar")
        assert refused.status_code == 503
        assert refused.json()["reason"] == "provider_unavailable"
        assert refused["Retry-After"] == "1"
    assert not Flow.objects.exists()


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"])
@pytest.mark.parametrize("address", ["http://elsewhere.example/", "file:///etc/passwd", "//x", 7, "https://u:p@x/"])
def test_a_document_that_names_an_address_that_must_not_be_asked_begins_nothing(
    liar: Liar, name: str, address: Any
) -> None:
    liar.document = {name: address}
    assert Browser().begin("liar").status_code == 503


def test_too_many_beginnings_are_refused(liar: Liar, settings: Any) -> None:
    settings.KEYTURN = {**settings.KEYTURN, "LIMITS": {"provider_address": "2/10m"}}
    browser = Browser()
    assert [browser.begin("liar").status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.needs("oidc-provider")
def test_who_turns_back_at_the_provider_is_told_so(acme: OpenIdProvider) -> None:
    browser = Browser()
    led = browser.come_back(Person("ada").cancel(browser.location(), back_at=BACK_AT))
    assert led["Location"] == f"{CALLBACK_PAGE}?error=cancelled"
    assert browser.finish().status_code == 409
    assert not SocialAccount.objects.exists()


@pytest.mark.needs("oidc-provider")
def test_a_code_of_the_real_provider_serves_no_second_time(acme: OpenIdProvider) -> None:
    """Not even in another sign-in of the same browser, which has a state, a nonce and a verifier of its own."""
    browser, person = Browser(), Person("ada")
    address = person.visit(browser.location(), back_at=BACK_AT)
    code = parse_qs(urlsplit(address).query)["code"][0]
    assert error_of(browser.come_back(address)) == ""
    other = Browser()
    led = other.come_back(_answer(other.location(), provider="acme", code=code, iss=acme.issuer))
    assert error_of(led) == "provider_refused"


@pytest.mark.needs("oidc-provider")
def test_a_stolen_code_serves_nobody_without_the_verifier(acme: OpenIdProvider) -> None:
    """PKCE (RFC 7636): a code that was never used, brought by somebody else."""
    victim, thief = Browser(), Browser()
    stolen = parse_qs(urlsplit(Person("ada").visit(victim.location(), back_at=BACK_AT)).query)["code"][0]
    led = thief.come_back(_answer(thief.location(), provider="acme", code=stolen, iss=acme.issuer))
    assert error_of(led) == "provider_refused"
    assert not get_user_model().objects.exists()

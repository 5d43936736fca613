"""A provider that lies: nobody is signed in or up by it, nothing is changed, and the browser is told so with a word."""

from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth import get_user_model

from keyturn.accounts.social import asking
from keyturn.jose import Key
from keyturn.jose.tokens import sign
from keyturn.trail.models import AuditEvent
from tests.social.engine import Browser, error_of
from tests.social.liar import CLIENT_ID, Liar

pytestmark = pytest.mark.django_db(transaction=True)


def refused(browser: Browser, led: Any, *, word: str = "provider_refused") -> None:
    """Nothing came of it."""
    assert led.status_code == 303
    assert error_of(led) == word
    assert browser.finish().status_code == 409
    assert not get_user_model().objects.exists()
    assert not SocialAccount.objects.exists()
    assert AuditEvent.objects.filter(event="provider_refused", reason=word).count() == 1


def test_an_honest_answer_of_the_same_server_signs_up(liar: Liar) -> None:
    browser = Browser()
    led = liar.leads_back(browser, browser.location("liar"))
    assert error_of(led) == ""
    assert browser.finish().status_code == 200
    assert SocialAccount.objects.get().uid == "somebody"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "http://localhost:1"},
        {"iss": None},
        {"iss": ["http://localhost:1"]},
        {"aud": "another-client"},
        {"aud": None},
        {"aud": []},
        {"aud": {"a": 1}},
        {"aud": [CLIENT_ID, "another-client"], "azp": CLIENT_ID},
        {"aud": [CLIENT_ID, 7]},
        {"aud": [CLIENT_ID, CLIENT_ID]},
        {"azp": "another-client"},
        {"azp": 7},
        {"nonce": "another-nonce"},
        {"nonce": ""},
        {"nonce": 7},
        {"nonce": "\ud800"},
        {"exp": 1},
        {"exp": None},
        {"exp": "never"},
        {"exp": 10**400},
        {"iat": None},
        {"iat": "now"},
        {"nbf": 4_000_000_000},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": ["somebody"]},
        {"sub": "x" * 192},
        {"sub": "some\0body"},
        {"sub": "some\nbody"},
        {"sub": "\udc80"},
        {"at_hash": "x"},
        {"at_hash": 7},
    ],
    ids=str,
)
def test_an_id_token_that_breaks_a_rule_signs_nobody_in(liar: Liar, claims: dict[str, Any]) -> None:
    browser = Browser()
    liar.claims = dict(claims)
    refused(browser, liar.leads_back(browser, browser.location("liar")))


def test_an_id_token_without_nonce_signs_nobody_in(liar: Liar) -> None:
    browser = Browser()
    location = browser.location("liar")
    liar.claims["nonce"] = None
    refused(browser, liar.leads_back(browser, location))


def _unsigned(claims: dict[str, Any]) -> str:
    import base64
    import json

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part(claims)}."


def _with_a_secret(claims: dict[str, Any]) -> str:
    return sign(claims, Key("HS256", "of-no-value-but-thirty-two-bytes-long", "", None))


def _with_another_key(claims: dict[str, Any]) -> str:
    return sign(claims, Key("ES256", ec.generate_private_key(ec.SECP256R1()), None, None))


def _with_an_unknown_name(claims: dict[str, Any]) -> str:
    return sign(claims, Key("ES256", ec.generate_private_key(ec.SECP256R1()), None, "unknown"))


@pytest.mark.parametrize(
    "how",
    [
        _unsigned,
        _with_a_secret,
        _with_another_key,
        _with_an_unknown_name,
        lambda _: "",
        lambda _: "a.b",
        lambda _: "a.b.c.d.e",
        lambda _: "x" * 20_000,
        lambda _: "\u00e9.\u00e9.\u00e9",
    ],
    ids=["none", "secret", "other key", "unknown key", "empty", "two parts", "five parts", "huge", "not ASCII"],
)
def test_an_id_token_that_the_provider_has_not_signed_signs_nobody_in(liar: Liar, how: Any) -> None:
    browser = Browser()
    liar.sign = how
    refused(browser, liar.leads_back(browser, browser.location("liar")))


@pytest.mark.parametrize("iss", [None, "http://localhost:1", ""], ids=str)
def test_an_answer_that_names_another_sender_or_none_signs_nobody_in(liar: Liar, iss: str | None) -> None:
    browser = Browser()
    refused(browser, liar.leads_back(browser, browser.location("liar"), iss=iss))
    assert not [path for path, _, _ in liar.asked if path == "/token"]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not JSON",
        b"[]",
        b"null",
        b'{"id_token": 7}',
        b'{"id_token": null}',
        b"{}",
        b'{"id_token": ["x"]}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
    ids=["empty", "text", "list", "null", "number", "no token", "nothing", "list of one", "nested", "no text"],
)
def test_an_answer_to_the_code_that_is_none_signs_nobody_in(liar: Liar, answer: bytes) -> None:
    browser = Browser()
    liar.answers["/token"] = answer
    refused(browser, liar.leads_back(browser, browser.location("liar")))


@pytest.mark.parametrize("status", [301, 302, 400, 401, 404])
def test_a_status_that_is_no_yes_signs_nobody_in(liar: Liar, status: int) -> None:
    browser = Browser()
    liar.statuses["/token"] = status
    refused(browser, liar.leads_back(browser, browser.location("liar")))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_provider_that_is_down_is_said_to_be_so(liar: Liar, status: int) -> None:
    browser = Browser()
    liar.statuses["/token"] = status
    refused(browser, liar.leads_back(browser, browser.location("liar")), word="provider_unavailable")


def test_a_provider_that_hangs_up_is_said_to_be_down(liar: Liar) -> None:
    browser = Browser()
    location = browser.location("liar")
    liar.answers["/token"] = None
    refused(browser, liar.leads_back(browser, location), word="provider_unavailable")
    # A code is never sent twice.
    assert [path for path, _, _ in liar.asked].count("/token") == 1


def test_a_provider_that_answers_without_end_is_cut_off(liar: Liar) -> None:
    browser = Browser()
    liar.answers["/token"] = b"x" * 300_000
    refused(browser, liar.leads_back(browser, browser.location("liar")), word="provider_unavailable")


def test_a_provider_that_is_slow_is_given_up(liar: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser()
    location = browser.location("liar")
    liar.delay = 30.0
    monkeypatch.setattr(asking.Asking.__init__, "__defaults__", (0.3,))
    refused(browser, liar.leads_back(browser, location), word="provider_unavailable")


def test_further_claims_about_somebody_else_sign_nobody_in(liar: Liar) -> None:
    browser = Browser()
    liar.claims = {"email": None}
    liar.further = {"sub": "somebody else", "email": "somebody@liar.example", "email_verified": True}
    refused(browser, liar.leads_back(browser, browser.location("liar")))


@pytest.mark.parametrize("further", [b"[]", b"no JSON", {"email": "somebody@liar.example"}], ids=str)
def test_further_claims_that_are_none_sign_nobody_in(liar: Liar, further: Any) -> None:
    browser = Browser()
    liar.claims, liar.further = {"email": None}, further
    refused(browser, liar.leads_back(browser, browser.location("liar")))


@pytest.mark.parametrize("said", ["false", "true", 1, [True], {"a": 1}, None, False], ids=repr)
def test_an_address_that_only_seems_verified_is_not_taken_as_verified(liar: Liar, said: Any) -> None:
    browser = Browser()
    liar.claims = {"email_verified": said}
    liar.leads_back(browser, browser.location("liar"))
    answer = browser.finish()
    assert answer.status_code == 401
    assert [flow["id"] for flow in answer.json()["data"]["flows"] if flow.get("is_pending")] == ["verify_email"]


@pytest.mark.parametrize(
    "email", [7, "", "no address", "a@b@c", "x" * 300 + "@liar.example", "a\n@liar.example", ["a@liar.example"], "\0"]
)
def test_an_address_that_is_none_is_asked_for(liar: Liar, email: Any) -> None:
    browser = Browser()
    liar.claims = {"email": email}
    liar.leads_back(browser, browser.location("liar"))
    answer = browser.finish()
    assert answer.status_code == 401
    assert [flow["id"] for flow in answer.json()["data"]["flows"] if flow.get("is_pending")] == ["provider_signup"]
    assert not get_user_model().objects.exists()


@pytest.mark.parametrize("junk", [7, ["x"], {"a": "b"}, "x" * 2_000, "a\0b", "\udc80", None], ids=lambda j: str(j)[:20])
def test_names_that_are_none_are_left_out(liar: Liar, junk: Any) -> None:
    browser = Browser()
    liar.claims = dict.fromkeys(("name", "given_name", "family_name", "preferred_username"), junk)
    liar.leads_back(browser, browser.location("liar"))
    assert browser.finish().status_code == 200
    user = get_user_model().objects.get()
    assert (user.first_name, user.last_name) == ("", "")
    assert user.username

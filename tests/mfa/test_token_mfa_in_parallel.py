"""Tokens and codes shown by many at once at ``/token/mfa/``: one comes in, and as many guesses count as may."""

from functools import partial

import pytest

from keyturn.accounts import second_step
from keyturn.accounts.models import Flow
from keyturn.mfa.codes import accept_code
from keyturn.mfa.models import TrustedDevice
from keyturn.sessions.models import Session
from tests.accounts.engine import AuthClient
from tests.accounts.racing import at_once
from tests.contract.caller import Caller
from tests.mfa.door import code_of, enrol, finish, give_codes, mfa_token
from tests.web.page import Page

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def secret(ada):
    """Of ada's authenticator app."""
    return enrol(ada)


@pytest.fixture
def evaluated(monkeypatch):
    """Every code that was looked at."""
    found: list[str] = []

    def counting(**given):
        found.append(given["code"])
        return accept_code(**given)

    monkeypatch.setattr(second_step, "accept_code", counting)
    return found


def crowd(calls):
    """Make two hundred calls by a hundred clients at once, two each: a database has only so many connections."""

    def two(first, second):
        return [first(), second()]

    pairs = zip(calls[::2], calls[1::2], strict=True)
    return [answer for both in at_once([partial(two, *pair) for pair in pairs]) for answer in both]


def statuses(answers):
    return [getattr(answer, "status_code", answer) for answer in answers]


def reasons(answers):
    return {answer.json()["reason"] for answer in answers if answer.status_code != 200}


def test_of_twenty_who_show_one_token_one_comes_in(ada, secret):
    token = mfa_token(Caller())
    codes = give_codes(ada)
    # A code each that would be right by itself: it is the token that is good once.
    shown = [*codes, *codes]
    answers = at_once([partial(finish, Caller(), token, code) for code in shown])
    assert sorted(statuses(answers)) == [200] + [401] * 19
    assert reasons(answers) == {"mfa_token_invalid"}
    assert Session.objects.count() == 1
    assert not Flow.objects.exists()


def test_of_twenty_who_show_one_code_with_tokens_of_their_own_one_comes_in(secret, settings):
    settings.KEYTURN = {"LIMITS": {"code_pair": "100/10m"}}
    tokens = [mfa_token(Caller()) for _ in range(20)]
    code = code_of(secret)
    answers = at_once([partial(finish, Caller(), token, code) for token in tokens])
    assert sorted(statuses(answers)) == [200] + [400] * 19
    assert reasons(answers) == {"wrong_code"}
    assert Session.objects.count() == 1


def test_of_twenty_who_show_one_recovery_code_one_comes_in(ada, secret, settings):
    settings.KEYTURN = {"LIMITS": {"code_pair": "100/10m"}}
    code = give_codes(ada)[0]
    tokens = [mfa_token(Caller()) for _ in range(20)]
    answers = at_once([partial(finish, Caller(), token, code) for token in tokens])
    assert sorted(statuses(answers)) == [200] + [400] * 19
    assert Session.objects.count() == 1


def test_a_code_that_is_shown_at_two_doors_at_once_opens_one(secret):
    for later in (0, 1):
        flow = AuthClient()
        flow.log_in()
        token, code = mfa_token(Caller()), code_of(secret, later=later)
        answers = at_once(
            [
                partial(finish, Caller(), token, code),
                partial(flow.call, "POST", "auth/2fa/authenticate", {"code": code}),
            ]
        )
        assert sorted(statuses(answers)) == [200, 400]
    assert Session.objects.count() == 2


def test_of_two_hundred_guesses_at_one_token_five_are_looked_at(secret, settings, evaluated):
    settings.KEYTURN = {"LIMITS": {"code_pair": None, "code_address": None, "code_account": None}}
    token = mfa_token(Caller())
    answers = crowd([partial(finish, Caller(), token, f"{number:06}") for number in range(200)])
    found = statuses(answers)
    assert (found.count(400), found.count(401)) == (5, 195), found
    assert len(evaluated) == 5
    assert not Session.objects.exists()


def test_of_two_hundred_guesses_with_tokens_of_their_own_five_are_looked_at(secret, settings, evaluated):
    settings.KEYTURN = {"LIMITS": {"code_pair": "5/10m"}}
    tokens = [mfa_token(Caller()) for _ in range(50)]
    calls = [partial(finish, Caller(), tokens[number % 50], f"{number:06}") for number in range(200)]
    found = statuses(crowd(calls))
    assert (found.count(400), found.count(429)) == (5, 195), found
    assert len(evaluated) == 5
    assert not Session.objects.exists()


def test_of_two_hundred_guesses_at_two_doors_five_are_looked_at(secret, settings, evaluated):
    settings.KEYTURN = {"LIMITS": {"code_pair": "5/10m"}}
    tokens, calls = [mfa_token(Caller()) for _ in range(20)], []
    flows = [AuthClient() for _ in range(20)]
    for flow in flows:
        flow.log_in()
    for number in range(100):
        calls.append(partial(finish, Caller(), tokens[number % 20], f"{number:06}"))
        flow = flows[number % 20]
        calls.append(partial(flow.call, "POST", "auth/2fa/authenticate", {"code": f"{number:06}"}))
    found = statuses(crowd(calls))
    assert (found.count(400), found.count(429)) == (5, 195), found
    assert len(evaluated) <= 5
    assert not Session.objects.exists()


def test_of_twenty_who_set_up_an_app_with_one_token_one_does(ada, settings):
    settings.KEYTURN = {"FACTOR_REQUIRED_OF": "everybody"}
    token = mfa_token(Caller())
    secret = Caller().call("POST", "/token/mfa/setup/", {"mfa_token": token}).json()["secret"]
    answers = at_once([partial(finish, Caller(), token, code_of(secret)) for _ in range(20)])
    assert sorted(statuses(answers)) == [200] + [401] * 19
    assert ada.authenticator_set.filter(type="totp").count() == 1
    assert Session.objects.count() == 1


def test_two_who_set_up_an_app_with_tokens_of_their_own_leave_one(ada, settings):
    settings.KEYTURN = {"FACTOR_REQUIRED_OF": "everybody"}
    tokens = [mfa_token(Caller()) for _ in range(6)]
    secrets = [Caller().call("POST", "/token/mfa/setup/", {"mfa_token": token}).json()["secret"] for token in tokens]
    assert len(set(secrets)) == 6
    answers = at_once(
        [partial(finish, Caller(), token, code_of(secret)) for token, secret in zip(tokens, secrets, strict=True)]
    )
    assert sorted(statuses(answers)) == [200] + [401] * 5
    assert ada.authenticator_set.filter(type="totp").count() == 1
    assert Session.objects.count() == 1


def test_a_browser_that_is_trusted_in_several_tabs_at_once_is_trusted_once(ada, secret, settings):
    codes = give_codes(ada)
    page = Page()
    tokens = [mfa_token(page) for _ in range(6)]
    calls = [
        partial(finish, _same_browser(page), token, code, trust_device=True)
        for token, code in zip(tokens, codes, strict=False)
    ]
    assert statuses(at_once(calls)) == [200] * 6
    assert TrustedDevice.objects.count() == 1


def test_a_password_changed_meanwhile_leaves_no_trusted_device_behind(ada, secret):
    codes = give_codes(ada)
    for round_, code in enumerate(codes[:6]):
        page = Page()
        token = mfa_token(page, password="correct horse battery staple" if not round_ else f"a long sentence {round_}")

        def change(number=round_):
            ada.refresh_from_db()
            ada.set_password(f"a long sentence {number + 1}")
            ada.save()

        at_once([partial(finish, page, token, code, trust_device=True), change])
        assert not TrustedDevice.objects.exists()
        assert not Session.objects.filter(revoked_at=None).exists()


def _same_browser(page):
    other = Page()
    other.browser.cookies = page.browser.cookies
    return other

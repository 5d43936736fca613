"""``POST /token/`` of a user with a second factor, and ``POST /token/mfa/``, which ends what it began."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.db import transaction

from keyturn.accounts.flows import flow_database
from keyturn.accounts.half_signed_in import HalfSignedIn, begin
from keyturn.accounts.models import Flow
from keyturn.clock import utc_now
from keyturn.errors import Reason, RefusedError
from keyturn.jose import sealing
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.signin.models import AccountState
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import AuthClient
from tests.contract.caller import PASSWORD, Caller, claims
from tests.dpop.browser import KeyHolder
from tests.mfa.door import code_of, enrol, finish, give_codes, mfa_token
from tests.web.page import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(ada):
    """Of ada's authenticator app."""
    return enrol(ada)


@pytest.fixture
def caller():
    """A client that keeps nothing."""
    return Caller()


def assert_invalid(answer):
    assert answer.status_code == 401, answer.content
    assert answer.json()["reason"] == "mfa_token_invalid"
    assert answer.json()["code"] == "mfa_token_not_valid"


def events():
    return list(AuditEvent.objects.order_by("pk").values_list("event", "reason"))


def test_a_right_password_is_told_how_to_go_on_and_opens_nothing(secret, ada, caller):
    give_codes(ada)
    answer = caller.try_log_in()
    assert answer.status_code == 401
    body = answer.json()
    token = body.pop("mfa_token")
    assert body == {
        "detail": "A second factor is required.",
        "code": "mfa_required",
        "reason": "mfa_required",
        "methods": ["totp", "recovery_codes"],
        "expires_in": 300,
    }
    assert len(token) == 43
    assert answer["Cache-Control"] == "no-store"
    assert not Session.objects.exists()
    assert token not in str(list(Flow.objects.values()))


def test_a_wrong_password_is_told_nothing_of_factors(secret, caller):
    answer = caller.try_log_in(password="wrong")
    assert answer.json() == {
        "detail": "No active account found with the given credentials",
        "code": "no_active_account",
        "reason": "bad_credentials",
    }
    assert not Flow.objects.exists()


def test_the_code_of_the_app_ends_it_with_a_pair_that_says_so(secret, ada, caller):
    answer = finish(caller, mfa_token(caller), code_of(secret))
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert set(body) == {"access", "refresh"}
    assert claims(body["access"])["amr"] == ["pwd", "otp", "mfa"]
    assert Session.objects.get().amr == "pwd otp mfa"
    assert caller.try_refresh(body["refresh"]).status_code == 200
    assert not Flow.objects.exists()
    assert events()[-1] == ("login", "")


def test_a_recovery_code_does_as_well_and_once(secret, ada, caller):
    codes = give_codes(ada)
    assert finish(caller, mfa_token(caller), codes[0]).status_code == 200
    answer = finish(caller, mfa_token(caller), codes[0])
    assert (answer.status_code, answer.json()["reason"]) == (400, "wrong_code")
    assert Session.objects.count() == 1


def test_a_token_ends_one_sign_in(secret, caller):
    token = mfa_token(caller)
    assert finish(caller, token, code_of(secret)).status_code == 200
    assert_invalid(finish(caller, token, code_of(secret, later=1)))
    assert Session.objects.count() == 1


def test_a_code_serves_one_of_two_tokens(secret, caller):
    first, second = mfa_token(caller), mfa_token(caller)
    code = code_of(secret)
    assert finish(caller, first, code).status_code == 200
    assert finish(caller, second, code).json()["reason"] == "wrong_code"
    assert finish(caller, second, code_of(secret, later=1)).status_code == 200


def test_a_wrong_code_leaves_the_token_good(secret, caller):
    token = mfa_token(caller)
    answer = finish(caller, token, "000000")
    assert answer.status_code == 400
    assert answer.json() == {
        "detail": "The code is wrong, or has been used.",
        "code": "wrong_code",
        "reason": "wrong_code",
    }
    assert ("code_rejected", "totp") in events()
    assert finish(caller, token, code_of(secret)).status_code == 200


def test_five_wrong_codes_end_the_sign_in(secret, caller):
    token = mfa_token(caller)
    assert [finish(caller, token, "000000").status_code for _ in range(5)] == [400] * 5
    assert_invalid(finish(caller, token, code_of(secret)))
    assert not Session.objects.exists()


def test_guesses_count_over_all_tokens_and_at_the_flows_alike(secret, settings, caller):
    settings.KEYTURN = {"LIMITS": {"code_pair": "3/10m"}}
    first = mfa_token(caller)
    answers = [finish(caller, first, "000000") for _ in range(2)]
    second = mfa_token(caller)
    answers += [finish(caller, second, "000000"), finish(caller, second, code_of(secret))]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 429]
    assert answers[-1].json()["reason"] == "too_many_attempts"
    assert int(answers[-1]["Retry-After"]) > 0
    assert not Session.objects.exists()


def test_a_right_code_is_no_guess(secret, settings, caller):
    settings.KEYTURN = {"LIMITS": {"code_pair": "3/10m"}}
    for later in (0, 1):
        token = mfa_token(caller)
        finish(caller, token, "000000")
        assert finish(caller, token, code_of(secret, later=later)).status_code == 200


@pytest.mark.parametrize(("after", "is_good"), [(timedelta(minutes=5), True), (timedelta(minutes=5, seconds=1), False)])
def test_a_token_is_good_for_five_minutes(ada, after, is_good):
    now = utc_now()
    token = begin(user=ada, must_set_up=False, door={}, client=Client(), now=now)
    with transaction.atomic(using=flow_database()):
        if is_good:
            assert HalfSignedIn.of(token, client=Client(), now=now + after).user == ada
            return
        with pytest.raises(RefusedError) as refused:
            HalfSignedIn.of(token, client=Client(), now=now + after)
    assert refused.value.reason is Reason.MFA_TOKEN_INVALID
    assert not Flow.objects.exists()


def new_password(user):
    user.set_password("another long sentence altogether")
    user.save()


def deactivated(user):
    user.is_active = False
    user.save()


def told_to_reset(user):
    AccountState.objects.create(user=user, reset_required_at=utc_now())


def unverified(user):
    AccountState.objects.create(user=user, signed_up_at=utc_now())


def changed_silently(user):
    get_user_model().objects.filter(pk=user.pk).update(password="pbkdf2_sha256$1$x$y")


@pytest.mark.parametrize(
    "change", [new_password, deactivated, told_to_reset, unverified, changed_silently, lambda user: user.delete()]
)
def test_a_user_who_changed_meanwhile_begins_anew(secret, ada, caller, change):
    token = mfa_token(caller)
    change(ada)
    assert_invalid(finish(caller, token, code_of(secret)))
    assert not Session.objects.exists()
    assert not Flow.objects.exists()


def test_a_factor_that_was_removed_meanwhile_is_of_no_use(secret, ada, caller):
    token = mfa_token(caller)
    ada.authenticator_set.all().delete()
    assert finish(caller, token, code_of(secret)).json()["reason"] == "wrong_code"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"mfa_token": "x"},
        {"mfa_token": "", "code": "123456"},
        {"mfa_token": None, "code": "123456"},
        {"mfa_token": ["x"], "code": "123456"},
        {"mfa_token": {"x": 1}, "code": "123456"},
        {"mfa_token": "GOOD", "code": None},
        {"mfa_token": "GOOD", "code": ""},
        {"mfa_token": "GOOD", "code": "  "},
        {"mfa_token": "GOOD", "code": ["123456"]},
        {"mfa_token": "GOOD", "code": {"a": "b"}},
        {"mfa_token": "GOOD", "code": True},
        {"mfa_token": "GOOD", "code": "12\x003456"},
        {"mfa_token": "GOOD", "code": "\ud800"},
        {"mfa_token": "GOOD", "code": "000000", "credential": {"id": "x"}},
        {"mfa_token": "GOOD", "credential": "x"},
        {"mfa_token": "GOOD", "credential": []},
        {"mfa_token": "GOOD", "credential": None},
        {"mfa_token": "GOOD", "code": "000000", "trust_device": "perhaps"},
        {"mfa_token": "GOOD", "code": "000000", "trust_device": None},
        {"mfa_token": "GOOD", "code": "000000", "trust_device": [True]},
        [],
        "text",
        7,
        None,
    ],
    ids=str,
)
def test_a_body_of_the_wrong_shape_is_refused_and_counts_for_nothing(secret, caller, body):
    token = mfa_token(caller)
    if isinstance(body, dict) and body.get("mfa_token") == "GOOD":
        body = {**body, "mfa_token": token}
    answer = caller.call("POST", "/token/mfa/", body)
    assert answer.status_code == 400, answer.content
    assert isinstance(answer.json()["code"], str)
    assert answer.json()["detail"]
    assert finish(caller, token, code_of(secret)).status_code == 200


FULL_WIDTH = "\uff11\uff12\uff13\uff14\uff15\uff16"


@pytest.mark.parametrize(
    "code",
    ["1", "0" * 64, "0" * 5_000, FULL_WIDTH, "' OR 1=1 --", "abc", "12 34 56", 0, 1.5],
    ids=["one digit", "long", "endless", "full width", "quoted", "letters", "spaced", "a number", "a fraction"],
)
def test_what_cannot_be_a_code_is_a_wrong_one(secret, caller, code):
    answer = caller.call("POST", "/token/mfa/", {"mfa_token": mfa_token(caller), "code": code})
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_code")


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 44, "é" * 43, "A" * 20_000, "%00", "../../etc", "\u202e"])
@pytest.mark.parametrize("path", ["/token/mfa/", "/token/mfa/options/", "/token/mfa/setup/"])
def test_a_token_of_nobody_s_making_opens_nothing(secret, caller, token, path):
    assert_invalid(caller.call("POST", path, {"mfa_token": token, "code": code_of(secret)}))


@pytest.mark.parametrize("path", ["/token/mfa/", "/token/mfa/options/", "/token/mfa/setup/"])
@pytest.mark.parametrize("raw", [b"", b"{", b'{"mfa_token": 1', b"\xff\xfe", b"[" * 5_000, b'{"mfa_token": NaN}'])
def test_what_is_no_json_is_refused(caller, path, raw, db):
    answer = caller.browser.post(path, raw, content_type="application/json")
    assert 400 <= answer.status_code < 500, answer.content
    assert isinstance(answer.json()["code"], str)


@pytest.mark.parametrize("path", ["/token/mfa/", "/token/mfa/options/", "/token/mfa/setup/"])
def test_a_body_without_end_is_not_read(caller, path, db):
    answer = caller.call("POST", path, {"mfa_token": "A" * 43, "code": "0" * 70_000})
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_none(caller, method, db):
    assert caller.call(method, "/token/mfa/").status_code == 405


def test_a_form_serves_as_well(secret, caller):
    answer = caller.form("/token/mfa/", {"mfa_token": mfa_token(caller), "code": code_of(secret)})
    assert answer.status_code == 200


def test_unknown_fields_say_nothing(secret, caller):
    assert finish(caller, mfa_token(caller), code_of(secret), user="eve", username="eve").status_code == 200


def test_the_flow_of_auth_and_the_token_of_the_door_are_not_each_other(secret, caller):
    flow = AuthClient()
    flow.log_in()
    assert flow.flow is not None
    assert_invalid(finish(caller, flow.flow, code_of(secret)))
    stranger = AuthClient()
    stranger.flow = mfa_token(caller)
    answer = stranger.call("POST", "auth/2fa/authenticate", {"code": code_of(secret)})
    assert answer.status_code in {401, 409, 410}
    assert not Session.objects.exists()


def test_a_web_client_s_pair_comes_in_the_cookie(secret, ada):
    page = Page()
    assert page.try_sign_in().status_code == 401
    assert page.cookie("refresh") is None
    answer = finish(page, mfa_token(page), code_of(secret))
    assert set(answer.json()) == {"access"}
    assert page.refresh()


def test_the_second_step_comes_from_the_device_of_the_first(secret, ada):
    page, thief = Page(), Page()
    token = mfa_token(page)
    assert_invalid(finish(thief, token, code_of(secret)))
    assert_invalid(finish(Caller(), token, code_of(secret)))
    assert finish(page, token, code_of(secret)).status_code == 200
    assert Session.objects.get().binding_kind == "cookie"


def test_the_second_step_comes_with_the_key_of_the_first(secret, ada):
    owner, thief = KeyHolder(), KeyHolder()
    token = owner.call("POST", "/token/", {"username": "ada", "password": PASSWORD}).json()["mfa_token"]
    assert_invalid(finish(thief, token, code_of(secret)))
    assert_invalid(finish(Caller(), token, code_of(secret)))
    answer = finish(owner, token, code_of(secret))
    assert answer.status_code == 200, answer.content
    assert answer.json()["token_type"] == "DPoP"
    assert Session.objects.get().binding_kind == "dpop"


@pytest.mark.parametrize("door", ["token", "flow"])
def test_a_guess_that_cannot_be_judged_is_a_guess(ada, settings, caller, door):
    """A secret that was sealed under another key must not make guesses free."""
    settings.KEYTURN = {"LIMITS": {"code_pair": "3/10m"}}
    other = sealing.seal(b"JBSWY3DPEHPK3PXP", secret="x" * 50, purpose="keyturn factor v1", place=f"{ada.pk} totp")
    Authenticator.objects.create(user=ada, type="totp", data={"secret": other})
    client = AuthClient()
    client.log_in()
    token = mfa_token(caller)
    statuses = []
    for number in range(5):
        if door == "token":
            answer = finish(caller, token, f"{number:06}")
        else:
            answer = client.call("POST", "auth/2fa/authenticate", {"code": f"{number:06}"})
        statuses.append(answer.status_code)
    assert statuses == [503, 503, 503, 429, 429]


def test_five_guesses_that_cannot_be_judged_end_the_sign_in(ada, settings, caller):
    other = sealing.seal(b"JBSWY3DPEHPK3PXP", secret="x" * 50, purpose="keyturn factor v1", place=f"{ada.pk} totp")
    Authenticator.objects.create(user=ada, type="totp", data={"secret": other})
    token = mfa_token(caller)
    assert [finish(caller, token, "000000").status_code for _ in range(6)] == [503] * 5 + [401]

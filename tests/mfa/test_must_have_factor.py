"""``FACTOR_REQUIRED_OF``: nobody of those comes in without a second factor; who has none sets one up on the way."""

import pytest
from allauth.mfa.models import Authenticator

from keyturn.accounts.models import Flow
from keyturn.mfa.models import RecoveryCode
from keyturn.sessions.models import Session
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import AuthClient, last_letter
from tests.contract.caller import PASSWORD, Caller, claims
from tests.mfa.door import code_of, enrol, finish, mfa_token
from tests.web.page import Page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rule(settings):
    settings.KEYTURN = {"FACTOR_REQUIRED_OF": "everybody"}


@pytest.fixture
def caller():
    """A client that keeps nothing."""
    return Caller()


def set_up(client, token):
    return client.call("POST", "/token/mfa/setup/", {"mfa_token": token})


def test_who_must_have_one_and_has_none_is_told_to_set_one_up(ada, caller):
    answer = caller.try_log_in()
    assert answer.status_code == 403
    body = answer.json()
    assert len(body.pop("mfa_token")) == 43
    assert body == {
        "detail": "Set up a second factor first.",
        "code": "factor_setup_required",
        "reason": "factor_setup_required",
        "expires_in": 300,
    }
    assert not Session.objects.exists()


def test_a_wrong_password_is_told_nothing_of_the_rule(ada, caller):
    assert caller.try_log_in(password="wrong").json()["reason"] == "bad_credentials"
    assert caller.try_log_in("nobody").json()["reason"] == "bad_credentials"


def test_an_app_that_is_set_up_ends_the_sign_in_and_gives_recovery_codes_once(ada, caller):
    token = mfa_token(caller)
    shown = set_up(caller, token)
    assert shown.status_code == 200
    assert set(shown.json()) == {"secret", "totp_url", "totp_svg"}
    secret = shown.json()["secret"]
    assert secret in shown.json()["totp_url"]
    assert "<svg" in shown.json()["totp_svg"]
    assert shown["Cache-Control"] == "no-store"
    code = code_of(secret)
    answer = finish(caller, token, code)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert set(body) == {"access", "refresh", "recovery_codes"}
    assert claims(body["access"])["amr"] == ["pwd", "otp", "mfa"]
    assert len(body["recovery_codes"]) == RecoveryCode.objects.filter(user=ada).count() == 10
    assert finish(caller, token, code_of(secret, later=1)).json()["reason"] == "mfa_token_invalid"
    again = mfa_token(caller)
    assert finish(caller, again, code).json()["reason"] == "wrong_code"
    done = finish(caller, again, body["recovery_codes"][3])
    assert set(done.json()) == {"access", "refresh"}


def test_a_web_client_sets_up_too_and_may_trust_its_device(ada):
    page = Page()
    token = mfa_token(page)
    secret = set_up(page, token).json()["secret"]
    answer = finish(page, token, code_of(secret), trust_device=True)
    assert set(answer.json()) == {"access", "recovery_codes"}
    assert page.refresh()
    assert page.try_sign_in().status_code == 200
    assert Page().try_sign_in().status_code == 401


def test_the_secret_is_the_same_for_one_token_and_another_for_another(ada, caller):
    first, second = mfa_token(caller), mfa_token(caller)
    secrets = [set_up(caller, token).json()["secret"] for token in (first, first, second)]
    assert secrets[0] == secrets[1] != secrets[2]
    assert secrets[0] not in str(list(Flow.objects.values()))
    assert finish(caller, second, code_of(secrets[0])).json()["reason"] == "wrong_code"


@pytest.mark.parametrize("more", [{"code": "123456"}, {"credential": {"id": "x"}}])
def test_a_code_before_the_app_was_asked_for_sets_nothing_up(ada, caller, more):
    token = mfa_token(caller)
    assert finish(caller, token, **more).status_code == 400
    assert not Authenticator.objects.exists()


def test_guesses_at_a_set_up_end_with_the_token(ada, caller):
    token = mfa_token(caller)
    secret = set_up(caller, token).json()["secret"]
    assert [finish(caller, token, "000000").status_code for _ in range(5)] == [400] * 5
    assert finish(caller, token, code_of(secret)).json()["reason"] == "mfa_token_invalid"
    assert set_up(caller, token).json()["reason"] == "mfa_token_invalid"
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("kind", ["totp", "webauthn"])
def test_a_password_alone_sets_up_no_app_beside_a_factor_that_came_meanwhile(ada, caller, kind):
    token = mfa_token(caller)
    secret = set_up(caller, token).json()["secret"]
    Authenticator.objects.create(user=ada, type=kind, data={})
    assert finish(caller, token, code_of(secret)).json()["reason"] == "mfa_token_invalid"
    assert Authenticator.objects.count() == 1
    assert not Session.objects.exists()


def test_a_password_changed_meanwhile_sets_up_nothing(ada, caller):
    token = mfa_token(caller)
    secret = set_up(caller, token).json()["secret"]
    ada.set_password("another long sentence altogether")
    ada.save()
    assert finish(caller, token, code_of(secret)).json()["reason"] == "mfa_token_invalid"
    assert not Authenticator.objects.exists()


def test_a_token_of_who_has_a_factor_sets_up_none(ada, caller):
    secret = enrol(ada)
    token = mfa_token(caller)
    assert set_up(caller, token).json()["reason"] == "mfa_token_invalid"
    assert finish(caller, token, code_of(secret)).status_code == 200


def test_a_token_to_set_up_with_asks_for_no_passkey(ada, caller):
    answer = caller.call("POST", "/token/mfa/options/", {"mfa_token": mfa_token(caller)})
    assert answer.json()["reason"] == "mfa_token_invalid"


def test_the_set_up_is_bound_to_the_device_of_the_password(ada):
    page = Page()
    token = mfa_token(page)
    assert set_up(Page(), token).json()["reason"] == "mfa_token_invalid"
    assert set_up(Caller(), token).json()["reason"] == "mfa_token_invalid"
    assert set_up(page, token).status_code == 200


@pytest.mark.parametrize(
    ("rule", "staff", "others"),
    [
        ("nobody", 200, 200),
        ("staff", 403, 200),
        ("everybody", 403, 403),
        ("tests.mfa.test_must_have_factor.only_eve", 200, 403),
    ],
)
def test_the_rule_says_of_whom(settings, ada, django_user_model, caller, rule, staff, others):
    settings.KEYTURN = {"FACTOR_REQUIRED_OF": rule}
    django_user_model.objects.create_user("boss", "boss@example.com", PASSWORD, is_staff=True)
    django_user_model.objects.create_user("eve", "eve@example.com", PASSWORD)
    assert caller.try_log_in("boss").status_code == staff
    assert caller.try_log_in("eve").status_code == others


def only_eve(user):
    """A rule of a project's own."""
    return user.username == "eve"


@pytest.mark.parametrize("kind", ["app", "browser"])
def test_the_door_of_auth_waits_for_the_set_up_and_then_signs_in(ada, kind):
    client = AuthClient(kind)
    answer = client.log_in()
    assert answer.status_code == 401
    body = answer.json()
    assert (body["code"], body["reason"]) == ("factor_setup_required", "factor_setup_required")
    assert {"id": "mfa_setup", "is_pending": True} in body["data"]["flows"]
    shown = client.call("GET", "account/authenticators/totp")
    assert shown.status_code == 404
    secret = shown.json()["meta"]["secret"]
    wrong = client.call("POST", "account/authenticators/totp", {"code": "000000"})
    assert wrong.status_code == 400
    assert not Session.objects.exists()
    done = client.call("POST", "account/authenticators/totp", {"code": code_of(secret)})
    assert done.status_code == 200, done.content
    assert len(done.json()["data"]["recovery_codes"]) == 10
    assert client.access is not None
    assert Session.objects.get().amr == "pwd otp mfa"


def test_the_door_of_auth_lets_nobody_do_anything_else_before_it(ada):
    client = AuthClient()
    client.log_in()
    for method, path, body in (
        ("GET", "account/authenticators", None),
        ("GET", "account/authenticators/webauthn", None),
        ("POST", "account/authenticators/recovery-codes", {}),
        ("DELETE", "account/authenticators/totp", None),
        ("POST", "account/password/change", {"new_password": "another long sentence"}),
        ("POST", "auth/2fa/authenticate", {"code": "123456"}),
        ("GET", "account/email", None),
    ):
        assert client.call(method, path, body).status_code == 401, path
    assert not Session.objects.exists()


def test_a_flow_that_waits_sets_up_no_app_beside_a_factor_that_came_meanwhile(ada):
    client = AuthClient()
    client.log_in()
    secret = client.call("GET", "account/authenticators/totp").json()["meta"]["secret"]
    Authenticator.objects.create(user=ada, type="webauthn", data={})
    answer = client.call("POST", "account/authenticators/totp", {"code": code_of(secret)})
    assert 400 <= answer.status_code < 500
    assert not Authenticator.objects.filter(type="totp").exists()
    assert not Session.objects.exists()


def test_a_password_changed_meanwhile_takes_the_app_of_a_flow_back(ada):
    client = AuthClient()
    client.log_in()
    secret = client.call("GET", "account/authenticators/totp").json()["meta"]["secret"]
    ada.set_password("another long sentence altogether")
    ada.save()
    answer = client.call("POST", "account/authenticators/totp", {"code": code_of(secret)})
    assert answer.status_code == 401
    assert not Authenticator.objects.exists()
    assert not Session.objects.exists()


def test_who_signs_up_sets_one_up_after_the_address_was_verified(db):
    client = AuthClient()
    client.sign_up()
    answer = client.verify(last_letter("new@example.com").code)
    assert answer.status_code == 401
    assert answer.json()["reason"] == "factor_setup_required"
    secret = client.call("GET", "account/authenticators/totp").json()["meta"]["secret"]
    assert client.call("POST", "account/authenticators/totp", {"code": code_of(secret)}).status_code == 200


def test_the_last_factor_stays(ada, caller):
    secret = enrol(ada)
    access = finish(caller, mfa_token(caller), code_of(secret)).json()["access"]
    client = AuthClient()
    client.access = access
    answer = client.call("DELETE", "account/authenticators/totp")
    assert (answer.status_code, answer.json()["reason"]) == (403, "factor_setup_required")
    assert Authenticator.objects.filter(type="totp").exists()


def test_a_session_that_was_opened_before_the_rule_goes_on(settings, ada, caller):
    settings.KEYTURN = {}
    tokens = caller.log_in()
    settings.KEYTURN = {"FACTOR_REQUIRED_OF": "everybody"}
    assert caller.try_refresh(tokens.refresh).status_code == 200


def test_the_trail_tells_that_a_factor_was_asked_for(ada, caller):
    token = mfa_token(caller)
    secret = set_up(caller, token).json()["secret"]
    finish(caller, token, code_of(secret))
    events = list(AuditEvent.objects.order_by("pk").values_list("event", "reason"))
    assert events[0] == ("factor_asked", "factor_setup_required")
    assert ("factor_added", "totp") in events
    assert events[-1] == ("login", "")


@pytest.mark.parametrize("verification", ["optional", "mandatory"])
def test_who_signs_up_confirms_the_address_before_a_factor_is_set_up(db, settings, verification):
    """Else a factor of whoever typed an address would stand in the way of whoever has it."""
    settings.ACCOUNT_EMAIL_VERIFICATION = verification
    client = AuthClient()
    answer = client.sign_up()
    assert answer.json()["reason"] == "email_not_verified"
    assert client.call("GET", "account/authenticators/totp").status_code == 401
    answer = client.verify(last_letter("new@example.com").code)
    assert answer.json()["reason"] == "factor_setup_required"
    secret = client.call("GET", "account/authenticators/totp").json()["meta"]["secret"]
    assert client.call("POST", "account/authenticators/totp", {"code": code_of(secret)}).status_code == 200


def test_a_token_sets_up_no_factor_for_an_address_that_nobody_confirmed(db, settings, caller):
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    AuthClient().sign_up()
    credentials = {"username": "new@example.com", "password": PASSWORD}
    token = mfa_token(caller, **credentials)
    secret = set_up(caller, token).json()["secret"]
    answer = finish(caller, token, code_of(secret))
    assert (answer.status_code, answer.json()["reason"]) == (401, "email_not_verified")
    assert not Authenticator.objects.exists()
    assert not Session.objects.exists()

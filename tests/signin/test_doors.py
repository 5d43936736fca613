"""Every door that takes a password counts, refuses and records alike."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.db import connection

from keyturn.clock import utc_now
from keyturn.defence.models import AttemptCounter
from keyturn.sessions.models import Session
from keyturn.signin import unlock
from keyturn.signin.models import AccountState
from keyturn.trail.models import AuditEvent
from tests.contract.caller import PASSWORD, Caller, claims

pytestmark = pytest.mark.django_db

DOORS = ["/token/", "/token/sliding/", "/stock/token/"]


@pytest.fixture(autouse=True)
def all_doors(settings):
    settings.KEYTURN = {"SLIDING_TOKENS": True}
    settings.ROOT_URLCONF = "tests.signin.urls"


@pytest.fixture
def ada(django_user_model):
    user = django_user_model.objects.create_user("ada", "ada@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email="ada@example.com", verified=True, primary=True)
    return user


@pytest.fixture
def caller():
    return Caller()


def knock(caller, door="/token/", name="ada", password=PASSWORD):
    return caller.call("POST", door, {"username": name, "password": password})


def events():
    return list(AuditEvent.objects.order_by("id").values_list("event", "user_id", "reason"))


def assert_blocked(answer):
    assert answer.status_code == 429
    body = answer.json()
    assert body["code"] == body["reason"] == "too_many_attempts"
    assert body["detail"] == "Too many attempts. Try again later."
    assert 1 <= int(answer["Retry-After"]) <= 300
    assert "WWW-Authenticate" not in answer


@pytest.mark.parametrize("door", DOORS)
def test_after_five_wrong_passwords_the_right_one_is_not_looked_at(ada, caller, door):
    for _ in range(5):
        answer = knock(caller, door, password="wrong")
        assert (answer.status_code, answer.json()["reason"]) == (401, "bad_credentials")
    assert_blocked(knock(caller, door))
    assert not Session.objects.exists()
    assert knock(Caller(ip="203.0.113.9"), door).status_code == 200


@pytest.mark.parametrize("door", DOORS)
def test_an_unknown_user_is_blocked_like_a_known_one(ada, caller, door):
    for _ in range(5):
        assert knock(caller, door, name="nobody").status_code == 401
    assert_blocked(knock(caller, door, name="nobody"))
    assert knock(caller, door).status_code == 200


def test_guesses_count_together_at_whatever_door_under_whatever_name(ada, caller):
    for door, name in (*zip(DOORS, ["ada", "ADA", "ada@example.com"], strict=True), ("/token/", "Ada@Example.com")):
        assert knock(caller, door, name=name, password="wrong").status_code == 401
    assert knock(caller, name="\uff41da", password="wrong").status_code == 401
    for door in DOORS:
        for name in ("ada", "ada@example.com"):
            assert_blocked(knock(caller, door, name=name))


@pytest.mark.parametrize("door", DOORS)
def test_an_address_does_in_place_of_a_user_name(ada, caller, door):
    assert knock(caller, door, name="Ada@Example.COM").status_code == 200


@pytest.mark.parametrize("door", DOORS)
def test_who_knows_the_password_is_never_blocked(ada, caller, door):
    for _ in range(12):
        assert knock(caller, door).status_code == 200


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("reason", ["email_not_verified", "password_reset_required", "mfa_required"])
def test_what_else_stands_in_the_way_is_told_after_the_right_password_only(ada, caller, door, reason):
    AccountState.objects.create(
        user=ada,
        signed_up_at=utc_now() if reason == "email_not_verified" else None,
        reset_required_at=utc_now() if reason == "password_reset_required" else None,
    )
    if reason == "mfa_required":
        Authenticator.objects.create(user=ada, type=Authenticator.Type.TOTP, data={})
    wrong = knock(caller, door, password="wrong")
    assert (wrong.status_code, wrong.json()["reason"]) == (401, "bad_credentials")
    answer = knock(caller, door)
    assert answer.status_code == 401
    body = answer.json()
    assert (body["code"], body["reason"]) == (reason, reason)
    assert body["detail"].endswith(".")
    assert not Session.objects.exists()
    event = "factor_asked" if reason == "mfa_required" else "login_failed"
    assert events()[-1] == (event, str(ada.pk), reason)


def test_the_right_password_of_an_unready_account_is_no_guess_and_makes_no_address_known(ada, caller):
    AccountState.objects.create(user=ada, reset_required_at=utc_now())
    for _ in range(8):
        assert knock(caller).json()["reason"] == "password_reset_required"
    assert not AttemptCounter.objects.filter(succeeded_at__isnull=False).exists()
    for _ in range(5):
        assert knock(caller, password="wrong").status_code == 401
    assert_blocked(knock(caller))


def test_an_inactive_user_counts_and_is_answered_like_an_unknown_one(ada, caller):
    ada.is_active = False
    ada.save()
    for _ in range(5):
        assert knock(caller).json()["reason"] == "bad_credentials"
    assert_blocked(knock(caller))


def test_the_trail_names_user_session_and_reason_and_nothing_that_was_typed(ada, caller):
    knock(caller, password="a wrong secret")
    knock(caller, name="someone typed this")
    tokens = knock(caller).json()
    for _ in range(7):
        knock(caller, password="another secret")
    user = str(ada.pk)
    failed = ("login_failed", user, "bad_credentials")
    assert events() == [
        failed,
        ("login_failed", "", "bad_credentials"),
        ("login", user, ""),
        *[failed] * 4,
        ("login_blocked", user, "login_pair"),
    ]
    login = AuditEvent.objects.get(event="login")
    assert str(login.session_id) == claims(tokens["access"])["sid"]
    assert login.ip == "192.0.2.7"
    assert not [row for row in AuditEvent.objects.values() if "typed" in str(row) or "secret" in str(row)]


def test_a_login_with_token_blacklists_serializers_of_ones_own_names_its_session_too(ada, caller):
    tokens = knock(caller, "/stock/token/").json()
    assert str(AuditEvent.objects.get(event="login").session_id) == claims(tokens["access"])["sid"]


@pytest.mark.parametrize("name", ["ada", "ada@example.com"])
def test_a_login_by_either_name_is_six_statements_at_most(ada, caller, name, count_statements):
    with count_statements(at_most=6):
        assert knock(caller, name=name).status_code == 200


@pytest.mark.parametrize("name", ["ada", "ada@example.com", "nobody", "nobody@example.com", "ADA"])
def test_a_wrong_login_is_four_statements_whoever_is_meant(ada, caller, name, count_statements):
    with count_statements(exactly=4):
        assert knock(caller, name=name, password="wrong").status_code == 401


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_a_blocked_login_is_three_statements_whoever_is_meant(ada, caller, name, count_statements):
    for _ in range(6):
        knock(caller, name=name, password="wrong")
    with count_statements(exactly=3):
        assert_blocked(knock(caller, name=name, password="wrong"))


def test_a_forged_forwarding_header_makes_no_other_address(ada, caller, settings):
    for number in range(5):
        answer = caller.call(
            "POST",
            "/token/",
            {"username": "ada", "password": "wrong"},
            HTTP_X_FORWARDED_FOR=f"203.0.113.{number}",
        )
        assert answer.status_code == 401
    assert_blocked(knock(caller))


def test_behind_a_trusted_proxy_each_client_has_attempts_of_its_own(ada, caller, settings):
    settings.KEYTURN = {"TRUSTED_PROXIES": ["192.0.2.0/24"]}

    def through_proxy(ip, password="wrong"):
        body = {"username": "ada", "password": password}
        return caller.call("POST", "/token/", body, HTTP_X_FORWARDED_FOR=f"198.51.100.99, {ip}")

    for _ in range(5):
        assert through_proxy("203.0.113.1").status_code == 401
    assert_blocked(through_proxy("203.0.113.1", PASSWORD))
    assert through_proxy("203.0.113.2", PASSWORD).status_code == 200


def test_unlocking_lets_the_user_in_at_once_and_is_recorded(ada, caller):
    for _ in range(6):
        knock(caller, password="wrong")
    unlock(ada, now=utc_now())
    assert knock(caller).status_code == 200
    assert ("unlocked", str(ada.pk), "") in events()


@pytest.mark.parametrize("password", ["x" * 4_097, "\u00e9" * 2_049, "x" * 60_000])
def test_a_password_too_long_is_refused_before_anything_is_counted_or_hashed(ada, caller, password, count_statements):
    with count_statements(exactly=0):
        assert knock(caller, password=password).status_code == 400


def test_a_password_typed_in_another_unicode_form_is_right(ada, caller):
    ada.set_password("Zo\u00eb's pass phrase")
    ada.save()
    assert knock(caller, password="Zoe\u0308's pass phrase").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_what_was_counted_outlives_a_request_under_atomic_requests(ada, caller, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    for door in DOORS:
        knock(caller, door, password="wrong")
    knock(caller, password="wrong")
    knock(caller, password="wrong")
    assert_blocked(knock(caller))
    assert AttemptCounter.objects.count() == 3


def knock_at_flow(caller, client="app", **credentials):
    return caller.call("POST", f"/auth/{client}/v1/auth/login", credentials)


@pytest.mark.parametrize("name", [{"username": "ada"}, {"email": "ada@example.com"}], ids=["name", "address"])
def test_guesses_at_the_flows_of_sign_in_count_with_all_others(ada, caller, name):
    for number in range(5):
        if number % 2:
            assert knock(caller, password="wrong").status_code == 401
        else:
            assert knock_at_flow(caller, **name, password="wrong").status_code == 400
    for answer in (knock_at_flow(caller, **name, password=PASSWORD), knock(caller)):
        assert_blocked(answer)
    assert knock_at_flow(Caller(ip="203.0.113.9"), **name, password=PASSWORD).status_code == 200


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_the_flows_of_sign_in_block_known_and_unknown_users_alike(ada, caller, name):
    for _ in range(5):
        assert knock_at_flow(caller, username=name, password="wrong").status_code == 400
    assert_blocked(knock_at_flow(caller, username=name, password="wrong"))


def test_the_flows_of_sign_in_ask_for_a_factor_and_an_address_themselves(ada, caller):
    AccountState.objects.create(user=ada, signed_up_at=utc_now(), verified_at=utc_now())
    Authenticator.objects.create(user=ada, type=Authenticator.Type.TOTP, data={"secret": "x"})
    answer = knock_at_flow(caller, username="ada", password=PASSWORD)
    assert answer.status_code == 401
    assert "mfa_authenticate" in [flow["id"] for flow in answer.json()["data"]["flows"]]
    assert not Session.objects.exists()


def test_a_password_that_must_be_reset_is_refused_by_the_flows_too(ada, caller):
    AccountState.objects.create(user=ada, reset_required_at=utc_now())
    answer = knock_at_flow(caller, username="ada", password=PASSWORD)
    assert answer.json()["reason"] == "password_reset_required"
    assert not Session.objects.exists()


class AnyCase(ModelBackend):
    """A project's own backend, which finds users without regard to case."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        user = get_user_model().objects.filter(username__iexact=username).first()
        return user if user is not None and user.check_password(password) else None


@pytest.mark.parametrize("reason", ["password_reset_required", "mfa_required"])
def test_a_backend_that_finds_users_by_its_own_rules_lets_none_past_what_stands_in_the_way(
    ada, caller, settings, reason
):
    settings.AUTHENTICATION_BACKENDS = ["tests.signin.test_doors.AnyCase"]
    assert knock(caller, name="ADA").status_code == 200
    if reason == "mfa_required":
        Authenticator.objects.create(user=ada, type=Authenticator.Type.TOTP, data={})
    else:
        AccountState.objects.create(user=ada, reset_required_at=utc_now())
    assert knock(caller, name="ADA").json()["reason"] == reason
    for name in ("ada", "ADA", "Ada", "aDa", "aDA"):
        knock(caller, name=name, password="wrong")
    assert_blocked(knock(caller, name="adA"))

"""An authenticator app of one's own under ``/auth/``: set up, shown, used, removed."""

import base64
import json
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction

from keyturn.clock import stored, utc_now
from keyturn.errors import RefusedError
from keyturn.mfa import totp
from keyturn.mfa.enrolling import enrol_totp
from keyturn.mfa.factors import is_enrolled, methods_of
from keyturn.mfa.models import FactorState, RecoveryCode
from keyturn.sessions.models import Session
from keyturn.signin.users import locked_user
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import PASSWORD, AuthClient, letters

pytestmark = pytest.mark.django_db

APP = "account/authenticators/totp"
CODES = "account/authenticators/recovery-codes"


@pytest.fixture
def client(ada):
    """ada, signed in a moment ago."""
    found = AuthClient()
    assert found.log_in().status_code == 200
    return found


def offered(client):
    answer = client.call("GET", APP)
    assert answer.status_code == 404, answer.content
    return answer.json()["meta"]


def code_of(secret, *, later=0):
    return totp.code_at(secret, totp.step_at(utc_now()) + later)


def set_up(client):
    secret = offered(client)["secret"]
    answer = client.call("POST", APP, {"code": code_of(secret)})
    assert answer.status_code == 200, answer.content
    return secret, answer


def events():
    return list(AuditEvent.objects.order_by("id").values_list("event", "reason"))


def test_what_an_app_needs_is_given_in_three_forms(client, settings):
    settings.KEYTURN = {"SITE_NAME": "Café: Berlin", "PUBLIC_URL": "https://auth.example.com"}
    meta = offered(client)
    assert len(base64.b32decode(meta["secret"])) == 20
    found = urlsplit(meta["totp_url"])
    assert (found.scheme, found.netloc) == ("otpauth", "totp")
    assert unquote(found.path) == "/Café  Berlin:ada@example.com"
    assert parse_qs(found.query) == {"secret": [meta["secret"]], "issuer": ["Café: Berlin"]}
    assert "<svg" in meta["totp_svg"]
    assert "<script" not in meta["totp_svg"]
    assert "http" not in meta["totp_svg"].replace("http://www.w3.org/2000/svg", "")


def test_the_name_in_the_app_is_never_the_requests_host(ada, settings):
    settings.ALLOWED_HOSTS = ["*"]
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com"}
    client = AuthClient(SERVER_NAME="evil.example")
    client.log_in()
    meta = offered(client)
    assert "evil" not in meta["totp_url"]
    assert parse_qs(urlsplit(meta["totp_url"]).query)["issuer"] == ["auth.example.com"]


def test_an_app_is_set_up_with_recovery_codes_that_are_shown_once(client, ada):
    assert not is_enrolled(ada)
    _, answer = set_up(client)
    body = answer.json()
    assert body["data"]["type"] == "totp"
    codes = body["meta"]["recovery_codes"]
    assert len(codes) == 10
    assert is_enrolled(ada)
    assert methods_of(ada) == ("totp", "recovery_codes")
    listed = client.call("GET", "account/authenticators").json()["data"]
    assert [one["type"] for one in listed] == ["totp", "recovery_codes"]
    assert (listed[1]["total_code_count"], listed[1]["unused_code_count"]) == (10, 10)
    for path in ("account/authenticators", APP, CODES):
        assert not any(code in client.call("GET", path).content.decode() for code in codes)
    assert ("factor_added", "totp") in events()
    assert ("factor_added", "recovery_codes") in events()
    assert [letter.subject for letter in letters("ada@example.com")] == ["An authenticator app was added"]


def test_the_code_that_set_an_app_up_signs_in_nowhere(client, ada):
    secret, _ = set_up(client)
    other = AuthClient()
    assert other.log_in().status_code == 401
    assert other.call("POST", "auth/2fa/authenticate", {"code": code_of(secret)}).status_code == 400
    assert other.call("POST", "auth/2fa/authenticate", {"code": code_of(secret, later=1)}).status_code == 200


def test_who_has_just_set_up_an_app_need_not_show_it_again(client, ada):
    set_up(client)
    assert Session.objects.get().amr == "pwd otp mfa"
    assert client.call("POST", CODES).status_code == 200


def test_two_tabs_that_set_up_an_app_each_show_a_secret_and_either_will_do(client, ada):
    first, second = offered(client)["secret"], offered(client)["secret"]
    assert first != second
    assert client.call("POST", APP, {"code": code_of(first)}).status_code == 200
    answer = client.call("POST", APP, {"code": code_of(second)})
    assert answer.status_code == 409
    assert answer.json()["reason"] == "factor_exists"
    assert Authenticator.objects.filter(user=ada, type="totp").count() == 1


def test_a_sixth_tab_makes_the_first_ones_secret_void(client, ada):
    secrets = [offered(client)["secret"] for _ in range(6)]
    assert client.call("POST", APP, {"code": code_of(secrets[0])}).status_code == 400
    assert client.call("POST", APP, {"code": code_of(secrets[1])}).status_code == 200


def test_a_secret_that_was_shown_in_another_session_is_of_no_use_in_this_one(client, ada):
    other = AuthClient()
    other.log_in()
    secret = offered(other)["secret"]
    assert client.call("POST", APP, {"code": code_of(secret)}).status_code == 400
    assert not Authenticator.objects.exists()


def test_what_is_kept_of_an_app_is_no_readable_secret(client, ada):
    secret, _ = set_up(client)
    row = Authenticator.objects.get(type="totp")
    assert secret not in json.dumps(row.data)
    assert row.data["secret"].startswith("v1.")


def test_an_app_is_set_up_only_by_who_has_shown_lately_who_it_is(client, ada):
    Session.objects.update(auth_time=stored(utc_now() - timedelta(seconds=301)))
    secret = offered(client)["secret"]
    answer = client.call("POST", APP, {"code": code_of(secret)})
    assert answer.status_code == 401
    assert answer.json()["reason"] == "reauthentication_required"
    assert not Authenticator.objects.exists()
    assert client.call("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    assert client.call("POST", APP, {"code": code_of(secret)}).status_code == 200


def test_an_app_is_set_up_only_where_no_address_waits_for_its_verification(client, ada):
    EmailAddress.objects.create(user=ada, email="other@example.com", verified=False, primary=False)
    for method, body in (("GET", None), ("POST", {"code": "123456"})):
        answer = client.call(method, APP, body)
        assert answer.status_code == 409
        assert answer.json()["reason"] == "unverified_email"


def test_an_app_is_removed_with_everything_that_was_kept_of_it(client, ada):
    set_up(client)
    assert FactorState.objects.exists()
    assert client.call("DELETE", APP).status_code == 200
    assert not Authenticator.objects.exists()
    assert not FactorState.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert methods_of(ada) == ()
    assert events()[-2:] == [("factor_removed", "totp"), ("factor_removed", "recovery_codes")]
    assert letters("ada@example.com")[-1].subject == "An authenticator app was removed"
    assert client.call("DELETE", APP).status_code == 200


def test_an_app_is_removed_only_by_who_has_shown_it_lately(client, ada):
    secret, _ = set_up(client)
    Session.objects.update(auth_time=stored(utc_now() - timedelta(seconds=301)))
    answer = client.call("DELETE", APP)
    assert answer.status_code == 401
    assert answer.json()["reason"] == "reauthentication_required"
    assert "totp" in answer.json()["methods"]
    assert client.call("POST", "auth/2fa/reauthenticate", {"code": code_of(secret, later=1)}).status_code == 200
    assert client.call("DELETE", APP).status_code == 200


def test_who_must_have_a_factor_cannot_remove_the_last(client, ada, settings):
    set_up(client)
    settings.KEYTURN = {"FACTOR_REQUIRED_OF": "everybody"}
    answer = client.call("DELETE", APP)
    assert answer.status_code == 403
    assert answer.json()["reason"] == "factor_setup_required"
    assert Authenticator.objects.filter(type="totp").exists()
    assert RecoveryCode.objects.count() == 10


def test_who_must_have_a_factor_sets_one_up_in_the_middle_of_the_sign_in(ada, settings):
    settings.KEYTURN = {"FACTOR_REQUIRED_OF": "everybody"}
    client = AuthClient()
    answer = client.log_in()
    assert answer.status_code == 401
    assert answer.json()["reason"] == "factor_setup_required"
    secret = offered(client)["secret"]
    wrong = client.call("POST", APP, {"code": "000000"})
    assert (wrong.status_code, wrong.json()["reason"]) == (400, "incorrect_code")
    assert client.call("DELETE", APP).status_code == 401
    answer = client.call("POST", APP, {"code": code_of(secret)})
    assert answer.status_code == 200, answer.content
    assert len(answer.json()["data"]["recovery_codes"]) == 10
    assert client.access is not None
    assert Session.objects.get().amr == "pwd otp mfa"


def test_a_password_changed_meanwhile_leaves_no_app_that_was_set_up_under_the_old_one(ada, settings):
    settings.KEYTURN = {"FACTOR_REQUIRED_OF": "everybody"}
    client = AuthClient()
    client.log_in()
    secret = offered(client)["secret"]
    ada.set_password("another long sentence altogether")
    ada.save()
    answer = client.call("POST", APP, {"code": code_of(secret)})
    assert answer.status_code == 401
    assert not Authenticator.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert not Session.objects.exists()


def test_nobody_who_is_not_signed_in_sees_or_sets_up_anything(ada):
    client = AuthClient()
    for method, path in (
        ("GET", APP),
        ("POST", APP),
        ("DELETE", APP),
        ("GET", CODES),
        ("POST", CODES),
        ("GET", "account/authenticators"),
    ):
        assert client.call(method, path, {"code": "123456"} if method == "POST" else None).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": None},
        {"code": 123456},
        {"code": ["123456"]},
        {"code": {"a": 1}},
        {"code": True},
        {"code": ""},
        {"code": " "},
        {"code": "a\0b"},
        '{"code": "\\ud800"}',
        {"code": "1" * 100_000},
        {"code": "\u0661\u0662\u0663\u0664\u0665\u0666"},
        {"code": "000000", "secret": "A" * 32},
        [],
        "123456",
        "{",
        '{"code": ' * 500 + "1" + "}" * 500,
        b"\xff\xfe",
    ],
)
@pytest.mark.parametrize("path", [APP, "auth/2fa/authenticate", "auth/2fa/reauthenticate"])
def test_what_is_no_code_is_refused_and_changes_nothing(client, ada, body, path):
    offered(client)
    if path != APP:
        set_up(client)
    if path == "auth/2fa/authenticate":
        client = AuthClient()
        client.log_in()
    before = list(FactorState.objects.values_list())
    answer = client.call("POST", path, body)
    assert 400 <= answer.status_code < 500, answer.content
    assert answer.json()["detail"]
    assert list(FactorState.objects.values_list()) == before
    assert Authenticator.objects.exists() == (path != APP)


def test_who_signed_up_with_an_address_that_nobody_verified_sets_up_nothing(settings, django_user_model):
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    settings.KEYTURN = {"FACTOR_REQUIRED_OF": "everybody"}
    squatter = AuthClient()
    assert squatter.sign_up("new@example.com", username="new").json()["reason"] == "email_not_verified"
    assert squatter.call("GET", APP).status_code == 401
    assert squatter.call("POST", APP, {"code": "123456"}).status_code == 401
    # Nor by any other door.
    secret, now = totp.new_secret(), utc_now()
    user = django_user_model.objects.get(username="new")
    with transaction.atomic(), pytest.raises(RefusedError, match="email_not_verified"):
        enrol_totp(user=locked_user(user.pk), secrets=[secret], code=code_of(secret), now=now)
    assert not Authenticator.objects.exists()
    assert not Session.objects.exists()

    owner = AuthClient()
    owner.call("POST", "auth/password/request", {"email": "new@example.com"})
    letter = letters("new@example.com")[-1]
    answer = owner.call("POST", "auth/password/reset", {"key": letter.code, "password": "a sentence of the owner"})
    assert answer.json()["reason"] == "factor_setup_required", answer.content
    answer = owner.call("POST", APP, {"code": code_of(offered(owner)["secret"])})
    assert answer.status_code == 200, answer.content
    assert len(answer.json()["data"]["recovery_codes"]) == 10

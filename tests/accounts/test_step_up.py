"""Step-up (RFC 9470): what the account's own endpoints ask for, how it is proved, and the token that says so."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator

from keyturn.clock import utc_now
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.tokens.impersonating import impersonate
from keyturn.tokens.issuing import issue_pair
from tests.accounts.engine import NEW_PASSWORD, PASSWORD, AuthClient, claims, last_letter, letters
from tests.mfa.door import code_of
from tests.mfa.door import enrol as with_app

pytestmark = pytest.mark.django_db

AN_HOUR_AGO = timedelta(hours=1)


def signed_in(user, amr: str = "pwd", *, ago: timedelta = AN_HOUR_AGO) -> AuthClient:
    """A client whose user proved who they are a while ago."""
    client = AuthClient()
    pair = issue_pair(user=user, now=utc_now(), client=Client(), amr=amr)
    assert pair.session_id is not None
    client.access, client.refresh = pair.access, pair.refresh
    Session.objects.filter(pk=pair.session_id).update(auth_time=utc_now() - ago)
    return client


def change_email(client: AuthClient):
    return client.call("POST", "account/email", {"email": "new@example.com"})


def change_password(client: AuthClient):
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    return client.call("POST", "account/password/change", body)


def set_up_app(client: AuthClient):
    return client.call("POST", "account/authenticators/totp", {"code": "000000"})


def remove_app(client: AuthClient):
    return client.call("DELETE", "account/authenticators/totp")


def new_recovery_codes(client: AuthClient):
    return client.call("POST", "account/authenticators/recovery-codes")


def leave(client: AuthClient):
    return client.http.delete(
        "/me/",
        {"password": PASSWORD},
        content_type="application/json",
        headers={"Authorization": f"Bearer {client.access}"},
    )


def session_of(client: AuthClient) -> Session:
    return Session.objects.get(pk=claims(client.access or "")["sid"])


# What is asked for.


@pytest.mark.parametrize("act", [change_email, set_up_app], ids=lambda act: act.__name__)
def test_a_change_needs_a_recent_proof_and_a_sign_in_is_one(ada, act):
    refused = act(signed_in(ada))
    assert (refused.status_code, refused.json()["reason"]) == (401, "reauthentication_required")
    assert refused.json()["max_age"] == 300
    assert refused.json()["methods"] == ["password"]
    assert refused.json()["meta"]["is_authenticated"] is True
    assert refused.json()["data"]["flows"] == [{"id": "reauthenticate"}]

    assert act(signed_in(ada, ago=timedelta(seconds=1))).json().get("reason") != "reauthentication_required"


def test_the_challenge_is_that_of_rfc_9470(ada):
    refused = change_email(signed_in(ada))
    assert refused["WWW-Authenticate"] == (
        'Bearer realm="api", error="insufficient_user_authentication", max_age="300"'
    )
    with_app(ada)
    refused = change_email(signed_in(ada))
    assert refused["WWW-Authenticate"] == (
        'Bearer realm="api", error="insufficient_user_authentication", max_age="300", acr_values="2fa"'
    )
    assert refused.json()["acr_values"] == "2fa"


def test_how_long_a_proof_is_recent_is_a_setting(ada, settings):
    client = signed_in(ada, ago=timedelta(minutes=20))
    assert change_email(client).status_code == 401
    settings.KEYTURN = {"STEP_UP_MAX_AGE": timedelta(minutes=30)}
    assert change_email(client).status_code == 200
    settings.KEYTURN = {}
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 60
    assert change_email(signed_in(ada, ago=timedelta(seconds=90))).json()["max_age"] == 60


@pytest.mark.parametrize(
    "act",
    [change_email, change_password, set_up_app, remove_app, new_recovery_codes, leave],
    ids=lambda act: act.__name__,
)
def test_whoever_has_a_second_factor_must_have_shown_it_lately(ada, act):
    with_app(ada)
    for client in (
        signed_in(ada, ago=timedelta(0)),
        signed_in(ada, "pwd otp mfa"),
        signed_in(ada, "otp", ago=timedelta(0)),
    ):
        refused = act(client)
        assert (refused.status_code, refused.json()["reason"]) == (401, "reauthentication_required"), refused.content
        assert refused.json()["acr_values"] == "2fa"
        assert refused.json()["methods"] == ["totp"]
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
    assert ada.email == "ada@example.com"
    assert Authenticator.objects.filter(user=ada).count() == 1

    let_in = act(signed_in(ada, "pwd otp mfa", ago=timedelta(0)))
    assert let_in.status_code < 500
    body = {} if let_in.status_code == 204 else let_in.json()
    assert body.get("reason") != "reauthentication_required"


def test_the_rule_holds_where_django_allauths_setting_is_off(ada, settings):
    settings.ACCOUNT_REAUTHENTICATION_REQUIRED = False
    assert change_email(signed_in(ada)).status_code == 401


def test_a_change_of_password_needs_only_the_password_where_there_is_no_second_factor(ada):
    assert change_password(signed_in(ada)).status_code == 200


# How it is proved.


def test_the_password_makes_the_session_recent_and_the_answer_has_a_token_that_says_so(ada):
    client = signed_in(ada)
    before = claims(client.access or "")

    answer = client.call("POST", "auth/reauthenticate", {"password": PASSWORD})

    assert answer.status_code == 200, answer.content
    after = claims(answer.json()["meta"]["access_token"])
    assert after["auth_time"] > utc_now().timestamp() - 60
    assert {name: after[name] for name in ("sid", "sub", "amr", "acr", "client_id", "token_type", "user_id")} == {
        name: before[name] for name in ("sid", "sub", "amr", "acr", "client_id", "token_type", "user_id")
    }
    assert after["jti"] != before["jti"]
    assert session_of(client).auth_time > utc_now() - timedelta(minutes=1)
    assert "refresh_token" not in answer.json()["meta"]
    assert change_email(client).status_code == 200


def test_a_code_of_the_app_makes_a_session_of_one_factor_one_of_two(ada):
    secret = with_app(ada)
    client = signed_in(ada)

    answer = client.call("POST", "auth/2fa/reauthenticate", {"code": code_of(secret)})

    assert answer.status_code == 200, answer.content
    after = claims(answer.json()["meta"]["access_token"])
    assert (after["amr"], after["acr"]) == (["pwd", "otp", "mfa"], "2fa")
    assert session_of(client).amr == "pwd otp mfa"
    assert change_email(client).status_code == 200


def test_the_next_refresh_says_it_too(ada):
    secret = with_app(ada)
    client = signed_in(ada)
    client.call("POST", "auth/2fa/reauthenticate", {"code": code_of(secret)})

    fresh = client.http.post("/token/refresh/", {"refresh": client.refresh or ""}).json()["access"]

    assert claims(fresh)["acr"] == "2fa"
    assert claims(fresh)["auth_time"] > utc_now().timestamp() - 60


def test_a_password_is_not_looked_at_where_the_session_began_with_two_factors(ada):
    with_app(ada)
    client = signed_in(ada, "pwd otp mfa")
    for password in (PASSWORD, "wrong"):
        answer = client.call("POST", "auth/reauthenticate", {"password": password})
        assert (answer.status_code, answer.json()["reason"]) == (401, "reauthentication_required")
        assert answer.json()["methods"] == ["totp"]
    assert session_of(client).amr == "pwd otp mfa"
    assert session_of(client).auth_time < utc_now() - timedelta(minutes=50)


def test_a_password_proves_one_factor_where_the_second_is_gone(ada):
    client = signed_in(ada, "pwd otp mfa")
    answer = client.call("POST", "auth/reauthenticate", {"password": PASSWORD})
    assert answer.status_code == 200
    assert claims(answer.json()["meta"]["access_token"])["acr"] == "1fa"
    assert session_of(client).amr == "pwd"


def test_a_wrong_password_changes_nothing(ada):
    client = signed_in(ada)
    answer = client.call("POST", "auth/reauthenticate", {"password": "wrong"})
    assert answer.status_code == 400
    assert "access_token" not in answer.json().get("meta", {})
    assert session_of(client).auth_time < utc_now() - timedelta(minutes=50)


def test_nothing_is_proved_in_a_session_that_has_ended_or_for_somebody_else(ada, django_user_model):
    client = signed_in(ada)
    Session.objects.update(revoked_at=utc_now(), revoked_reason="logout")
    assert client.call("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 401
    assert AuthClient().call("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 401


def test_an_administrator_who_acts_as_the_user_proves_nothing(ada, django_user_model):
    root = django_user_model.objects.create_superuser("root", "root@example.com", PASSWORD)
    client = AuthClient()
    client.access = impersonate(actor=root, user=ada, reason="a call for help", now=utc_now()).access
    assert "acr" not in claims(client.access)
    for path, body in (("auth/reauthenticate", {"password": PASSWORD}), ("auth/code/reauthenticate", {})):
        answer = client.call("POST", path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "impersonated")


def hook(_session):
    """A project's claims."""
    return {"role": "admin"}


def test_claims_of_a_projects_hook_live_no_longer_by_it(ada, settings):
    settings.KEYTURN = {"ACCESS_TOKEN_CLAIMS": "tests.accounts.test_step_up.hook"}
    client = signed_in(ada)
    before = claims(client.access or "")
    settings.KEYTURN = {"ACCESS_TOKEN_CLAIMS": "tests.accounts.test_step_up.hook"}
    answer = client.call("POST", "auth/reauthenticate", {"password": PASSWORD})
    after = claims(answer.json()["meta"]["access_token"])
    assert after["role"] == "admin"
    assert after["exp"] <= before["exp"]


# By mail.


@pytest.fixture
def mail_only(ada) -> AuthClient:
    """Somebody with a verified address and no password."""
    ada.set_unusable_password()
    ada.save()
    EmailAddress.objects.get_or_create(user=ada, email="ada@example.com", defaults={"verified": True, "primary": True})
    EmailAddress.objects.update(verified=True)
    return signed_in(ada, "fed")


def by_mail(client: AuthClient, **body):
    return client.call("POST", "auth/code/reauthenticate", body)


def test_whoever_has_neither_password_nor_factor_is_mailed_a_code(mail_only):
    refused = change_email(mail_only)
    assert refused.json()["methods"] == ["mail_code"]
    assert refused.json()["data"]["flows"] == [{"id": "code_reauthenticate"}]

    assert by_mail(mail_only).status_code == 200
    letter = last_letter("ada@example.com")
    assert letter.kind == "reauthentication_code"
    answer = by_mail(mail_only, code=letter.code)

    assert answer.status_code == 200, answer.content
    after = claims(answer.json()["meta"]["access_token"])
    assert (after["amr"], after["acr"]) == (["fed", "otp"], "1fa")
    assert change_email(mail_only).status_code == 200


def test_a_mailed_code_works_once(mail_only):
    by_mail(mail_only)
    code = last_letter("ada@example.com").code
    assert by_mail(mail_only, code=code).status_code == 200
    assert by_mail(mail_only, code=code).status_code == 409


def test_of_a_mailed_code_five_guesses_are_looked_at(mail_only, settings):
    settings.KEYTURN = {"LIMITS": {"code_pair": None, "code_account": None}}
    by_mail(mail_only)
    code = last_letter("ada@example.com").code
    wrong = [by_mail(mail_only, code="BBBB-BBBB").status_code for _ in range(6)]
    assert wrong == [400] * 5 + [409]
    assert by_mail(mail_only, code=code).status_code == 409
    assert session_of(mail_only).auth_time < utc_now() - timedelta(minutes=50)


def test_guesses_count_over_all_codes_of_an_account(mail_only, settings):
    settings.KEYTURN = {"LIMITS": {"code_pair": "2/10m"}}
    by_mail(mail_only)
    assert [by_mail(mail_only, code="BBBB-BBBB").status_code for _ in range(3)] == [400, 400, 429]


def test_a_mailed_code_grows_old(mail_only, settings):
    by_mail(mail_only)
    code = last_letter("ada@example.com").code
    settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT = -1
    assert by_mail(mail_only, code=code).status_code == 409


def test_a_second_mail_voids_the_first(mail_only):
    by_mail(mail_only)
    first = last_letter("ada@example.com").code
    by_mail(mail_only)
    assert by_mail(mail_only, code=first).status_code == 400
    assert by_mail(mail_only, code=last_letter("ada@example.com").code).status_code == 200


def test_mails_are_limited(mail_only, settings):
    settings.KEYTURN = {"LIMITS": {"mail_email": "2/15m"}}
    assert [by_mail(mail_only).status_code for _ in range(3)] == [200, 200, 429]
    assert len(letters("ada@example.com")) == 2


def test_no_code_is_mailed_to_whoever_has_something_else_to_show(ada):
    client = signed_in(ada)
    for body in ({}, {"code": "BBBB-BBBB"}):
        answer = by_mail(client, **body)
        assert (answer.status_code, answer.json()["reason"]) == (401, "reauthentication_required")
        assert answer.json()["methods"] == ["password"]
    assert letters("ada@example.com") == []


def test_no_code_is_mailed_to_an_address_that_nobody_confirmed(mail_only):
    EmailAddress.objects.update(verified=False)
    answer = by_mail(mail_only)
    assert (answer.status_code, answer.json()["methods"]) == (401, [])
    assert letters("ada@example.com") == []


@pytest.mark.parametrize(
    "code", ["", " ", 5, True, [], {}, ["BBBB-BBBB"], "x" * 65, "\0", "\ud800", {"a": {"b": []}}], ids=ascii
)
def test_garbage_for_a_mailed_code_is_a_400_and_no_mail(mail_only, code):
    by_mail(mail_only)
    before = len(letters())
    assert by_mail(mail_only, code=code).status_code == 400
    assert len(letters()) == before
    assert session_of(mail_only).auth_time < utc_now() - timedelta(minutes=50)


@pytest.mark.parametrize("body", ["[]", "5", "null", "{", '{"code": "A", "code": "B"}', '"BBBB-BBBB"'])
def test_a_body_that_is_no_object_is_a_400(mail_only, body):
    by_mail(mail_only)
    status = mail_only.call("POST", "auth/code/reauthenticate", body).status_code
    assert status == 400

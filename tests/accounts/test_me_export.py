"""GET /me/export/"""

import json
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core.serializers.json import DjangoJSONEncoder

from keyturn.clock import utc_now
from keyturn.sessions.models import Session
from keyturn.trail.calling import Caller as TrailCaller
from keyturn.trail.calling import calling
from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent
from keyturn.trail.recording import record
from tests.contract.caller import CHROME, PASSWORD, Caller, Tokens, claims


@pytest.fixture
def ada(db: None, django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("ada", "ada@example.com", PASSWORD, first_name="Ada", last_name="Ö")


@pytest.fixture
def caller() -> Caller:
    return Caller()


@pytest.fixture
def tokens(ada: Any, caller: Caller) -> Tokens:
    return caller.log_in()


def exported(caller: Caller, access: str) -> str:
    answer = caller.call("GET", "/me/export/", access=access)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Disposition"] == 'attachment; filename="account.json"'
    return answer.getvalue().decode()


def test_it_is_one_json_document_with_everything(ada, caller, tokens):
    ada.groups.add(Group.objects.create(name="Readers"))
    EmailAddress.objects.create(user=ada, email="ada@example.com", verified=True, primary=True)
    Caller(user_agent=CHROME, ip="2001:db8::9").log_in()
    Authenticator.objects.create(user=ada, type="totp", data={"secret": "SEED-OF-THE-FACTOR"})

    found = json.loads(exported(caller, tokens.access))

    assert set(found) == {
        "exported_at",
        "account",
        "email_addresses",
        "sign_in_factors",
        "linked_accounts",
        "trusted_devices",
        "sessions",
        "activity",
        "more",
    }
    account = found["account"]
    assert (account["username"], account["first_name"], account["last_name"]) == ("ada", "Ada", "Ö")
    assert (account["id"], account["email"], account["is_active"]) == (ada.pk, "ada@example.com", True)
    assert (account["groups"], account["user_permissions"]) == (["Readers"], [])
    assert account["date_joined"] == DjangoJSONEncoder().default(ada.date_joined)
    assert found["email_addresses"] == [{"email": "ada@example.com", "verified": True, "primary": True}]
    assert [factor["type"] for factor in found["sign_in_factors"]] == ["totp"]
    assert [(one["ip"], one["user_agent"]) for one in found["sessions"]] == [
        ("192.0.2.7", caller.browser.defaults["HTTP_USER_AGENT"]),
        ("2001:db8::9", CHROME),
    ]
    assert found["sessions"][0]["id"] == claims(tokens.access)["sid"]
    assert found["sessions"][0]["methods"] == ["pwd"]
    assert found["more"] == {}


def test_ended_sessions_are_in_it_with_the_reason(ada, caller, tokens):
    other = caller.log_in()
    caller.log_out(other.refresh, other.access)

    sessions = json.loads(exported(caller, tokens.access))["sessions"]

    assert [(one["ended_because"], one["ended_at"] is None) for one in sessions] == [("", True), ("logout", False)]


def test_no_secret_is_in_it(ada, caller, tokens):
    Authenticator.objects.create(user=ada, type="totp", data={"secret": "SEED-OF-THE-FACTOR"})
    text = exported(caller, tokens.access)

    for secret in (tokens.access, tokens.refresh, claims(tokens.refresh)["jti"], ada.password, "SEED-OF-THE-FACTOR"):
        assert secret not in text
    assert Session.objects.get().password_fingerprint not in text
    assert "password_fingerprint" not in text


def test_when_a_session_was_refreshed_is_told_to_the_hour_only(ada, caller, tokens):
    tokens = caller.refresh(tokens.refresh)

    (session,) = json.loads(exported(caller, tokens.access))["sessions"]

    assert session["last_used_at"].endswith(":00:00Z")


def test_the_whole_activity_is_in_it_however_long_and_the_oldest_first(ada, caller, tokens):
    for number in range(1_101):
        record(Event.PROFILE_CHANGED, user_id=ada.pk, reason=str(number))

    activity = json.loads(exported(caller, tokens.access))["activity"]

    told = [event["reason"] for event in activity if event["event"] == "profile_changed"]
    assert told == [str(number) for number in range(1_101)]
    assert activity[-1]["event"] == "data_exported"
    assert (activity[-1]["ip"], activity[-1]["session"]) == ("192.0.2.7", claims(tokens.access)["sid"])


def test_of_an_administrators_acts_neither_address_nor_name_are_in_it(ada, caller, tokens):
    with calling(TrailCaller(ip="198.51.100.77", user_agent="the administrator's", actor_id="777")):
        record(Event.UNLOCKED, user_id=ada.pk)

    text = exported(caller, tokens.access)

    (event,) = [event for event in json.loads(text)["activity"] if event["event"] == "unlocked"]
    assert event["by_an_administrator"] is True
    for secret in ("198.51.100.77", "the administrator's", "777"):
        assert secret not in text


def test_nothing_of_others_is_in_it(ada, caller, tokens, django_user_model):
    eve = django_user_model.objects.create_user("eve", "eve@example.com", PASSWORD, first_name="Eve")
    EmailAddress.objects.create(user=eve, email="eve@example.com")
    record(Event.LOGIN, user_id=eve.pk, reason="of-eve")
    with calling(TrailCaller(actor_id=str(ada.pk))):
        record(Event.ADMIN_ACTION, user_id=ada.pk, details={"user": "eve-by-id"})
    Caller(ip="203.0.113.5").log_in("eve")

    text = exported(caller, tokens.access)

    for foreign in ("eve@example.com", "Eve", "of-eve", "203.0.113.5", "eve-by-id"):
        assert foreign not in text


def test_the_project_adds_what_it_keeps_itself(ada, caller, tokens, settings):
    settings.KEYTURN = {"ACCOUNT_EXPORT": lambda user: {"orders": [user.get_username()]}}

    assert json.loads(exported(caller, tokens.access))["more"] == {"orders": ["ada"]}


def test_a_project_that_adds_nonsense_is_told_before_anything_is_sent(ada, caller, tokens, settings):
    from django.core.exceptions import ImproperlyConfigured

    settings.KEYTURN = {"ACCOUNT_EXPORT": lambda user: ["orders"]}

    with pytest.raises(ImproperlyConfigured, match="ACCOUNT_EXPORT"):
        caller.call("GET", "/me/export/", access=tokens.access)


def test_an_export_is_recorded(ada, caller, tokens):
    exported(caller, tokens.access)

    event = AuditEvent.objects.get(event="data_exported")
    assert (event.user_id, str(event.session_id)) == (str(ada.pk), claims(tokens.access)["sid"])


def test_too_many_exports_are_a_429_that_says_when_to_come_back(ada, caller, tokens, settings):
    settings.KEYTURN = {"LIMITS": {"export_account": "2/1h"}}
    for _ in range(2):
        exported(caller, tokens.access)

    answer = caller.call("GET", "/me/export/", access=tokens.access)

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
    assert 3_500 < int(answer["Retry-After"]) <= 3_600
    assert AuditEvent.objects.filter(event="data_exported").count() == 2


def test_it_needs_a_good_access_token(ada, caller, tokens):
    assert caller.call("GET", "/me/export/").status_code == 401
    assert caller.call("GET", "/me/export/", access=tokens.refresh).status_code == 401
    assert caller.call("POST", "/me/export/", {}, access=tokens.access).status_code == 405


def test_users_of_every_kind_have_one(ada, caller, tokens):
    ada.set_unusable_password()
    ada.save()
    from keyturn.sessions.client import Client
    from keyturn.tokens.issuing import issue_pair

    access = issue_pair(user=ada, now=utc_now(), client=Client()).access

    assert json.loads(exported(caller, access))["account"]["username"] == "ada"

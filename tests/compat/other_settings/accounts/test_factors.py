"""Whatever the user model and the clock: set up an app, sign in with its codes and with recovery codes, remove it."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.core.management import call_command

from keyturn.accounts.profile_export import export_of
from keyturn.clock import utc_now
from keyturn.mfa import totp
from keyturn.mfa.models import FactorState, RecoveryCode
from keyturn.sessions.models import Session
from tests.accounts.engine import PASSWORD, AuthClient

pytestmark = pytest.mark.django_db

EMAIL = "new@example.com"
APP = "account/authenticators/totp"


def code_of(secret, *, later=0):
    return totp.code_at(secret, totp.step_at(utc_now()) + later)


def log_in():
    client = AuthClient()
    answer = client.call("POST", "auth/login", {"email": EMAIL, "password": PASSWORD})
    assert answer.json()["reason"] == "mfa_required", answer.content
    return client


def show(client, code):
    return client.call("POST", "auth/2fa/authenticate", {"code": code}).status_code


def test_an_app_and_recovery_codes_do_what_they_should():
    client = AuthClient().signed_up(EMAIL)
    began = utc_now()
    meta = client.call("GET", APP).json()["meta"]
    assert "new%40example.com" in meta["totp_url"]
    answer = client.call("POST", APP, {"code": code_of(meta["secret"])})
    assert answer.status_code == 200, answer.content
    codes = answer.json()["meta"]["recovery_codes"]

    assert show(log_in(), code_of(meta["secret"])) == 400
    assert show(log_in(), code_of(meta["secret"], later=1)) == 200
    assert show(log_in(), codes[0]) == 200
    assert show(log_in(), codes[0]) == 400

    app, recovery = client.call("GET", "account/authenticators").json()["data"]
    assert began.timestamp() - 1 <= app["created_at"] <= app["last_used_at"] <= utc_now().timestamp() + 1
    assert (recovery["total_code_count"], recovery["unused_code_count"]) == (10, 9)

    user = get_user_model()._default_manager.get()
    assert len(json.loads("".join(export_of(user, now=utc_now())))["sign_in_factors"]) == 2
    call_command("seal_factors", verbosity=0)
    call_command("prune_sessions", verbosity=0)

    assert client.call("DELETE", APP).status_code == 200
    assert not Authenticator.objects.exists()
    assert not FactorState.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert set(Session.objects.values_list("amr", flat=True)) == {"pwd otp mfa"}

"""Whatever the user model and the clock: the second step of ``/token/``, trusted devices, who must have a factor."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from keyturn.clock import aware, stored, utc_now
from keyturn.mfa.models import TrustedDevice
from keyturn.sessions.models import Session
from tests.accounts.engine import PASSWORD, AuthClient
from tests.contract.caller import Caller
from tests.mfa.door import code_of, enrol, finish
from tests.web.page import Page

pytestmark = pytest.mark.django_db

EMAIL = "new@example.com"


@pytest.fixture
def user():
    """Somebody who signed up."""
    AuthClient().signed_up(EMAIL)
    return get_user_model()._default_manager.get()


def knock(client, user):
    body = {get_user_model().USERNAME_FIELD: user.get_username(), "password": PASSWORD}
    return client.call("POST", "/token/", body)


def test_a_code_ends_the_sign_in_and_a_trusted_device_needs_none(user):
    secret, page = enrol(user), Page()
    token = knock(page, user).json()["mfa_token"]
    assert finish(page, token, code_of(secret), trust_device=True).status_code == 200
    assert Session.objects.latest("created_at").amr == "pwd otp mfa"
    answer = knock(page, user)
    assert answer.status_code == 200
    [device] = page.call("GET", "/me/trusted-devices/", access=answer.json()["access"]).json()
    assert device["is_current"] is True
    assert device["expires_at"].endswith("Z")
    row = TrustedDevice.objects.get()
    assert aware(row.expires_at) - aware(row.created_at) == timedelta(days=30)
    assert abs(aware(row.created_at) - utc_now()) < timedelta(minutes=1)

    TrustedDevice.objects.update(expires_at=stored(utc_now()))
    assert knock(page, user).json()["reason"] == "mfa_required"
    call_command("prune_sessions", verbosity=0)
    assert not TrustedDevice.objects.exists()


def test_who_must_have_a_factor_sets_one_up_at_either_door(user, settings):
    settings.KEYTURN = {"FACTOR_REQUIRED_OF": "everybody"}
    flow = AuthClient()
    answer = flow.call("POST", "auth/login", {"email": EMAIL, "password": PASSWORD})
    assert answer.json()["reason"] == "factor_setup_required"
    caller = Caller()
    answer = knock(caller, user)
    assert answer.status_code == 403
    token = answer.json()["mfa_token"]
    secret = caller.call("POST", "/token/mfa/setup/", {"mfa_token": token}).json()["secret"]
    assert len(finish(caller, token, code_of(secret)).json()["recovery_codes"]) == 10
    assert knock(caller, user).json()["reason"] == "mfa_required"

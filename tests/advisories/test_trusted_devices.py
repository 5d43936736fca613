"""What django-allauth 65.21.1 does with trusted browsers, as read in its code, and what happens here."""

import pytest
from allauth.mfa import app_settings
from allauth.mfa.internal.flows import trust
from django.urls import NoReverseMatch, reverse

from keyturn.mfa.models import TrustedDevice
from tests.accounts.engine import PASSWORD, AuthClient
from tests.contract.conftest import ada
from tests.mfa.door import code_of, enrol, finish, mfa_token
from tests.web.page import Page

pytestmark = pytest.mark.django_db

__all__ = ["ada"]


@pytest.fixture
def secret(ada):
    """Of ada's authenticator app."""
    return enrol(ada)


def trusting(secret):
    page = Page()
    assert finish(page, mfa_token(page), code_of(secret), trust_device=True).status_code == 200
    return page


def test_a_signed_cookie_lets_nobody_off_the_second_factor(ada, secret, settings):
    """Trust was a cookie signed with the settings' secret and no salt: whoever had it, had it wherever it was shown."""
    settings.MFA_TRUST_ENABLED = True
    assert app_settings._TRUST_STAGE_ENABLED
    issued = trust.IssuedTrust(fingerprint=trust.create_config_fingerprint(ada), at=2**31)
    for kind in ("app", "browser"):
        client = AuthClient(kind)
        client.http.cookies[app_settings.TRUST_COOKIE_NAME] = trust.encode_trust_cookie([issued])
        assert client.log_in().json()["reason"] == "mfa_required"


def test_trust_is_not_asked_for_by_a_step_of_its_own():
    """It was a step between the second factor and the session, for browsers only, without the session's guarantees."""
    for client in ("app", "browser"):
        with pytest.raises(NoReverseMatch):
            reverse(f"headless:{client}:mfa:trust")


def test_what_a_browser_is_known_by_is_of_no_use_in_another_without_its_value(ada, secret):
    page = trusting(secret)
    thief = Page()
    thief.try_sign_in()
    thief.hold("device", TrustedDevice.objects.get().device_hash[:43])
    assert thief.try_sign_in().status_code == 401
    assert page.try_sign_in().status_code == 200


def test_trust_can_be_taken_back_from_elsewhere(ada, secret):
    """The cookie was good until it expired or the password changed; nobody could see, or end, where it was."""
    page = trusting(secret)
    elsewhere = AuthClient()
    elsewhere.log_in()
    elsewhere.call("POST", "auth/2fa/authenticate", {"code": code_of(secret, later=1)})
    answer = elsewhere.http.delete("/me/trusted-devices/", HTTP_AUTHORIZATION=f"Bearer {elsewhere.access}")
    assert answer.status_code == 204
    assert page.try_sign_in().status_code == 401


def test_a_session_at_a_trusted_device_is_no_proof_of_two_factors(ada, secret):
    """Whatever asks for two factors asks for them at a trusted device too."""
    page = trusting(secret)
    access = page.try_sign_in().json()["access"]
    client = AuthClient()
    client.access = access
    answer = client.call("DELETE", "account/authenticators/totp")
    assert answer.status_code == 401
    assert answer.json()["reason"] == "reauthentication_required"
    assert answer.json()["acr_values"] == "2fa"


def test_the_admin_trusts_no_device(ada, secret):
    page = trusting(secret)
    ada.is_staff = ada.is_superuser = True
    ada.save()
    answer = page.browser.post("/admin/login/", {"username": "ada", "password": PASSWORD})
    assert b'name="keyturn_code"' in answer.content
    assert page.browser.get("/admin/").status_code == 302

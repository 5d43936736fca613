"""Which site passkeys belong to: the settings say it, the checks judge it, and no request's ``Host`` is asked."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from keyturn import conf
from keyturn.mfa.passkey_site import can_use_passkeys, passkey_site, related_origins
from tests.accounts.engine import AuthClient
from tests.mfa.authenticator import SoftAuthenticator
from tests.mfa.keys import add, options, sign_in, signed_in

pytestmark = pytest.mark.django_db

LOGIN = "auth/webauthn/login"
ANDROID = "android:apk-key-hash:" + "A" * 43


@pytest.mark.parametrize(
    ("keyturn", "rp_id", "origins"),
    [
        ({"PUBLIC_URL": "https://auth.example.com"}, "auth.example.com", {"https://auth.example.com"}),
        ({"PUBLIC_URL": "https://Auth.example.com:443/x"}, "auth.example.com", {"https://auth.example.com"}),
        ({"PUBLIC_URL": "http://localhost:8000"}, "localhost", {"http://localhost:8000"}),
        (
            {
                "PUBLIC_URL": "https://auth.example.com",
                "PASSKEY_RP_ID": "example.com",
                "WEB_ORIGINS": ["https://app.example.com", "https://app.example.net", "http://app.example.com"],
            },
            "example.com",
            {"https://auth.example.com", "https://app.example.com"},
        ),
        (
            {"PUBLIC_URL": "http://localhost:8000", "WEB_ORIGINS_BY_HEADER": ["http://localhost:5173"]},
            "localhost",
            {"http://localhost:8000", "http://localhost:5173"},
        ),
        (
            {"PUBLIC_URL": "https://auth.example.com", "PASSKEY_ORIGINS": ["https://app.example.com", ANDROID]},
            "auth.example.com",
            {"https://app.example.com", ANDROID},
        ),
        (
            {"PASSKEY_RP_ID": "example.com", "PASSKEY_ORIGINS": ["https://www.example.com"]},
            "example.com",
            {"https://www.example.com"},
        ),
    ],
)
def test_the_settings_say_the_site(settings, keyturn, rp_id, origins):
    settings.KEYTURN = keyturn
    assert can_use_passkeys()
    assert (passkey_site().rp_id, passkey_site().origins) == (rp_id, origins)


@pytest.mark.parametrize(
    "keyturn",
    [
        {},
        {"PUBLIC_URL": "http://127.0.0.1:8000"},
        {"PUBLIC_URL": "https://[::1]:8000"},
        {"PUBLIC_URL": "http://auth.example.com"},
        {"PUBLIC_URL": "https://auth_1.example.com"},
    ],
)
def test_without_a_page_that_could_use_them_there_are_no_passkeys(settings, keyturn, ada):
    settings.KEYTURN = keyturn
    assert not can_use_passkeys()
    answer = AuthClient().call("GET", LOGIN)
    assert answer.status_code == 404
    assert answer.json()["reason"] == "passkeys_unavailable"
    client = signed_in()
    assert client.call("GET", "account/authenticators/webauthn").json()["reason"] == "passkeys_unavailable"
    assert "keyturn.W011" in {message.id for message in run_checks(include_deployment_checks=True)}


@pytest.mark.parametrize(
    "keyturn",
    [
        {"PASSKEY_RP_ID": "https://example.com"},
        {"PASSKEY_RP_ID": "Example.com"},
        {"PASSKEY_RP_ID": "127.0.0.1"},
        {"PASSKEY_RP_ID": ""},
        {"PASSKEY_RP_ID": "-example.com"},
        {"PASSKEY_RP_ID": "a" * 64 + ".example.com"},
        {"PASSKEY_RP_ID": 5},
        {"PASSKEY_ORIGINS": "https://example.com"},
        {"PASSKEY_ORIGINS": ["example.com"]},
        {"PASSKEY_ORIGINS": ["https://example.com/path"]},
        {"PASSKEY_ORIGINS": ["android:apk-key-hash:short"]},
        {"PASSKEY_ORIGINS": ["android:something:else"]},
        {"PASSKEY_ORIGINS": [None]},
    ],
)
def test_settings_that_cannot_be_meant_stop_the_start(settings, keyturn):
    settings.KEYTURN = keyturn
    with pytest.raises(ImproperlyConfigured, match="PASSKEY_"):
        conf.get()


def _errors() -> set[str]:
    return {str(message.id) for message in run_checks() if str(message.id).startswith("keyturn.E")}


@pytest.mark.parametrize(
    ("keyturn", "is_wrong"),
    [
        ({"PUBLIC_URL": "https://auth.example.com", "PASSKEY_RP_ID": "example.com"}, False),
        ({"PUBLIC_URL": "https://auth.example.com", "PASSKEY_RP_ID": "example.net"}, True),
        ({"PUBLIC_URL": "https://auth.example.com", "PASSKEY_RP_ID": "app.example.com"}, True),
        ({"PUBLIC_URL": "https://auth.badexample.com", "PASSKEY_RP_ID": "example.com"}, True),
        ({"PASSKEY_RP_ID": "example.com"}, True),
        ({"PASSKEY_RP_ID": "example.com", "PASSKEY_ORIGINS": [ANDROID]}, False),
    ],
)
def test_a_domain_that_no_page_lies_under_is_an_error(settings, keyturn, is_wrong):
    settings.KEYTURN = keyturn
    assert ("keyturn.E015" in _errors()) is is_wrong


def test_sign_up_by_django_allauths_passkeys_is_an_error(settings):
    assert "keyturn.E014" not in _errors()
    settings.MFA_PASSKEY_SIGNUP_ENABLED = True
    assert "keyturn.E014" in _errors()


def test_a_forged_host_makes_no_passkey_of_another_site(settings, ada):
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com"}
    settings.ALLOWED_HOSTS = ["*"]
    client = AuthClient(HTTP_HOST="evil.example")
    assert client.call("GET", LOGIN).json()["data"]["request_options"]["publicKey"]["rpId"] == "auth.example.com"
    assert client.log_in().status_code == 200
    asked = options(client, "account/authenticators/webauthn")["publicKey"]
    assert asked["rp"] == {"id": "auth.example.com", "name": "auth.example.com"}


def test_an_app_signs_in_whose_certificate_is_named(settings, ada):
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com", "PASSKEY_ORIGINS": [ANDROID]}
    app = SoftAuthenticator(origin=ANDROID)
    assert add(signed_in(), app).status_code == 200
    assert sign_in(app).status_code == 200
    assert sign_in(app, origin=ANDROID[:-1] + "B").status_code == 400


def test_a_page_of_another_domain_uses_passkeys_where_it_is_named(settings, ada):
    settings.KEYTURN = {
        "PUBLIC_URL": "https://auth.example.com",
        "PASSKEY_ORIGINS": ["https://auth.example.com", "https://auth.example.de"],
    }
    assert related_origins() == ("https://auth.example.de",)
    answer = Client().get("/.well-known/webauthn")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == {"origins": ["https://auth.example.de"]}
    assert Client().get("/.well-known/webauthn", HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304
    key = SoftAuthenticator(origin="https://auth.example.de")
    assert add(signed_in(), key).status_code == 200


def test_where_no_other_domain_is_named_there_is_no_list(settings):
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com"}
    answer: Any = Client().get("/.well-known/webauthn")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"

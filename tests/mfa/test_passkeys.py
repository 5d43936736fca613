"""Passkeys, from their making to their end: alone, as a second factor, and as proof that it is still their user."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator

from keyturn.accounts.administering import require_reset
from keyturn.accounts.models import Flow
from keyturn.clock import stored, utc_now
from keyturn.mfa.models import FactorState, TrustedDevice, UsedChallenge
from keyturn.sessions.models import Session
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import AuthClient, claims
from tests.mfa.authenticator import ORIGIN, SoftAuthenticator, unb64
from tests.mfa.keys import add, authenticate, begun, options, sign_in, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("passkey_site")]


def test_a_passkey_is_made_and_listed(ada):
    client, laptop = signed_in(), SoftAuthenticator()
    answer = add(client, laptop, name="My laptop")
    assert answer.status_code == 200, answer.content
    assert answer.json()["data"] | {"created_at": 0} == {
        "type": "webauthn",
        "id": Authenticator.objects.get(type="webauthn").pk,
        "name": "My laptop",
        "is_passwordless": True,
        "created_at": 0,
        "last_used_at": None,
    }


def test_a_passkey_signs_in_alone_without_a_name(laptop, ada):
    client = AuthClient()
    answer = sign_in(laptop, client)
    assert answer.status_code == 200, answer.content
    assert answer.json()["data"]["user"]["id"] == ada.pk
    assert claims(client.access or "")["amr"] == ["hwk", "user", "mfa"]
    assert claims(client.access or "")["acr"] == "2fa"


def test_a_passkey_is_a_second_factor(laptop, ada):
    client = begun()
    answer = authenticate(client, laptop)
    assert answer.status_code == 200, answer.content
    assert Session.objects.latest("created_at").amr == "pwd hwk user mfa"


def test_a_device_is_trusted_after_a_passkey_where_its_user_wishes_so(laptop, ada):
    # A web client: only it has the cookie that is trusted.
    client = AuthClient("browser", HTTP_X_KEYTURN_CLIENT="web", HTTP_ORIGIN=ORIGIN, HTTP_SEC_FETCH_SITE="same-origin")
    assert client.log_in().status_code == 401
    body = {"credential": laptop.get(options(client, "auth/webauthn/authenticate")), "trust_device": True}
    assert client.call("POST", "auth/webauthn/authenticate", body).status_code == 200
    assert TrustedDevice.objects.filter(user=ada).count() == 1


def test_a_passkey_shows_once_more_who_is_signed_in(laptop, ada):
    client = AuthClient()
    assert sign_in(laptop, client).status_code == 200
    Session.objects.filter(user=ada).update(auth_time=stored(utc_now() - timedelta(hours=1)))
    assert client.call("GET", "account/authenticators/webauthn").status_code == 401
    credential = laptop.get(options(client, "auth/webauthn/reauthenticate"))
    answer = client.call("POST", "auth/webauthn/reauthenticate", {"credential": credential})
    assert answer.status_code == 200, answer.content
    assert claims(answer.json()["meta"]["access_token"])["acr"] == "2fa"
    assert client.call("GET", "account/authenticators/webauthn").status_code == 200


def test_a_password_and_a_key_that_verifies_nobody_are_two_factors(ada):
    key = SoftAuthenticator(verifies=False)
    assert add(signed_in(), key, alone=False).status_code == 200
    client = begun()
    assert authenticate(client, key).status_code == 200
    assert claims(client.access or "")["amr"] == ["pwd", "hwk", "mfa"]


def test_a_passkey_on_several_devices_says_so(ada):
    telephone = SoftAuthenticator(synced=True, counts=False)
    assert add(signed_in(), telephone).status_code == 200
    client = AuthClient()
    assert sign_in(telephone, client).status_code == 200
    assert claims(client.access or "")["amr"] == ["swk", "user", "mfa"]
    # It counts nothing, and may be used as often as its user likes.
    assert sign_in(telephone).status_code == 200


def test_recovery_codes_come_with_the_first_passkey_and_are_shown_once(ada):
    first = SoftAuthenticator()
    meta = add(signed_in(), first).json()["meta"]
    assert meta["recovery_codes_generated"] is True
    assert len(meta["recovery_codes"]) == 10
    client = AuthClient()
    sign_in(first, client)
    again = add(client, SoftAuthenticator()).json()["meta"]
    assert again["recovery_codes_generated"] is False
    assert "recovery_codes" not in again


def test_a_passkey_is_called_something_else(laptop, ada):
    client = AuthClient()
    sign_in(laptop, client)
    row = Authenticator.objects.get(type="webauthn")
    answer = client.call("PUT", "account/authenticators/webauthn", {"id": row.pk, "name": "Work"})
    assert answer.status_code == 200, answer.content
    assert answer.json()["data"]["name"] == "Work"
    assert AuditEvent.objects.filter(event="passkey_renamed", user_id=str(ada.pk)).count() == 1
    assert sign_in(laptop).status_code == 200


def test_a_passkey_that_was_taken_away_opens_nothing(laptop, ada):
    client = AuthClient()
    sign_in(laptop, client)
    row = Authenticator.objects.get(type="webauthn")
    answer = client.call("DELETE", "account/authenticators/webauthn", {"authenticators": [row.pk]})
    assert answer.status_code == 200, answer.content
    assert not Authenticator.objects.filter(user=ada).exists()
    assert not FactorState.objects.exists()
    assert sign_in(laptop).json()["reason"] == "passkey_invalid"
    # It may be made anew: nothing of it is left.
    assert add(signed_in(), laptop, credential_id=laptop.keys[0].id).status_code == 200


def test_a_page_that_only_asks_leaves_nothing_behind(ada):
    for _ in range(3):
        options(AuthClient(), "auth/webauthn/login")
        options(AuthClient("browser"), "auth/webauthn/login")
    assert not Flow.objects.exists()
    assert not UsedChallenge.objects.exists()


def test_a_page_that_asks_does_not_end_what_another_tab_is_in_the_middle_of(laptop):
    client = AuthClient("browser")
    client.call("GET", "config")
    assert client.log_in().status_code == 401
    options(client, "auth/webauthn/login")
    assert authenticate(client, laptop).status_code == 200


def test_what_is_kept_of_a_passkey_says_nothing_of_its_make(ada):
    statement = {"x5c": [b"a certificate"], "sig": b"signed", "alg": -7}
    assert add(signed_in(), SoftAuthenticator(), fmt="packed", statement=statement).status_code == 200
    kept = Authenticator.objects.get(type="webauthn").data["credential"]["response"]["attestationObject"]
    assert b"certificate" not in unb64(kept)


def test_somebody_whom_an_administrator_told_to_reset_the_password_does_so_first(laptop, ada):
    require_reset(ada.pk, now=utc_now())
    answer = sign_in(laptop)
    assert answer.status_code == 401
    assert answer.json()["reason"] == "password_reset_required"


def test_a_user_who_may_not_sign_in_does_not_do_so_with_a_passkey(laptop, ada):
    type(ada).objects.update(is_active=False)
    answer = sign_in(laptop)
    assert answer.status_code == 401
    assert answer.json()["reason"] == "bad_credentials"
    assert not Session.objects.filter(amr__startswith="hwk").exists()


def test_whoever_has_just_made_a_passkey_is_not_asked_for_it_to_go_on(ada):
    client, first = signed_in(), SoftAuthenticator()
    answer = add(client, first)
    assert claims(answer.json()["meta"]["access_token"])["amr"] == ["pwd", "hwk", "user", "mfa"]
    assert add(client, SoftAuthenticator(), name="Second").status_code == 200
    row = Authenticator.objects.filter(type="webauthn").latest("pk")
    assert client.call("PUT", "account/authenticators/webauthn", {"id": row.pk, "name": "Third"}).status_code == 200


def test_two_tabs_make_and_use_passkeys_beside_each_other(ada):
    client, first, second = signed_in(), SoftAuthenticator(), SoftAuthenticator()
    path = "account/authenticators/webauthn"
    asked = [options(client, f"{path}?passwordless") for _ in range(2)]
    for key, question in zip((first, second), asked, strict=True):
        body = {"name": "x", "credential": key.create(question)}
        assert client.call("POST", path, body).status_code == 200
    browser = begun()
    asked = [options(browser, "auth/webauthn/authenticate") for _ in range(3)]
    body = {"credential": first.get(asked[0], key=first.keys[0])}
    assert browser.call("POST", "auth/webauthn/authenticate", body).status_code == 200

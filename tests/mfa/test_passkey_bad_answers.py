"""Answers of passkeys that must not serve: refused with a reason, and nothing is changed by them."""

import os
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from keyturn.clock import utc_now
from keyturn.mfa.challenges import Purpose, make_challenge
from keyturn.mfa.models import FactorState
from keyturn.sessions.models import Session
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import AuthClient
from tests.mfa.authenticator import SoftAuthenticator, b64
from tests.mfa.keys import add, authenticate, begun, options, sign_in, signed_in
from tests.mfa.unchanged import kept, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("passkey_site")]

LOGIN = "auth/webauthn/login"
SECOND = "auth/webauthn/authenticate"
MANAGE = "account/authenticators/webauthn"


LIES: dict[str, dict[str, Any]] = {
    "the page of another site": {"origin": "https://auth.example.com.evil.example"},
    "a page of a subdomain that is none of ours": {"origin": "https://blog.auth.example.com"},
    "our page without TLS": {"origin": "http://auth.example.com"},
    "our page at another port": {"origin": "https://auth.example.com:8443"},
    "no origin": {"origin": None},
    "a list of origins": {"origin": ["https://auth.example.com"]},
    "another site's passkeys": {"rp_id": "evil.example"},
    "a parent's passkeys": {"rp_id": "example.com"},
    "a challenge of its own": {"challenge": b64(os.urandom(56))},
    "no challenge": {"challenge": ""},
    "a challenge that is no text": {"challenge": 7},
    "the answer to another question": {"type": "webauthn.create"},
    "asked for in a frame of another site": {"cross_origin": True},
    "a frame it does not admit": {"client_data": {"topOrigin": "https://evil.example"}},
    "a frame, said in words": {"cross_origin": "false"},
    "nobody was there": {"present": False},
    "nobody was verified": {"verified": False},
    "backed up, although it cannot be": {"backed_up": True},
    "it can be backed up, and could not when it was made": {"eligible": True},
    "signed with another key": {"private": ec.generate_private_key(ec.SECP256R1())},
    "no signature": {"signature": b""},
    "a signature that is none": {"signature": b"\x30\x06\x02\x01\x01\x02\x01\x01"},
    "it names no user": {"handle": None},
    "it names another user": {"handle": b"zzz"},
    "it names something that is no user": {"handle": b"\xff\xfe"},
    "it names a user beyond all numbers": {"handle": b"z" * 64},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_an_answer_that_lies_signs_nobody_in(laptop, lie):
    before = kept()
    refused(sign_in(laptop, **lie), before)
    assert AuditEvent.objects.filter(event="login_failed", reason="passkey_invalid").count() == 1
    # And the same passkey, telling the truth, does.
    assert sign_in(laptop).status_code == 200


def test_an_answer_serves_once(laptop):
    credential = laptop.get(options(AuthClient(), LOGIN))
    assert AuthClient().call("POST", LOGIN, {"credential": credential}).status_code == 200
    before = kept()
    refused(AuthClient().call("POST", LOGIN, {"credential": credential}), before)


def test_an_answer_serves_once_also_where_the_passkey_counts_nothing(ada):
    telephone = SoftAuthenticator(synced=True, counts=False)
    add(signed_in(), telephone)
    credential = telephone.get(options(AuthClient(), LOGIN))
    assert AuthClient().call("POST", LOGIN, {"credential": credential}).status_code == 200
    before = kept()
    refused(AuthClient().call("POST", LOGIN, {"credential": credential}), before)


@pytest.mark.parametrize(("seconds", "serves"), [(299, True), (301, False), (-29, True), (-31, False)])
def test_a_challenge_serves_for_five_minutes(laptop, seconds, serves):
    asked = options(AuthClient(), LOGIN)
    challenge = make_challenge(Purpose.SIGN_IN, user=None, now=utc_now() - timedelta(seconds=seconds))
    before = kept()
    credential = laptop.get(asked, challenge=b64(challenge))
    answer = AuthClient().call("POST", LOGIN, {"credential": credential})
    assert answer.status_code == (200 if serves else 400)
    if not serves:
        refused(answer, before)


@pytest.mark.parametrize("purpose", [one for one in Purpose if one is not Purpose.SIGN_IN])
def test_a_challenge_serves_for_nothing_else(laptop, ada, purpose):
    before = kept()
    for user in (ada, None):
        challenge = b64(make_challenge(purpose, user=user, now=utc_now()))
        refused(sign_in(laptop, challenge=challenge), before)


def test_an_answer_to_sign_in_with_is_no_second_factor(laptop):
    client = begun()
    before = kept()
    credential = laptop.get(options(AuthClient(), LOGIN))
    refused(client.call("POST", SECOND, {"credential": credential}), before)


def test_a_second_factor_is_not_the_passkey_of_somebody_else(laptop, eve):
    other = SoftAuthenticator()
    add(signed_in("eve"), other)
    client = begun("ada")
    asked = options(client, SECOND)
    before = kept()
    refused(client.call("POST", SECOND, {"credential": other.get(asked)}), before)
    # Nor under the owner's name.
    refused(client.call("POST", SECOND, {"credential": other.get(asked, handle=laptop.keys[0].handle)}), before)
    refused(client.call("POST", SECOND, {"credential": other.get(asked, handle=None)}), before)


def test_a_challenge_for_one_user_is_not_answered_by_another(laptop, eve):
    other = SoftAuthenticator()
    add(signed_in("eve"), other)
    asked = options(begun("ada"), SECOND)
    client = begun("eve")
    before = kept()
    refused(client.call("POST", SECOND, {"credential": other.get(asked)}), before)


def test_a_challenge_that_another_secret_signed_is_none_of_ours(laptop, settings):
    asked = options(AuthClient(), LOGIN)
    settings.SECRET_KEY = "another secret, of which nobody has told the fallbacks"
    before = kept()
    refused(AuthClient().call("POST", LOGIN, {"credential": laptop.get(asked)}), before)


def test_a_challenge_outlives_a_change_of_the_secret(laptop, settings):
    asked = options(AuthClient(), LOGIN)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the secret that stands in its place from now on"
    assert AuthClient().call("POST", LOGIN, {"credential": laptop.get(asked)}).status_code == 200


@pytest.mark.parametrize("count", [1, 2, 0], ids=["the same", "one back", "none"])
def test_a_count_that_does_not_go_up_tells_of_a_copy(laptop, ada, count):
    assert [sign_in(laptop, count=number).status_code for number in (2, 3)] == [200, 200]
    before = Session.objects.count()
    answer = sign_in(laptop, count=min(count, 3))
    assert answer.status_code == 400
    assert answer.json()["reason"] == "passkey_copied"
    assert Session.objects.count() == before
    assert FactorState.objects.get(credential_hash__isnull=False).counter == 3
    told = AuditEvent.objects.get(event="passkey_copied")
    assert (told.user_id, told.details) == (str(ada.pk), {"purpose": "sign_in"})
    # Whose count is ahead goes on: nobody can say which of the two is the copy.
    assert sign_in(laptop, count=4).status_code == 200


def test_a_passkey_made_as_a_second_factor_signs_nobody_in_alone(ada):
    key = SoftAuthenticator()
    assert add(signed_in(), key, alone=False).status_code == 200
    before = kept()
    refused(sign_in(key), before)
    assert authenticate(begun(), key).status_code == 200


def test_whoever_has_no_password_is_verified_by_the_passkey_that_proves_it_again(laptop, ada):
    client = AuthClient()
    assert sign_in(laptop, client).status_code == 200
    path = "auth/webauthn/reauthenticate"
    credential = laptop.get(options(client, path), verified=False)
    assert client.call("POST", path, {"credential": credential}).status_code == 200
    ada.set_unusable_password()
    ada.save()
    client = AuthClient()
    assert sign_in(laptop, client).status_code == 200
    before = kept()
    assert options(client, path)["publicKey"]["userVerification"] == "required"
    refused(client.call("POST", path, {"credential": laptop.get(options(client, path), verified=False)}), before)
    assert client.call("POST", path, {"credential": laptop.get(options(client, path))}).status_code == 200


def test_wrong_passkeys_count_with_the_guesses_at_codes(laptop, settings):
    settings.KEYTURN = {**settings.KEYTURN, "LIMITS": {"code_pair": "3/10m"}}
    client = begun()
    statuses = [authenticate(client, laptop, signature=b"wrong").status_code for _ in range(4)]
    assert statuses == [400, 400, 400, 429]
    # The right one has to wait, too.
    assert authenticate(client, laptop).status_code == 429


def test_wrong_passkeys_count_for_their_address(laptop, settings):
    settings.KEYTURN = {**settings.KEYTURN, "LIMITS": {"code_address": "3/10m"}}
    assert [sign_in(laptop, signature=b"wrong").status_code for _ in range(4)] == [400, 400, 400, 429]
    assert AuthClient(ip="192.0.2.99").call("GET", LOGIN).status_code == 200
    assert sign_in(laptop, AuthClient(ip="192.0.2.99")).status_code == 200


REGISTRATIONS: dict[str, dict[str, Any]] = {
    **{name: lie for name, lie in LIES.items() if not {"eligible", "private", "signature", "handle"} & set(lie)},
    "the answer to another question": {"type": "webauthn.get"},
    "a key of another kind": {"cose": {1: 3, 3: -65535, -1: b"n" * 256, -2: b"\x01\x00\x01"}},
    "a key of no kind": {"cose": {1: 2, 3: 12345}},
    "a key that says nothing of itself": {"cose": {1: 2}},
    "a key that is no point of its curve": {"cose": {1: 2, 3: -7, -1: 1, -2: bytes(32), -3: bytes(32)}},
    "a key of text": {"cose": {1: 2, 3: -7, -1: 1, -2: "x", -3: "y"}},
    "a key that is too long": {"cose": {1: 3, 3: -257, -1: b"\xff" * 4096, -2: b"\x01\x00\x01"}},
}


@pytest.mark.parametrize("lie", REGISTRATIONS.values(), ids=REGISTRATIONS)
def test_an_answer_that_lies_makes_no_passkey(ada, lie):
    client = signed_in()
    before = kept()
    refused(add(client, SoftAuthenticator(), **deepcopy(lie)), before)


def test_a_credential_belongs_to_one_user(laptop, eve):
    before = kept()[:3]
    answer = add(signed_in("eve"), SoftAuthenticator(), credential_id=laptop.keys[0].id)
    assert answer.status_code == 400
    assert answer.json()["reason"] == "passkey_invalid"
    assert kept()[:3] == before
    assert sign_in(laptop).status_code == 200


def test_a_passkey_is_kept_once(ada):
    client, key = signed_in(), SoftAuthenticator()
    credential = key.create(options(client, f"{MANAGE}?passwordless"))
    body = {"name": "", "credential": credential}
    assert client.call("POST", MANAGE, body).status_code == 200
    # The factor is new, so the session has to be proved by it first.
    client = AuthClient()
    sign_in(key, client)
    before = kept()
    refused(client.call("POST", MANAGE, body), before)


def test_what_is_registered_to_sign_in_alone_has_to_verify_its_user(ada):
    client = signed_in()
    before = kept()
    refused(add(client, SoftAuthenticator(verifies=False), alone=True), before)


def test_a_second_factor_does_not_become_a_way_in_by_being_asked_for_as_one(ada):
    key = SoftAuthenticator()
    answer = add(signed_in(), key, alone=False)
    assert answer.json()["data"]["is_passwordless"] is False


def test_somebody_elses_challenge_makes_no_passkey(ada, eve):
    asked = options(signed_in("eve"), f"{MANAGE}?passwordless")
    client = signed_in("ada")
    before = kept()
    body = {"name": "", "credential": SoftAuthenticator().create(asked)}
    refused(client.call("POST", MANAGE, body), before)

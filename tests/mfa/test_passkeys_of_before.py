"""Passkeys that django-allauth registered, when nobody kept whose a credential is: they go on working, and safely."""

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator

from keyturn.clock import utc_now
from keyturn.mfa.challenges import LIFETIME, prune_challenges
from keyturn.mfa.models import FactorState, UsedChallenge
from keyturn.mfa.passkeys_added import MOST
from tests.accounts.engine import AuthClient
from tests.contract.caller import PASSWORD
from tests.mfa.authenticator import ORIGIN, RP_ID, SoftAuthenticator, b64
from tests.mfa.keys import add, authenticate, begun, options, sign_in, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("passkey_site")]


def registered_by_allauth(user, key: SoftAuthenticator, **how):
    """A row as django-allauth's own code leaves it: all of the browser's answer, and nothing beside it."""
    handle = user_pk_to_url_str(user).encode()
    asked = {
        "publicKey": {
            "rp": {"id": RP_ID, "name": "Example"},
            "user": {"id": b64(handle), "name": "ada", "displayName": "Ada"},
            "challenge": b64(b"whatever it was"),
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        }
    }
    data = {"name": "Old key", "credential": key.create(asked, origin=ORIGIN, **how)}
    return Authenticator.objects.create(user=user, type="webauthn", data=data)


def test_they_sign_in_alone_and_are_counted_from_then_on(ada):
    key = SoftAuthenticator()
    row = registered_by_allauth(ada, key)
    assert not FactorState.objects.exists()
    assert sign_in(key, count=4).status_code == 200
    assert FactorState.objects.get(pk=row.pk).counter == 4
    assert sign_in(key, count=4).json()["reason"] == "passkey_copied"
    assert sign_in(key, count=5).status_code == 200


def test_they_are_a_second_factor_also_where_they_name_no_user(ada):
    key = SoftAuthenticator()
    registered_by_allauth(ada, key)
    assert authenticate(begun(), key, handle=None).status_code == 200


def test_a_credential_that_two_users_had_is_each_ones_with_a_key_of_its_own(ada, django_user_model):
    eve = django_user_model.objects.create_user("eve", "eve@example.com", PASSWORD)
    hers, others = SoftAuthenticator(), SoftAuthenticator()
    registered_by_allauth(ada, hers)
    registered_by_allauth(eve, others, credential_id=hers.keys[0].id)
    for key, user in ((hers, ada), (others, eve), (hers, ada), (others, eve)):
        client = AuthClient()
        assert sign_in(key, client).json()["data"]["user"]["id"] == user.pk
    assert sign_in(others, handle=hers.keys[0].handle).json()["reason"] == "passkey_invalid"
    assert sign_in(others, count=1).json()["reason"] == "passkey_copied"


def test_nobody_is_locked_out_by_whoever_registers_the_same_credential(ada, django_user_model):
    django_user_model.objects.create_user("eve", "eve@example.com", PASSWORD)
    hers, others = SoftAuthenticator(), SoftAuthenticator()
    registered_by_allauth(ada, hers)
    assert add(signed_in("eve"), others, credential_id=hers.keys[0].id).status_code == 200
    client = AuthClient()
    assert sign_in(hers, client).json()["data"]["user"]["id"] == ada.pk
    assert sign_in(others, handle=hers.keys[0].handle).json()["reason"] == "passkey_invalid"


def test_one_that_is_registered_already_is_not_registered_by_another_user_once_it_was_used(ada, django_user_model):
    django_user_model.objects.create_user("eve", "eve@example.com", PASSWORD)
    key = SoftAuthenticator()
    registered_by_allauth(ada, key)
    assert sign_in(key).status_code == 200
    answer = add(signed_in("eve"), SoftAuthenticator(), credential_id=key.keys[0].id)
    assert answer.json()["reason"] == "passkey_invalid"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"credential": None},
        {"credential": {"response": {"attestationObject": "AAAA"}}},
        {"credential": {"response": {"attestationObject": "é"}}},
        {"name": "x", "credential": {"response": {}}},
    ],
)
def test_a_row_that_holds_no_passkey_stands_in_nobodys_way(ada, data):
    key = SoftAuthenticator()
    assert add(signed_in(), key).status_code == 200
    Authenticator.objects.create(user=ada, type="webauthn", data=data)
    asked = options(begun(), "auth/webauthn/authenticate")["publicKey"]
    assert [one["id"] for one in asked["allowCredentials"]] == [b64(key.keys[0].id)]
    assert sign_in(key).status_code == 200


@pytest.mark.parametrize("results", [None, [], "rk", {"credProps": None}, {"credProps": [1]}, {"credProps": {"rk": 5}}])
def test_whatever_a_browser_said_beside_the_credential_they_sign_in(ada, results):
    key = SoftAuthenticator()
    row = registered_by_allauth(ada, key)
    row.data["credential"]["clientExtensionResults"] = results
    row.save()
    assert sign_in(key).status_code == 200


def test_a_row_deleted_by_hand_gives_its_credential_back(ada):
    key = SoftAuthenticator()
    assert add(signed_in(), key).status_code == 200
    Authenticator.objects.filter(type="webauthn")._raw_delete("default")
    assert FactorState.objects.exists()
    assert sign_in(key).json()["reason"] == "passkey_invalid"
    assert add(signed_in(), SoftAuthenticator(), credential_id=key.keys[0].id).status_code == 200


def test_a_user_has_as_many_as_one_may_have(ada):
    client = signed_in()
    asked = options(client, "account/authenticators/webauthn")
    for _ in range(MOST):
        registered_by_allauth(ada, SoftAuthenticator())
    body = {"name": "x", "credential": SoftAuthenticator().create(asked)}
    client = AuthClient()
    key = SoftAuthenticator()
    key.keys = []
    row = Authenticator.objects.filter(user=ada, type="webauthn").first()
    assert row is not None
    row.delete()
    registered_by_allauth(ada, key)
    assert sign_in(key, client).status_code == 200
    assert client.call("GET", "account/authenticators/webauthn").status_code == 409
    answer = client.call("POST", "account/authenticators/webauthn", body)
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["code"] == "too_many_passkeys"
    assert Authenticator.objects.filter(user=ada, type="webauthn").count() == MOST


def test_answered_challenges_are_forgotten_when_they_are_too_old_to_be_answered(ada):
    assert add(signed_in(), SoftAuthenticator()).status_code == 200
    now = utc_now()
    assert prune_challenges(now=now + LIFETIME) == 0
    assert UsedChallenge.objects.count() == 1
    assert prune_challenges(now=now + LIFETIME * 2) == 1
    assert not UsedChallenge.objects.exists()

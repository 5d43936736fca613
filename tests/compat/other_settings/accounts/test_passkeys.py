"""Whatever the user model and the clock: make a passkey, sign in with it, prove oneself anew, and remove it."""

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model

from keyturn.clock import utc_now
from keyturn.mfa.challenges import LIFETIME, prune_challenges
from keyturn.mfa.models import FactorState, UsedChallenge
from keyturn.sessions.models import Session
from tests.accounts.engine import PASSWORD, AuthClient
from tests.mfa.authenticator import SoftAuthenticator
from tests.mfa.keys import PASSKEYS, add, authenticate, options, sign_in

pytestmark = pytest.mark.django_db

EMAIL = "new@example.com"
MANAGE = "account/authenticators/webauthn"


@pytest.fixture(autouse=True)
def site(settings):
    settings.KEYTURN = PASSKEYS


def test_a_passkey_does_what_it_should():
    client, key = AuthClient().signed_up(EMAIL), SoftAuthenticator()
    began = utc_now()
    answer = add(client, key)
    assert answer.status_code == 200, answer.content
    assert began.timestamp() - 1 <= answer.json()["data"]["created_at"] <= utc_now().timestamp() + 1
    user = get_user_model()._default_manager.get()
    assert key.keys[0].handle == user_pk_to_url_str(user).encode()

    alone = AuthClient()
    answer = sign_in(key, alone)
    assert answer.status_code == 200, answer.content
    assert answer.json()["data"]["user"]["id"] in {user.pk, str(user.pk)}
    assert sign_in(key, signature=b"wrong").json()["reason"] == "passkey_invalid"
    assert sign_in(key, handle=b"zz").json()["reason"] == "passkey_invalid"
    assert sign_in(key, count=1).json()["reason"] == "passkey_copied"

    second = AuthClient()
    answer = second.call("POST", "auth/login", {"email": EMAIL, "password": PASSWORD})
    assert answer.json()["reason"] == "mfa_required", answer.content
    assert authenticate(second, key).status_code == 200
    assert Session.objects.filter(amr="pwd hwk user mfa").exists()

    credential = key.get(options(alone, "auth/webauthn/reauthenticate"))
    assert alone.call("POST", "auth/webauthn/reauthenticate", {"credential": credential}).status_code == 200
    (row,) = Authenticator.objects.filter(type="webauthn")
    assert alone.call("PUT", MANAGE, {"id": row.pk, "name": "Other"}).json()["data"]["name"] == "Other"
    assert alone.call("DELETE", MANAGE, {"authenticators": [row.pk]}).status_code == 200
    assert not FactorState.objects.exists()
    assert sign_in(key).json()["reason"] == "passkey_invalid"
    assert prune_challenges(now=utc_now() + LIFETIME * 2) == 5
    assert not UsedChallenge.objects.exists()


def test_a_passkey_that_django_allauth_registered_goes_on():
    client, key = AuthClient().signed_up(EMAIL), SoftAuthenticator()
    asked = options(client, f"{MANAGE}?passwordless")
    user = get_user_model()._default_manager.get()
    Authenticator.objects.create(user=user, type="webauthn", data={"name": "Old", "credential": key.create(asked)})
    answer = sign_in(key)
    assert answer.status_code == 200, answer.content
    assert FactorState.objects.count() == 1

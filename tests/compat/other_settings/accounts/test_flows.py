"""Whatever the user model and the clock: sign up, verify, sign in, prove oneself anew, see sessions, sign out."""

import pytest
from django.contrib.auth import get_user_model

from keyturn.accounts.models import Flow
from keyturn.sessions.models import Session
from keyturn.signin.models import AccountState
from tests.accounts.engine import PASSWORD, AuthClient, claims, last_letter, letters

pytestmark = pytest.mark.django_db

EMAIL = "new@example.com"


def log_in(client: AuthClient, email: str = EMAIL, password: str = PASSWORD):
    return client.call("POST", "auth/login", {"email": email, "password": password})


@pytest.mark.parametrize("kind", ["app", "browser"])
def test_a_sign_up_ends_in_a_session_once_the_address_is_verified(kind):
    client = AuthClient(kind)
    assert client.sign_up(EMAIL).status_code == 401
    assert client.verify("BBBB-BBBB").status_code == 400
    answer = client.verify(last_letter(EMAIL).code)
    assert answer.status_code == 200, answer.content
    user = get_user_model()._default_manager.get()
    assert answer.json()["data"]["user"]["id"] in {user.pk, str(user.pk)}
    assert claims(client.access or "")["user_id"] == str(user.pk)
    assert Session.objects.get().user == user
    assert AccountState.objects.exclude(verified_at=None).count() == 1
    assert not Flow.objects.exists()


def test_a_link_verifies_too(settings):
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com"}
    client = AuthClient()
    client.sign_up(EMAIL)
    assert last_letter(EMAIL).link.startswith("https://auth.example.com/auth/verify-email/?key=")
    assert AuthClient().verify(last_letter(EMAIL).key).status_code == 200
    assert AuthClient().verify(last_letter(EMAIL).key).json()["reason"] == "link_used"
    assert log_in(AuthClient()).status_code == 200


def test_an_address_that_has_an_account_is_answered_alike():
    AuthClient().signed_up(EMAIL)
    fresh, taken = AuthClient().sign_up("fresh@example.com").json(), AuthClient().sign_up(EMAIL).json()
    for body in (fresh, taken):
        body["meta"].pop("session_token")
    assert fresh == taken
    assert get_user_model()._default_manager.count() == 2
    assert [letter.to for letter in letters()] == [EMAIL, "fresh@example.com", EMAIL]


def test_a_client_that_is_signed_in_can_do_what_it_should():
    AuthClient().signed_up(EMAIL)
    client = AuthClient()
    assert log_in(client, password="wrong").status_code == 400
    assert log_in(client).status_code == 200
    assert client.call("GET", "auth/session").status_code == 200
    assert client.call("POST", "auth/reauthenticate", {"password": "wrong"}).status_code == 400
    assert client.call("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    assert Flow.objects.get().session_id is not None
    assert len(client.call("GET", "auth/sessions").json()["data"]) == 2
    assert client.call("DELETE", "auth/session").status_code == 401
    assert client.call("GET", "auth/session").json()["reason"] == "session_revoked"


def test_a_refresh_is_the_one_of_the_token_endpoint():
    client = AuthClient().signed_up(EMAIL)
    answer = client.call("POST", "tokens/refresh", {"refresh_token": client.refresh})
    assert answer.status_code == 200
    assert claims(answer.json()["data"]["refresh_token"])["gen"] == 1

"""Projects that do not insist on a verified address: ``ACCOUNT_EMAIL_VERIFICATION`` is ``"optional"`` or ``"none"``."""

import pytest
from allauth.account.models import EmailAddress

from keyturn.sessions.models import Session
from tests.accounts.engine import PASSWORD, AuthClient, last_letter, letters

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["optional", "none"])
def wanted(request, settings):
    """The setting."""
    settings.ACCOUNT_EMAIL_VERIFICATION = request.param
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = False
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com"}
    return request.param


def test_who_signs_up_is_signed_in_at_once_and_may_verify_by_the_link(wanted):
    client = AuthClient()
    answer = client.sign_up("new@example.com", username="newcomer")
    assert answer.status_code == 200, answer.content
    assert client.access is not None
    assert Session.objects.count() == 1
    if wanted == "none":
        assert letters() == []
        return
    assert AuthClient().verify(last_letter("new@example.com").key).status_code == 200
    assert EmailAddress.objects.get().verified


def test_every_door_lets_in_who_never_verified(wanted):
    AuthClient().sign_up("new@example.com", username="newcomer")
    assert AuthClient().log_in("newcomer").status_code == 200
    body = {"username": "newcomer", "password": PASSWORD}
    assert AuthClient().http.post("/token/", body, content_type="application/json").status_code == 200


@pytest.mark.parametrize("key", ["BBBB-BBBB", "", "1:2:3", "a.b.c", None, 1])
def test_a_key_that_is_none_is_refused(wanted, key):
    answer = AuthClient().call("POST", "auth/email/verify", {"key": key})
    assert answer.status_code == 400
    assert answer.json()["code"]


def test_an_address_that_is_taken_cannot_be_hidden_then(wanted, ada):
    EmailAddress.objects.create(user=ada, email="ada@example.com", verified=True, primary=True)
    answer = AuthClient().sign_up("ada@example.com", username="newcomer")
    assert answer.status_code == 400
    assert answer.json()["reason"] == "email_taken"

"""Links in mails verify an address without a flow: once, for a while, and only the address they were sent to."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from keyturn.clock import utc_now
from keyturn.sessions.models import Session
from keyturn.signin.models import AccountState
from tests.accounts.engine import PASSWORD, AuthClient, last_letter

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def public_url(settings):
    """Mails carry links only where somebody says to what."""
    settings.KEYTURN = {"FRONTEND_URLS": {"verify_email": "https://app.example.com/verify?key={key}"}}


@pytest.fixture
def key() -> str:
    """The key of the link that was mailed to somebody who signed up."""
    assert AuthClient().sign_up("new@example.com").status_code == 401
    return last_letter("new@example.com").key


def test_a_link_verifies_the_address_on_another_device_and_signs_nobody_in(key):
    answer = AuthClient().verify(key)
    assert answer.status_code == 200, answer.content
    assert answer.json()["data"] == {"email": "new@example.com", "verified": True}
    assert answer.json()["meta"] == {"is_authenticated": False}
    assert AccountState.objects.get().verified_at is not None
    assert not Session.objects.exists()
    assert AuthClient().log_in("new", PASSWORD).status_code == 200


def test_a_link_shown_by_the_client_that_waits_signs_it_in():
    client = AuthClient()
    client.sign_up("new@example.com")
    answer = client.verify(last_letter("new@example.com").key)
    assert answer.status_code == 200
    assert answer.json()["meta"]["is_authenticated"] is True
    assert client.access is not None


def test_the_code_of_a_mail_still_signs_in_after_its_link_was_opened_elsewhere():
    client = AuthClient()
    client.sign_up("new@example.com")
    letter = last_letter("new@example.com")
    assert AuthClient().verify(letter.key).status_code == 200
    assert client.verify(letter.code).status_code == 200
    assert client.access is not None


def test_looking_at_a_link_does_not_use_it_up(key):
    for _ in range(3):
        looked = AuthClient().call("GET", "auth/email/verify", x_email_verification_key=key)
        assert looked.status_code == 200
        told = {"email": "new@example.com", "verified": False, "has_password": True, "providers": []}
        assert looked.json()["data"] == told
    assert AuthClient().verify(key).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_works_once(key, method):
    assert AuthClient().verify(key).status_code == 200
    again = AuthClient().call(method, "auth/email/verify", {"key": key}, x_email_verification_key=key)
    assert again.status_code == 400
    assert (again.json()["code"], again.json()["reason"]) == ("link_not_valid", "link_used")


def test_a_link_is_refused_once_the_address_has_changed_again(key, django_user_model):
    user = django_user_model.objects.get()
    user.email = "other@example.com"
    user.save()
    EmailAddress.objects.update(email="other@example.com")
    answer = AuthClient().verify(key)
    assert answer.status_code == 400
    assert answer.json()["reason"] == "link_outdated"
    assert not EmailAddress.objects.filter(verified=True).exists()


def test_an_old_link_is_refused(key, monkeypatch):
    from keyturn.api import account_flow_views

    later = utc_now() + timedelta(days=1, seconds=1)
    monkeypatch.setattr(account_flow_views, "utc_now", lambda: later)
    answer = AuthClient().verify(key)
    assert answer.status_code == 400
    assert answer.json()["reason"] == "link_expired"


def test_a_link_of_a_deleted_account_is_refused(key, django_user_model):
    django_user_model.objects.all().delete()
    assert AuthClient().verify(key).json()["reason"] == "link_invalid"


@pytest.mark.parametrize("form", ["{}x", "x{}", "a.b.c", "."])
def test_a_key_that_is_none_is_refused(key, form):
    answer = AuthClient().verify(form.format(key))
    assert answer.status_code == 400
    assert answer.json()["reason"] == "link_invalid"
    assert not EmailAddress.objects.filter(verified=True).exists()


def test_of_two_accounts_with_one_unverified_address_one_can_verify_it(django_user_model):
    clients = [AuthClient(), AuthClient()]
    clients[0].sign_up("new@example.com")
    first = last_letter("new@example.com").key
    # As if both had signed up at the same moment.
    EmailAddress.objects.update(email="hidden@example.com")
    django_user_model.objects.update(email="hidden@example.com")
    clients[1].sign_up("new@example.com")
    EmailAddress.objects.filter(email="hidden@example.com").update(email="new@example.com")
    django_user_model.objects.filter(email="hidden@example.com").update(email="new@example.com")
    assert AuthClient().verify(first).status_code == 200
    late = clients[1].verify(last_letter("new@example.com").code)
    assert late.status_code == 400
    assert late.json()["reason"] == "email_taken"
    assert EmailAddress.objects.filter(verified=True).count() == 1


def test_keys_that_nobody_sent_are_counted(settings, key):
    settings.KEYTURN = {"LIMITS": {"link_address": "2/10m"}}
    for _ in range(2):
        assert AuthClient().verify("a.b.c").status_code == 400
    assert AuthClient().verify(key).status_code == 429

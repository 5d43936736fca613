"""Whatever the user model and the clock: sign in by mail, and prove oneself anew by password and by mailed code."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model

from keyturn.clock import aware, stored, utc_now
from keyturn.sessions.models import Session
from tests.accounts.engine import PASSWORD, AuthClient, claims, last_letter

pytestmark = pytest.mark.django_db

EMAIL = "new@example.com"


@pytest.fixture(autouse=True)
def turned_on(settings):
    settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
    settings.KEYTURN = {"FRONTEND_URLS": {"sign_in_link": "https://app.example.com/sign-in#{key}"}}


@pytest.fixture
def client() -> AuthClient:
    return AuthClient().signed_up(EMAIL)


def an_hour_ago() -> None:
    Session.objects.update(auth_time=stored(utc_now() - timedelta(hours=1)))


def change(client: AuthClient):
    return client.call("POST", "account/email", {"email": "other@example.com"})


def test_code_and_link_of_a_mail_sign_in(client):
    for by_link in (False, True):
        one = AuthClient()
        assert one.call("POST", "auth/code/request", {"email": EMAIL}).status_code == 401
        letter = last_letter(EMAIL)
        path, body = "auth/code/confirm", {"code": letter.code}
        if by_link:
            path, body = "auth/code/link", {"key": letter.text.partition("sign-in#")[2].split()[0]}
        assert one.call("POST", path, body).status_code == 200
        assert claims(one.access or "")["amr"] == ["otp"]


def test_the_password_proves_it(client):
    an_hour_ago()
    assert change(client).json()["methods"] == ["password"]
    answer = client.call("POST", "auth/reauthenticate", {"password": PASSWORD})
    assert answer.status_code == 200, answer.content
    at = claims(client.access or "")["auth_time"]
    assert at > utc_now().timestamp() - 60
    assert int(aware(Session.objects.get().auth_time).timestamp()) == at
    assert change(client).status_code == 200


def test_a_mailed_code_proves_it_for_whoever_has_no_password(client):
    user = get_user_model()._default_manager.get()
    user.set_unusable_password()
    user.save()
    one = AuthClient()
    one.call("POST", "auth/code/request", {"email": EMAIL})
    one.call("POST", "auth/code/confirm", {"code": last_letter(EMAIL).code})
    an_hour_ago()
    assert change(one).json()["methods"] == ["mail_code"]
    assert one.call("POST", "auth/code/reauthenticate", {}).status_code == 200
    assert one.call("POST", "auth/code/reauthenticate", {"code": last_letter(EMAIL).code}).status_code == 200
    assert change(one).status_code == 200
